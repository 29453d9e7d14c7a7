#include "support/record_builder.h"

#include <algorithm>
#include <utility>

namespace armillary::test {

Image gradientImage(int heightPixels, int widthPixels)
{
    std::vector<std::uint8_t> rgb;
    rgb.reserve(static_cast<std::size_t>(heightPixels) * static_cast<std::size_t>(widthPixels) * 3);
    for (int y = 0; y < heightPixels; ++y) {
        for (int x = 0; x < widthPixels; ++x) {
            rgb.push_back(static_cast<std::uint8_t>(255 * x / std::max(widthPixels - 1, 1)));
            rgb.push_back(static_cast<std::uint8_t>(255 * y / std::max(heightPixels - 1, 1)));
            rgb.push_back(96);
        }
    }
    return {heightPixels, widthPixels, std::move(rgb)};
}

RecordBuilder::RecordBuilder()
{
    m_record.outcome = RunOutcome::Completed;
    m_record.stopReason = StopReason::EndOfTurn;
    m_record.question.turns.push_back({ChatRole::User, {}, "What is in this picture?"});
}

void RecordBuilder::position(TokenKind kind, std::int64_t id, const std::string& piece, const TokenOrigin& origin)
{
    m_layout.kinds.push_back(kind);
    m_layout.ids.push_back(id);
    m_layout.pieces.push_back(piece);
    m_layout.origins.push_back(origin);
}

int RecordBuilder::addPicture(const std::string& path, int heightPixels, int widthPixels)
{
    Clip clip;
    clip.path = path;
    clip.frames = {gradientImage(heightPixels, widthPixels)};
    const auto index = static_cast<int>(m_record.question.media.size());
    m_record.question.media.push_back(std::move(clip));
    m_record.question.stillFrames.push_back(0);
    m_record.question.turns.back().mediaIndices.push_back(index);
    return index;
}

RecordBuilder& RecordBuilder::text(const std::vector<std::string>& pieces, TokenKind kind)
{
    for (const std::string& piece : pieces)
        position(kind, 100 + m_layout.size(), piece, {});
    return *this;
}

RecordBuilder& RecordBuilder::worldTokens(int media, int latentFrames, int rows, int columns)
{
    for (int frame = 0; frame < latentFrames; ++frame) {
        for (int row = 0; row < rows; ++row) {
            for (int column = 0; column < columns; ++column)
                position(TokenKind::World, -1, {}, {media, 0, frame, row, column});
        }
    }
    m_layout.grids.push_back({media, 0, TokenKind::World, rows, columns, latentFrames, {0, 0, 1, 1}});
    return *this;
}

RecordBuilder& RecordBuilder::imageTokens(int media, int rows, int columns)
{
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column)
            position(TokenKind::Image, 1024, "<image_soft_token>", {media, 0, -1, row, column});
    }
    m_layout.grids.push_back({media, 0, TokenKind::Image, rows, columns, 1, {0, 0, 1, 1}});
    return *this;
}

RecordBuilder& RecordBuilder::answer(const std::vector<std::string>& pieces)
{
    for (const std::string& piece : pieces) {
        TokenPiece token;
        token.position = m_layout.size() + static_cast<std::int64_t>(m_record.generated.size());
        token.id = 500 + static_cast<std::int64_t>(m_record.generated.size());
        token.piece = piece;
        token.text = piece;
        token.probability = 0.25F;
        m_record.answer += piece;
        m_record.generated.push_back(std::move(token));
    }
    return *this;
}

RecordBuilder& RecordBuilder::outcome(RunOutcome outcome, StopReason reason)
{
    m_record.outcome = outcome;
    m_record.stopReason = reason;
    return *this;
}

std::shared_ptr<const RunRecord> RecordBuilder::build() const
{
    auto record = std::make_shared<RunRecord>(m_record);
    record->layout = std::make_shared<const TokenLayout>(m_layout);
    return record;
}

RecordBuilder RecordBuilder::typical(int worldSide, int imageSide)
{
    RecordBuilder builder;
    const int picture = builder.addPicture("gradient.png", 120, 200);
    builder.text({"<bos>"}, TokenKind::Control)
        .text({"<start_of_world>"}, TokenKind::Bracket)
        .worldTokens(picture, 1, worldSide, worldSide)
        .text({"<end_of_world>"}, TokenKind::Bracket)
        .text({"<start_of_turn>"}, TokenKind::Control)
        .text({"user", "\n\n\n"})
        .text({"<start_of_image>"}, TokenKind::Control)
        .imageTokens(picture, imageSide, imageSide)
        .text({"<end_of_image>"}, TokenKind::Control)
        .text({"\n\n", "What", "▁is", "▁in", "▁this", "▁picture", "?"})
        .text({"<end_of_turn>"}, TokenKind::Control)
        .answer({"A", " cup", " of", " coffee", " on", " a", " wooden", " table", "."});
    return builder;
}

}  // namespace armillary::test
