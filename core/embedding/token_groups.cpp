#include "embedding/token_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <string_view>

namespace armillary::embedding {
namespace {

constexpr std::array kKinds = {TokenKind::Text,  TokenKind::Control, TokenKind::Image,
                               TokenKind::World, TokenKind::Bracket, TokenKind::Generated};

std::optional<std::int64_t> numberAfter(std::string_view name, std::string_view prefix)
{
    if (!name.starts_with(prefix))
        return std::nullopt;
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), value);
    if (problem != std::errc() || end == name.data() + prefix.size())
        return std::nullopt;
    return value;
}

const TokenLayout& layoutOf(const RunRecord& record)
{
    static const TokenLayout kNone;
    return record.layout ? *record.layout : kNone;
}

Result<const TensorSnapshot*> findTensor(const RunRecord& record, const std::string& name)
{
    const auto found = record.tensors.find(name);
    if (found != record.tensors.end())
        return &found->second;
    std::vector<std::string> held;
    for (const auto& [other, tensor] : record.tensors) {
        if (other.ends_with("embeds") || other.ends_with("last_hidden_state") || other == "world.latents")
            held.push_back(other);
    }
    if (const auto layers = hiddenTensors(record); !layers.empty())
        held.push_back(layers.size() == 1 ? layers.front() : layers.front() + " ... " + layers.back());
    return fail(ErrorCode::InvalidInput,
                held.empty()
                    ? fmt::format("the record holds no vectors, so no {}; ask again with embeddings captured", name)
                    : fmt::format("the record has no {}; it holds {}", name, fmt::join(held, ", ")));
}

void addRow(TokenVectors& out, std::int64_t position, TokenKind kind, const TokenOrigin& origin,
            const std::string& piece)
{
    out.positions.push_back(position);
    out.kinds.push_back(kind);
    out.origins.push_back(origin);
    out.pieces.push_back(piece);
}

void addPosition(TokenVectors& out, const RunRecord& record, std::int64_t position)
{
    const TokenLayout& layout = layoutOf(record);
    const auto at = static_cast<std::size_t>(position);
    if (position < layout.size()) {
        addRow(out, position, layout.kinds[at], layout.origins[at], at < layout.pieces.size() ? layout.pieces[at] : "");
        return;
    }
    const std::size_t answer = at - static_cast<std::size_t>(layout.size());
    addRow(out, position, TokenKind::Generated, {},
           answer < record.generated.size() ? record.generated[answer].piece : "");
}

// Rows that are positions of the sequence.
Result<TokenVectors> sequenceVectors(const RunRecord& record, const std::string& name)
{
    const auto tensor = findTensor(record, name);
    if (!tensor)
        return tl::unexpected(tensor.error());
    auto vectors = matrixFromSnapshot(**tensor);
    if (!vectors)
        return tl::unexpected(vectors.error());
    TokenVectors out{name, std::move(*vectors), {}, {}, {}, {}, layoutOf(record).grids};
    if (out.vectors.rows < layoutOf(record).size())
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} has {} rows and the sequence {} positions; record it again", name, out.vectors.rows,
                                layoutOf(record).size()));
    for (std::int64_t position = 0; position < out.vectors.rows; ++position)
        addPosition(out, record, position);
    return out;
}

std::vector<std::int64_t> positionsOfKind(const TokenLayout& layout, TokenKind kind)
{
    std::vector<std::int64_t> out;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        if (layout.kinds[static_cast<std::size_t>(i)] == kind)
            out.push_back(i);
    }
    return out;
}

// Rows that are the tokens of one kind, in order of the sequence.
Result<TokenVectors> kindVectors(const RunRecord& record, const std::string& name, TokenKind kind)
{
    const auto tensor = findTensor(record, name);
    if (!tensor)
        return tl::unexpected(tensor.error());
    auto vectors = matrixFromSnapshot(**tensor);
    if (!vectors)
        return tl::unexpected(vectors.error());
    TokenVectors out{name, std::move(*vectors), {}, {}, {}, {}, layoutOf(record).grids};
    const std::vector<std::int64_t> positions = positionsOfKind(layoutOf(record), kind);
    if (static_cast<std::int64_t>(positions.size()) == out.vectors.rows) {
        for (const std::int64_t position : positions)
            addPosition(out, record, position);
    } else if (positions.empty()) {
        for (std::int64_t i = 0; i < out.vectors.rows; ++i)
            addRow(out, -1, kind, {}, "");
    } else {
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} has {} rows and the sequence {} {} tokens; record it again", name, out.vectors.rows,
                                positions.size(), tokenKindName(kind)));
    }
    return out;
}

