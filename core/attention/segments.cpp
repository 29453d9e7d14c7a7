#include "attention/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace armillary::attention {
namespace {

constexpr TokenKind kKinds[] = {TokenKind::Text,  TokenKind::Control, TokenKind::Image,
                                TokenKind::World, TokenKind::Bracket, TokenKind::Generated};

std::optional<std::int64_t> number(std::string_view text)
{
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

tl::unexpected<Error> notAChoice(const std::string& text)
{
    return fail(
        ErrorCode::InvalidInput,
        fmt::format("'{}' chooses no positions: say answer, last, all, available, a kind (text, control, image, "
                    "world, bracket, generated), a number or a range such as 10:20",
                    text));
}

}  // namespace

std::vector<std::int64_t> Segmentation::sizes() const
{
    std::vector<std::int64_t> out(names.size(), 0);
    for (const std::int32_t segment : segmentOf)
        ++out[static_cast<std::size_t>(segment)];
    return out;
}

std::optional<std::int64_t> Segmentation::find(const std::string& name) const
{
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? std::nullopt : std::optional<std::int64_t>(found - names.begin());
}

Segmentation segmentsByKind(const RecordAttention& attention)
{
    Segmentation out;
    for (const TokenKind kind : kKinds)
        out.names.emplace_back(tokenKindName(kind));
    for (const TokenKind kind : attention.kinds())
        out.segmentOf.push_back(static_cast<std::int32_t>(kind));
    return out;
}

Segmentation fourSegments(const RecordAttention& attention)
{
    Segmentation out{{"text", "image", "world", "answer"}, {}};
    for (const TokenKind kind : attention.kinds()) {
        switch (kind) {
        case TokenKind::Text:
        case TokenKind::Control:
        case TokenKind::Bracket: out.segmentOf.push_back(0); break;
        case TokenKind::Image: out.segmentOf.push_back(1); break;
        case TokenKind::World: out.segmentOf.push_back(2); break;
        case TokenKind::Generated: out.segmentOf.push_back(3); break;
        }
    }
    return out;
}

SegmentCounts::SegmentCounts(const Segmentation& segments) : m_stride(segments.segmentOf.size() + 1)
{
    m_sums.assign(segments.names.size() * m_stride, 0);
    for (std::size_t segment = 0; segment < segments.names.size(); ++segment) {
        std::int64_t* sums = m_sums.data() + segment * m_stride;
        for (std::size_t i = 0; i + 1 < m_stride; ++i)
            sums[i + 1] = sums[i] + (segments.segmentOf[i] == static_cast<std::int32_t>(segment) ? 1 : 0);
    }
}

Result<std::vector<std::int64_t>> positionsFromText(const RecordAttention& attention, const std::string& text,
                                                    std::int64_t every)
{
    std::vector<std::int64_t> chosen;
    const auto colon = text.find(':');
    if (text == "answer") {
        chosen = attention.answerRows();
    } else if (text == "last") {
        chosen = {attention.prefill() - 1};
    } else if (text == "all") {
        chosen.resize(static_cast<std::size_t>(attention.positions()));
        std::iota(chosen.begin(), chosen.end(), std::int64_t{0});
    } else if (text == "available") {
        chosen = attention.availableRows();
    } else if (const auto single = number(text)) {
        chosen = {*single};
    } else if (colon != std::string::npos) {
        const auto begin = number(std::string_view(text).substr(0, colon));
        const auto end = number(std::string_view(text).substr(colon + 1));
        if (!begin || !end)
            return notAChoice(text);
        if (*begin < 0 || *end > attention.positions())
            return fail(ErrorCode::InvalidInput,
                        fmt::format("{} lies outside of the {} positions", text, attention.positions()));
        for (std::int64_t position = *begin; position < *end; ++position)
            chosen.push_back(position);
    } else {
        const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                       [&](TokenKind each) { return tokenKindName(each) == text; });
        if (kind == std::end(kKinds))
            return notAChoice(text);
        for (std::int64_t position = 0; position < attention.positions(); ++position) {
            if (attention.kinds()[static_cast<std::size_t>(position)] == *kind)
                chosen.push_back(position);
        }
    }
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < chosen.size(); i += static_cast<std::size_t>(std::max<std::int64_t>(1, every)))
        out.push_back(chosen[i]);
    if (out.empty())
        return fail(ErrorCode::InvalidInput, fmt::format("'{}' chooses no position of this record", text));
    if (auto held = attention.need(out); !held)
        return tl::unexpected(held.error());
    return out;
}

Result<std::int64_t> positionFromText(const RecordAttention& attention, const std::string& text)
{
    constexpr std::string_view kAnswer = "answer:";
    std::optional<std::int64_t> position = number(text);
    if (text == "last")
        position = attention.prefill() - 1;
    else if (text.starts_with(kAnswer)) {
        if (const auto token = number(std::string_view(text).substr(kAnswer.size()));
            token && *token >= 0 && *token < attention.positions())
            position = attention.prefill() - 1 + *token;
    }
    if (!position)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("'{}' names no position: say last, answer:K or a number", text));
    const std::int64_t one[] = {*position};
    if (auto held = attention.need(one); !held)
        return tl::unexpected(held.error());
    return *position;
}

}  // namespace armillary::attention
