#include "text/added_tokens.h"

#include "text/unicode_classes.h"
#include "text/utf8.h"

#include <algorithm>
#include <utility>

namespace armillary::text {
namespace {

// The byte where the character before byte `end` begins (end > 0).
std::size_t previousCharacter(std::string_view text, std::size_t end)
{
    std::size_t at = end - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
        --at;
    return at;
}

bool hasWordBefore(std::string_view text, std::size_t at)
{
    return at > 0 && isWordCharacter(readUtf8(text, previousCharacter(text, at)).codePoint);
}

bool hasWordAfter(std::string_view text, std::size_t at)
{
    return at < text.size() && isWordCharacter(readUtf8(text, at).codePoint);
}

// Where the white space that ends at `end` begins, `least` or later.
std::size_t whiteSpaceBefore(std::string_view text, std::size_t end, std::size_t least)
{
    while (end > least) {
        const std::size_t at = previousCharacter(text, end);
        if (!isWhiteSpace(readUtf8(text, at).codePoint))
            break;
        end = at;
    }
    return end;
}

// Where the white space that begins at `begin` ends.
std::size_t whiteSpaceAfter(std::string_view text, std::size_t begin)
{
    while (begin < text.size()) {
        const Utf8Read read = readUtf8(text, begin);
        if (!isWhiteSpace(read.codePoint))
            break;
        begin += read.bytes;
    }
    return begin;
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
{
    for (AddedToken& token : tokens) {
        if (token.content.empty())
            continue;
        const auto [known, isNew] = m_indexByContent.try_emplace(token.content, m_tokens.size());
        if (isNew)
            m_tokens.push_back(std::move(token));
        else
            m_tokens[known->second] = std::move(token);
    }
    std::vector<std::pair<std::string_view, std::int32_t>> raw;
    std::vector<std::pair<std::string_view, std::int32_t>> normalized;
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        const AddedToken& token = m_tokens[i];
        m_indexById[token.id] = i;
        if (token.normalized)
            normalized.emplace_back(token.normalizedContent, static_cast<std::int32_t>(i));
        else
            raw.emplace_back(token.content, static_cast<std::int32_t>(i));
    }
    m_raw = ByteTrie(std::move(raw));
    m_normalized = ByteTrie(std::move(normalized));
}

std::vector<AddedSpan> AddedTokens::split(std::string_view text, bool normalized) const
{
    const ByteTrie& trie = normalized ? m_normalized : m_raw;
    std::vector<AddedSpan> spans;
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto match = trie.longestPrefix(text.substr(at));
        if (!match) {
            ++at;
            continue;
        }
        const AddedToken& token = m_tokens[static_cast<std::size_t>(match->second)];
        std::size_t begin = at;
        std::size_t end = at + match->first;
        // The search goes on behind the bare match, also when the match is refused or reaches over white space: so does the
        // reference, and a token inside stripped white space is found although the strip has taken it, unless it strips too.
        at = end;
        if (token.singleWord && (hasWordBefore(text, begin) || hasWordAfter(text, end)))
            continue;
        if (token.stripsLeft)
            begin = std::max(whiteSpaceBefore(text, begin, done), done);
        if (token.stripsRight)
            end = whiteSpaceAfter(text, end);
        if (begin >= end)
            continue;
        if (done < begin)
            spans.push_back({nullptr, done, begin});
        spans.push_back({&token, begin, end});
        done = end;
    }
    if (done < text.size())
        spans.push_back({nullptr, done, text.size()});
    return spans;
}

const AddedToken* AddedTokens::find(std::int64_t id) const
{
    const auto found = m_indexById.find(id);
    return found == m_indexById.end() ? nullptr : &m_tokens[found->second];
}

const AddedToken* AddedTokens::find(std::string_view content) const
{
    const auto found = m_indexByContent.find(std::string(content));
    return found == m_indexByContent.end() ? nullptr : &m_tokens[found->second];
}

}  // namespace armillary::text