Result<TokenVectors> patchVectors(const RunRecord& record, const std::string& name, std::int64_t media)
{
    const auto tensor = findTensor(record, name);
    if (!tensor)
        return tl::unexpected(tensor.error());
    auto vectors = matrixFromSnapshot(**tensor);
    if (!vectors)
        return tl::unexpected(vectors.error());
    const std::vector<std::int64_t>& shape = (*tensor)->shape;
    const std::int64_t patches = shape[shape.size() - 2];
    const auto side = static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(patches))));
    const bool isSquare = side * side == patches;
    TokenVectors out{name, std::move(*vectors), {}, {}, {}, {}, {}};
    for (std::int64_t i = 0; i < out.vectors.rows; ++i) {
        TokenOrigin origin{static_cast<std::int32_t>(media), static_cast<std::int32_t>(i / patches), -1, -1, -1};
        if (isSquare) {
            origin.row = static_cast<std::int32_t>(i % patches / side);
            origin.column = static_cast<std::int32_t>(i % patches % side);
        }
        addRow(out, -1, TokenKind::Image, origin, "");
    }
    for (std::int32_t crop = 0; isSquare && crop < out.vectors.rows / std::max<std::int64_t>(patches, 1); ++crop) {
        TokenGrid grid{static_cast<std::int32_t>(media), crop, TokenKind::Image, static_cast<std::int32_t>(side),
                       static_cast<std::int32_t>(side),  1,    {0, 0, 1, 1}};
        for (const TokenGrid& known : layoutOf(record).grids) {
            if (known.kind == TokenKind::Image && known.media == grid.media && known.crop == crop)
                grid.covers = known.covers;
        }
        out.grids.push_back(grid);
    }
    return out;
}

Result<TokenVectors> latentVectors(const RunRecord& record, const std::string& name)
{
    const auto tensor = findTensor(record, name);
    if (!tensor)
        return tl::unexpected(tensor.error());
    auto vectors = matrixFromLatents(**tensor);
    if (!vectors)
        return tl::unexpected(vectors.error());
    TokenVectors out{name, std::move(*vectors), {}, {}, {}, {}, {}};
    const auto frames = static_cast<std::int32_t>((*tensor)->shape[1]);
    const auto rows = static_cast<std::int32_t>((*tensor)->shape[2]);
    const auto columns = static_cast<std::int32_t>((*tensor)->shape[3]);
    const std::vector<std::int64_t> positions = positionsOfKind(layoutOf(record), TokenKind::World);
    const bool areTokens = static_cast<std::int64_t>(positions.size()) == out.vectors.rows;
    TokenGrid grid{0, 0, TokenKind::World, rows, columns, frames, {0, 0, 1, 1}};
    for (const TokenGrid& known : layoutOf(record).grids) {
        if (known.kind == TokenKind::World) {
            grid.media = known.media;
            grid.crop = known.crop;
            grid.covers = known.covers;
            break;
        }
    }
    for (std::int32_t frame = 0; frame < frames; ++frame) {
        for (std::int32_t row = 0; row < rows; ++row) {
            for (std::int32_t column = 0; column < columns; ++column)
                addRow(out, areTokens ? positions[out.positions.size()] : -1, TokenKind::World,
                       {grid.media, grid.crop, frame, row, column}, "");
        }
    }
    out.grids.push_back(grid);
    return out;
}

Result<TokenVectors> joined(const Result<TokenVectors>& first, const Result<TokenVectors>& second)
{
    if (!first || !second)
        return first ? first : second;
    TokenVectors out = *first;
    if (first->vectors.columns != second->vectors.columns)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("{} and {} have different widths; name one of them", first->tensor, second->tensor));
    out.tensor = first->tensor + " + " + second->tensor;
    out.vectors = stacked(first->vectors, second->vectors);
    const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    append(out.positions, second->positions);
    append(out.kinds, second->kinds);
    append(out.origins, second->origins);
    append(out.pieces, second->pieces);
    return out;
}

