#include "text/unigram_model.h"

#include "io/json_file.h"
#include "text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace armillary::text {
namespace {

// What an unknown character costs below the vocabulary's worst piece (sentencepiece's kUnkPenalty).
constexpr double kUnknownPenalty = 10.0;

tl::unexpected<Error> broken(const std::string& what, const std::string& path)
{
    return fail(ErrorCode::FileRead,
                fmt::format("the tokenizer cannot be used because {}; fetch the file again: {}", what, path));
}

// The best way to reach a byte position.
struct Arrival {
    double score = 0;
    std::int64_t from = -1;  // where its last piece begins; -1: not reached yet
    std::int32_t id = 0;
};

}  // namespace

Result<std::shared_ptr<const UnigramModel>> UnigramModel::make(TokenizerFile& file)
{
    if (file.scoredVocabulary.empty())
        return broken("it has no model.vocab", file.path);
    io::ConfigReader reader(file.settings["model"], file.path, "model");
    reader.require("unk_id");
    const auto last = static_cast<std::int64_t>(file.scoredVocabulary.size()) - 1;
    auto model = std::make_shared<UnigramModel>();
    model->m_unknownId = static_cast<std::int32_t>(reader.integer("unk_id", 0, 0, last));
    model->m_hasByteFallback = reader.boolean("byte_fallback", false);
    if (const Result<void> read = reader.check(); !read)
        return tl::unexpected(read.error());

    std::vector<std::string> pieces;
    pieces.reserve(file.scoredVocabulary.size());
    for (auto& [piece, score] : file.scoredVocabulary) {
        pieces.push_back(std::move(piece));
        model->m_scores.push_back(score);
    }
    file.scoredVocabulary.clear();
    model->m_vocabulary = Vocabulary(std::move(pieces));
    if (const std::string* twice = model->m_vocabulary.duplicate())
        return broken(fmt::format("the piece \"{}\" has two ids", *twice), file.path);
    model->m_unknownScore = *std::min_element(model->m_scores.begin(), model->m_scores.end()) - kUnknownPenalty;
    std::vector<std::pair<std::string_view, std::int32_t>> keys;
    keys.reserve(model->m_scores.size());
    for (std::int32_t id = 0; id < model->m_vocabulary.size(); ++id)
        keys.emplace_back(model->m_vocabulary.at(id), id);
    model->m_trie = ByteTrie(std::move(keys));
    return model;
}

void UnigramModel::encode(std::string_view word, std::vector<std::int64_t>& ids) const
{
    std::vector<Arrival> arrivals(word.size() + 1);
    arrivals[0].from = 0;
    for (std::size_t at = 0; at < word.size();) {
        const std::size_t characterBytes = readUtf8(word, at).bytes;
        const auto offer = [&](std::size_t length, std::int32_t id, double pieceScore) {
            Arrival& arrival = arrivals[at + length];
            const double score = pieceScore + arrivals[at].score;
            if (arrival.from < 0 || score > arrival.score)
                arrival = {score, static_cast<std::int64_t>(at), id};
        };
        bool hasSingle = false;
        m_trie.forEachPrefix(word.substr(at), [&](std::size_t length, std::int32_t id) {
            offer(length, id, m_scores[static_cast<std::size_t>(id)]);
            hasSingle |= length == characterBytes;
        });
        if (!hasSingle)
            offer(characterBytes, m_unknownId, m_unknownScore);
        at += characterBytes;
    }

    // Back to front; neighbouring unknown stretches become one.
    struct Stretch {
        std::size_t begin;
        std::size_t end;
        std::int32_t id;
    };
    std::vector<Stretch> path;
    for (std::size_t end = word.size(); end > 0;) {
        const auto begin = static_cast<std::size_t>(arrivals[end].from);
        if (!path.empty() && arrivals[end].id == m_unknownId && path.back().id == m_unknownId)
            path.back().begin = begin;
        else
            path.push_back({begin, end, arrivals[end].id});
        end = begin;
    }
    std::reverse(path.begin(), path.end());
    for (const Stretch& stretch : path) {
        if (stretch.id != m_unknownId) {
            ids.push_back(stretch.id);
            continue;
        }
        const std::string_view unknown = word.substr(stretch.begin, stretch.end - stretch.begin);
        std::vector<std::int64_t> byteIds;
        for (std::size_t i = 0; m_hasByteFallback && i < unknown.size(); ++i) {
            if (const auto id = m_vocabulary.find(fmt::format("<0x{:02X}>", static_cast<std::uint8_t>(unknown[i]))))
                byteIds.push_back(*id);
        }
        if (const auto whole = m_vocabulary.find(unknown))
            ids.push_back(*whole);
        else if (m_hasByteFallback && byteIds.size() == unknown.size())
            ids.insert(ids.end(), byteIds.begin(), byteIds.end());
        else
            ids.push_back(m_unknownId);
    }
}

std::string UnigramModel::piece(std::int64_t id) const
{
    return m_vocabulary.has(id) ? m_vocabulary.at(id) : std::string();
}

std::optional<std::int64_t> UnigramModel::id(std::string_view piece) const
{
    return m_vocabulary.find(piece);
}

}  // namespace armillary::text
