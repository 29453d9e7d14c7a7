#include "text/pipeline_tokenizer.h"

#include "text/utf8.h"

#include <algorithm>
#include <utility>

namespace armillary::text {

PipelineTokenizer::PipelineTokenizer(std::shared_ptr<const TokenizerParts> parts, std::vector<AddedToken> added)
    : m_parts(std::move(parts))
{
    m_size = m_parts->model->size();
    for (AddedToken& token : added) {
        m_size = std::max(m_size, token.id + 1);
        if (token.normalized)
            token.normalizedContent = m_parts->normalizer.apply(token.content);
    }
    m_added = AddedTokens(std::move(added));
}

std::vector<std::int64_t> PipelineTokenizer::encode(std::string_view text) const
{
    const std::string valid = toValidUtf8(text);
    const std::string_view whole = valid;
    std::vector<std::int64_t> ids;
    for (const AddedSpan& span : m_added.split(whole, false)) {
        if (span.token != nullptr) {
            ids.push_back(span.token->id);
            continue;
        }
        const std::string normalized =
            m_parts->normalizer.apply(std::string(whole.substr(span.begin, span.end - span.begin)));
        for (const AddedSpan& inner : m_added.split(normalized, true)) {
            if (inner.token != nullptr) {
                ids.push_back(inner.token->id);
                continue;
            }
            const bool atStart = span.begin == 0 && inner.begin == 0;
            for (const Word& word :
                 m_parts->preTokenizer.split({normalized.substr(inner.begin, inner.end - inner.begin), atStart}))
                m_parts->model->encode(word.text, ids);
        }
    }
    return ids;
}

std::string PipelineTokenizer::decode(const std::vector<std::int64_t>& ids, bool skipSpecial) const
{
    std::vector<std::string> pieces;
    pieces.reserve(ids.size());
    for (const std::int64_t id : ids) {
        if (id < 0 || id >= m_size || (skipSpecial && isControl(id)))
            continue;
        pieces.push_back(decodingPiece(id));
    }
    return m_parts->decoder.decode(std::move(pieces));
}

std::string PipelineTokenizer::decodingPiece(std::int64_t id) const
{
    const AddedToken* token = m_added.find(id);
    // A token that was searched in normalized text goes through the decoder in that form.
    return token != nullptr && token->normalized ? token->normalizedContent : piece(id);
}

std::string PipelineTokenizer::piece(std::int64_t id) const
{
    const AddedToken* token = m_added.find(id);
    return token != nullptr ? token->content : m_parts->model->piece(id);
}

std::string PipelineTokenizer::bytes(std::int64_t id) const
{
    return isControl(id) ? std::string() : m_parts->decoder.bytes(decodingPiece(id));
}

std::optional<std::int64_t> PipelineTokenizer::id(std::string_view piece) const
{
    const AddedToken* token = m_added.find(piece);
    return token != nullptr ? token->id : m_parts->model->id(piece);
}

bool PipelineTokenizer::isControl(std::int64_t id) const
{
    const AddedToken* token = m_added.find(id);
    return (token != nullptr && token->special) || m_parts->model->isControl(id);
}

std::shared_ptr<const Tokenizer> PipelineTokenizer::withAddedTokens(const std::vector<std::string>& pieces) const
{
    std::vector<AddedToken> added = m_added.all();
    std::int64_t next = m_size;
    for (const std::string& piece : pieces) {
        if (piece.empty())
            continue;
        AddedToken token;
        token.content = piece;
        token.special = true;
        const auto isSame = [&](const AddedToken& other) { return other.content == piece; };
        if (const auto twin = std::find_if(added.begin(), added.end(), isSame); twin != added.end())
            token.id = twin->id;
        else if (const auto known = m_parts->model->id(piece))
            token.id = *known;
        else
            token.id = next++;
        added.push_back(std::move(token));
    }
    return std::make_shared<PipelineTokenizer>(m_parts, std::move(added));
}

}  // namespace armillary::text