// As text of a comma list; the kinds in it. Empty: all.
Result<std::set<TokenKind>> kindsFrom(const std::string& segments)
{
    std::set<TokenKind> out;
    if (segments == "all")
        return std::set<TokenKind>(kKinds.begin(), kKinds.end());
    std::istringstream parts(segments);
    for (std::string part; std::getline(parts, part, ',');) {
        const auto kind =
            std::find_if(kKinds.begin(), kKinds.end(), [&](TokenKind each) { return tokenKindName(each) == part; });
        if (kind == kKinds.end())
            return fail(
                ErrorCode::InvalidInput,
                fmt::format(
                    "there is no segment '{}'; it must be all, text, control, image, world, bracket, generated, "
                    "or several parted by commas",
                    part));
        out.insert(*kind);
    }
    return out;
}

std::string groupName(const TokenVectors& tokens, std::size_t at, GroupBy by)
{
    const TokenKind kind = tokens.kinds[at];
    const std::string name(tokenKindName(kind));
    const TokenOrigin& origin = tokens.origins[at];
    if (kind != TokenKind::Image && kind != TokenKind::World)
        return name;
    if (by == GroupBy::Frame && kind == TokenKind::World)
        return fmt::format("world {} frame {}", origin.media, origin.latentFrame);
    if (by == GroupBy::Picture || by == GroupBy::Span)
        return kind == TokenKind::Image && origin.crop > 0 ? fmt::format("image {} crop {}", origin.media, origin.crop)
                                                           : fmt::format("{} {}", name, origin.media);
    return name;
}

}  // namespace

std::vector<std::string> hiddenTensors(const RunRecord& record)
{
    std::map<std::int64_t, std::string> byLayer;
    for (const auto& [name, tensor] : record.tensors) {
        if (const auto layer = numberAfter(name, "hidden."))
            byLayer[*layer] = name;
    }
    std::vector<std::string> out;
    for (const auto& [layer, name] : byLayer)
        out.push_back(name);
    return out;
}

Result<TokenVectors> tokenVectors(const RunRecord& record, const std::string& tensor)
{
    if (tensor == "auto") {
        for (const char* name : {"inputs.embeds", "hidden.0"}) {
            if (record.tensors.contains(name))
                return sequenceVectors(record, name);
        }
        const bool hasImage = record.tensors.contains("image.embeds");
        const bool hasWorld = record.tensors.contains("world.embeds");
        if (hasImage && hasWorld)
            return joined(kindVectors(record, "image.embeds", TokenKind::Image),
                          kindVectors(record, "world.embeds", TokenKind::World));
        return kindVectors(record, hasWorld ? "world.embeds" : "image.embeds",
                           hasWorld ? TokenKind::World : TokenKind::Image);
    }
    if (tensor == "image.embeds")
        return kindVectors(record, tensor, TokenKind::Image);
    if (tensor == "world.embeds")
        return kindVectors(record, tensor, TokenKind::World);
    if (tensor == "world.latents" || tensor.starts_with("rollout.latents"))
        return latentVectors(record, tensor);
    if (const auto media = numberAfter(tensor, "siglip."))
        return patchVectors(record, tensor, *media);
    if (tensor != "inputs.embeds" && !numberAfter(tensor, "hidden."))
        return fail(ErrorCode::InvalidInput,
                    fmt::format("'{}' holds no token vectors; use inputs.embeds, hidden.N, image.embeds, world.embeds, "
                                "siglip.N.last_hidden_state or world.latents",
                                tensor));
    return sequenceVectors(record, tensor);
}

TokenVectors chosenTokens(const TokenVectors& all, const std::vector<std::int64_t>& rows)
{
    TokenVectors out{all.tensor, chosenRows(all.vectors, rows), {}, {}, {}, {}, all.grids};
    for (const std::int64_t row : rows) {
        const auto at = static_cast<std::size_t>(row);
        addRow(out, all.positions[at], all.kinds[at], all.origins[at], all.pieces[at]);
    }
    return out;
}

