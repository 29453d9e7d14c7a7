#include "text/sentencepiece_model.h"

#include "io/json_file.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <utility>

namespace armillary::text {

SentencePieceModel::~SentencePieceModel() = default;

Result<std::shared_ptr<const SentencePieceModel>> SentencePieceModel::load(const std::string& path)
{
    // The file is read here and not by the library, which would print its complaint and follow a path to anything.
    const Result<std::string> bytes = io::readTextFile(path);
    if (!bytes)
        return tl::unexpected(bytes.error());
    auto model = std::make_shared<SentencePieceModel>();
    model->m_processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
    const sentencepiece::util::Status status = model->m_processor->LoadFromSerializedProto(*bytes);
    if (bytes->empty() || !status.ok() || model->m_processor->GetPieceSize() <= 0)
        return fail(ErrorCode::FileRead,
                    fmt::format("this is not a SentencePiece model; fetch the file again: {}", path));
    return model;
}

void SentencePieceModel::encode(std::string_view word, std::vector<std::int64_t>& ids) const
{
    std::vector<int> found;
    if (m_processor->Encode(word, &found).ok())
        ids.insert(ids.end(), found.begin(), found.end());
}

std::string SentencePieceModel::piece(std::int64_t id) const
{
    return id >= 0 && id < size() ? m_processor->IdToPiece(static_cast<int>(id)) : std::string();
}

std::optional<std::int64_t> SentencePieceModel::id(std::string_view piece) const
{
    const int id = m_processor->PieceToId(piece);
    // PieceToId answers with the unknown piece's id for anything it does not know.
    if (id < 0 || m_processor->IdToPiece(id) != piece)
        return std::nullopt;
    return id;
}

bool SentencePieceModel::isControl(std::int64_t id) const
{
    if (id < 0 || id >= size())
        return false;
    return m_processor->IsControl(static_cast<int>(id)) || m_processor->IsUnknown(static_cast<int>(id));
}

std::int64_t SentencePieceModel::size() const
{
    return m_processor->GetPieceSize();
}

Decoder SentencePieceModel::decoder() const
{
    std::vector<int> ids;
    const bool hasPrefix = m_processor->Encode("a", &ids).ok() && !ids.empty() && piece(ids[0]).starts_with("\u2581");
    return hasPrefix ? Decoder::forMetaspace() : Decoder::forByteFallback();
}

}  // namespace armillary::text