TokenVectors finiteTokens(const TokenVectors& all, std::vector<std::string>& cautions)
{
    const std::vector<std::int64_t> rows = finiteRows(all.vectors);
    const auto kept = static_cast<std::int64_t>(rows.size());
    if (kept == all.size())
        return all;
    cautions.push_back(fmt::format("{} of {} vectors of {} hold NaN or infinite values and were left out",
                                   all.size() - kept, all.size(), all.tensor));
    return chosenTokens(all, rows);
}

TokenVectors thinnedTokens(const TokenVectors& all, std::int64_t most, std::vector<std::string>& cautions)
{
    if (all.size() <= most)
        return all;
    std::map<TokenKind, std::vector<std::int64_t>> byKind;
    for (std::int64_t i = 0; i < all.size(); ++i)
        byKind[all.kinds[static_cast<std::size_t>(i)]].push_back(i);
    std::vector<std::int64_t> rows;
    for (const auto& [kind, members] : byKind) {
        const auto count = static_cast<std::int64_t>(members.size());
        // At least one of each kind, so that a short question does not vanish beside thousands of world tokens.
        for (const std::int64_t at : evenlyChosen(count, std::max<std::int64_t>(1, count * most / all.size())))
            rows.push_back(members[static_cast<std::size_t>(at)]);
    }
    std::sort(rows.begin(), rows.end());
    cautions.push_back(
        fmt::format("{} of {} vectors were used, spread evenly over every segment", rows.size(), all.size()));
    return chosenTokens(all, rows);
}

const std::vector<std::string>& groupByNames()
{
    static const std::vector<std::string> kNames = {"kind", "span", "picture", "frame"};
    return kNames;
}

Result<std::vector<TokenGroup>> tokenGroups(const TokenVectors& tokens, const std::string& segments, GroupBy by)
{
    const auto kinds = kindsFrom(segments);
    if (!kinds)
        return tl::unexpected(kinds.error());
    std::vector<TokenGroup> out;
    std::map<std::string, std::size_t> known;
    std::string lastName;
    for (std::int64_t i = 0; i < tokens.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const std::string name = groupName(tokens, at, by);
        const bool isWanted = kinds->contains(tokens.kinds[at]);
        if (isWanted) {
            // A span ends where another begins; the other groups gather their tokens from the whole sequence.
            const auto found = by == GroupBy::Span && name != lastName ? known.end() : known.find(name);
            if (found == known.end()) {
                known[name] = out.size();
                const bool isNumbered = by == GroupBy::Span && tokens.positions[at] >= 0;
                out.push_back(
                    {isNumbered ? fmt::format("{} @{}", name, tokens.positions[at]) : name, tokens.kinds[at], {}});
            }
            out[known[name]].rows.push_back(i);
        }
        lastName = name;
    }
    if (out.empty())
        return fail(ErrorCode::InvalidInput, fmt::format("{} has no vectors of segment '{}'", tokens.tensor, segments));
    return out;
}

Result<TokenVectors> tokensOfSegments(const TokenVectors& tokens, const std::string& segments)
{
    const auto groups = tokenGroups(tokens, segments, GroupBy::Kind);
    if (!groups)
        return tl::unexpected(groups.error());
    std::vector<std::int64_t> rows;
    for (const TokenGroup& group : *groups)
        rows.insert(rows.end(), group.rows.begin(), group.rows.end());
    std::sort(rows.begin(), rows.end());
    return chosenTokens(tokens, rows);
}

std::string tokenLabel(const TokenVectors& tokens, std::int64_t row)
{
    const auto at = static_cast<std::size_t>(row);
    const TokenOrigin& origin = tokens.origins[at];
    const std::string_view kind = tokenKindName(tokens.kinds[at]);
    if (tokens.kinds[at] != TokenKind::Image && tokens.kinds[at] != TokenKind::World)
        return tokens.pieces[at].empty() ? std::string(kind) : tokens.pieces[at];
    std::string out = origin.media >= 0 ? fmt::format("{} {}", kind, origin.media) : std::string(kind);
    if (origin.crop > 0)
        out += fmt::format(" crop {}", origin.crop);
    if (origin.latentFrame >= 0)
        out += fmt::format(" frame {}", origin.latentFrame);
    if (origin.row >= 0)
        out += fmt::format(" row {} column {}", origin.row, origin.column);
    return out;
}

}  // namespace armillary::embedding
