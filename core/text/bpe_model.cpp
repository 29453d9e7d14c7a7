#include "text/bpe_model.h"

#include "io/json_file.h"
#include "text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace armillary::text {
namespace {

std::uint64_t pairOf(std::int32_t left, std::int32_t right)
{
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) | static_cast<std::uint32_t>(right);
}

// Neighbouring ids have to land far apart: the finalizer of MurmurHash3.
std::size_t hashOf(std::uint64_t pair)
{
    pair ^= pair >> 33U;
    pair *= 0xff51afd7ed558ccdULL;
    pair ^= pair >> 33U;
    pair *= 0xc4ceb9fe1a85ec53ULL;
    pair ^= pair >> 33U;
    return pair;
}

tl::unexpected<Error> broken(const std::string& what, const std::string& path)
{
    return fail(ErrorCode::FileRead,
                fmt::format("the tokenizer cannot be used because {}; fetch the file again: {}", what, path));
}

// The pieces in the order of their ids.
Result<std::vector<std::string>> piecesById(TokenizerFile& file)
{
    const auto count = static_cast<std::int64_t>(file.vocabulary.size());
    std::vector<std::string> pieces(file.vocabulary.size());
    std::vector<bool> taken(file.vocabulary.size(), false);
    for (auto& [piece, id] : file.vocabulary) {
        if (id < 0 || id >= count)
            return broken(fmt::format("the ids of its {} pieces leave a gap (\"{}\" has id {})", count, piece, id),
                          file.path);
        const auto place = static_cast<std::size_t>(id);
        if (taken[place])
            return broken(fmt::format(R"(id {} belongs to "{}" and to "{}")", id, pieces[place], piece), file.path);
        taken[place] = true;
        pieces[place] = std::move(piece);
    }
    file.vocabulary.clear();
    return pieces;
}

}  // namespace

Result<std::shared_ptr<const BpeModel>> BpeModel::make(TokenizerFile& file)
{
    if (file.vocabulary.empty())
        return broken("it has no model.vocab", file.path);
    auto model = std::make_shared<BpeModel>();
    Result<std::vector<std::string>> pieces = piecesById(file);
    if (!pieces)
        return tl::unexpected(pieces.error());
    model->m_vocabulary = Vocabulary(std::move(*pieces));
    if (const std::string* twice = model->m_vocabulary.duplicate())
        return broken(fmt::format("the piece \"{}\" has two ids", *twice), file.path);

    io::ConfigReader reader(file.settings["model"], file.path, "model");
    const std::string unknown = reader.text("unk_token", "");
    model->m_fusesUnknown = reader.boolean("fuse_unk", false);
    model->m_hasByteFallback = reader.boolean("byte_fallback", false);
    model->m_ignoresMerges = reader.boolean("ignore_merges", false);
    const bool hasAffixes =
        !reader.text("continuing_subword_prefix", "").empty() || !reader.text("end_of_word_suffix", "").empty();
    const double dropout = reader.number("dropout", 0);
    if (const Result<void> read = reader.check(); !read)
        return tl::unexpected(read.error());
    if (hasAffixes)
        return broken("it marks the beginnings or ends of words, which Gemma's and nanoVLM's tokenizers do not",
                      file.path);
    if (dropout != 0)
        return broken("its model.dropout makes ids random", file.path);
    if (!unknown.empty()) {
        model->m_unknownId = model->m_vocabulary.find(unknown);
        if (!model->m_unknownId)
            return broken(fmt::format("its unk_token \"{}\" is not in its vocabulary", unknown), file.path);
    }
    for (std::size_t byte = 0; byte < 256; ++byte)
        model->m_byteIds[byte] = model->m_vocabulary.find(fmt::format("<0x{:02X}>", byte)).value_or(-1);
    if (const Result<void> set = model->setMerges(file); !set)
        return tl::unexpected(set.error());
    file.merges.clear();
    return model;
}

Result<void> BpeModel::setMerges(const TokenizerFile& file)
{
    m_merges.assign(std::bit_ceil(file.merges.size() * 2 + 1), Merge{});
    std::string joined;
    for (std::size_t rank = 0; rank < file.merges.size(); ++rank) {
        const auto& [left, right] = file.merges[rank];
        joined.assign(left).append(right);
        const auto leftId = m_vocabulary.find(left);
        const auto rightId = m_vocabulary.find(right);
        const auto merged = m_vocabulary.find(joined);
        if (!leftId || !rightId || !merged)
            return broken(fmt::format(R"(merge {} joins "{}" and "{}", but "{}" is not in its vocabulary)", rank, left,
                                      right,
                                      !leftId    ? left
                                      : !rightId ? right
                                                 : joined),
                          file.path);
        slotOf(pairOf(*leftId, *rightId)) = {pairOf(*leftId, *rightId), static_cast<std::uint32_t>(rank), *merged};
    }
    return {};
}

BpeModel::Merge& BpeModel::slotOf(std::uint64_t pair)
{
    const std::size_t mask = m_merges.size() - 1;
    std::size_t slot = hashOf(pair) & mask;
    while (m_merges[slot].pair != kNoPair && m_merges[slot].pair != pair)
        slot = (slot + 1) & mask;
    return m_merges[slot];
}

const BpeModel::Merge* BpeModel::find(std::int32_t left, std::int32_t right) const
{
    const std::uint64_t pair = pairOf(left, right);
    const std::size_t mask = m_merges.size() - 1;
    for (std::size_t slot = hashOf(pair) & mask; m_merges[slot].pair != kNoPair; slot = (slot + 1) & mask) {
        if (m_merges[slot].pair == pair)
            return &m_merges[slot];
    }
    return nullptr;
}

std::vector<BpeModel::Symbol> BpeModel::symbolsOf(std::string_view word) const
{
    std::vector<Symbol> symbols;
    symbols.reserve(word.size());
    const auto add = [&](std::int32_t id) {
        const auto place = static_cast<std::int32_t>(symbols.size());
        if (place > 0)
            symbols.back().next = place;
        symbols.push_back({id, place - 1, -1, false});
    };
    bool unknownWaits = false;
    for (std::size_t at = 0; at < word.size();) {
        const std::size_t bytes = readUtf8(word, at).bytes;
        const std::string_view character = word.substr(at, bytes);
        at += bytes;
        if (const auto known = m_vocabulary.find(character)) {
            if (unknownWaits)
                add(*m_unknownId);
            unknownWaits = false;
            add(*known);
            continue;
        }
        const auto hasByte = [&](char byte) { return m_byteIds[static_cast<std::uint8_t>(byte)] >= 0; };
        if (m_hasByteFallback && std::all_of(character.begin(), character.end(), hasByte)) {
            // A waiting unknown piece is put down only before the next known character: so the reference has it.
            for (const char byte : character)
                add(m_byteIds[static_cast<std::uint8_t>(byte)]);
            continue;
        }
        if (!m_unknownId)
            continue;
        if (unknownWaits && !m_fusesUnknown)
            add(*m_unknownId);
        unknownWaits = true;
    }
    if (unknownWaits)
        add(*m_unknownId);
    return symbols;
}

void BpeModel::join(std::vector<Symbol>& symbols) const
{
    // Candidates as rank and place in one number: the smallest is the pair to join next, the leftmost of several.
    std::vector<std::uint64_t> heap;
    heap.reserve(symbols.size());
    const auto candidate = [](const Merge& merge, std::int32_t place) {
        return (static_cast<std::uint64_t>(merge.rank) << 32U) | static_cast<std::uint32_t>(place);
    };
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
        if (const Merge* merge = find(symbols[i].id, symbols[i + 1].id))
            heap.push_back(candidate(*merge, static_cast<std::int32_t>(i)));
    }
    std::make_heap(heap.begin(), heap.end(), std::greater<>());
    const auto offer = [&](std::int32_t place) {
        if (place < 0 || symbols[static_cast<std::size_t>(place)].next < 0)
            return;
        const Symbol& left = symbols[static_cast<std::size_t>(place)];
        if (const Merge* merge = find(left.id, symbols[static_cast<std::size_t>(left.next)].id)) {
            heap.push_back(candidate(*merge, place));
            std::push_heap(heap.begin(), heap.end(), std::greater<>());
        }
    };
    while (!heap.empty()) {
        std::pop_heap(heap.begin(), heap.end(), std::greater<>());
        const std::uint64_t top = heap.back();
        heap.pop_back();
        const auto place = static_cast<std::int32_t>(top & 0xFFFFFFFFU);
        Symbol& left = symbols[static_cast<std::size_t>(place)];
        if (left.isDead || left.next < 0)
            continue;
        Symbol& right = symbols[static_cast<std::size_t>(left.next)];
        const Merge* merge = find(left.id, right.id);
        // The pair has changed since it was offered.
        if (merge == nullptr || merge->rank != top >> 32U)
            continue;
        left.id = merge->merged;
        left.next = right.next;
        right.isDead = true;
        if (left.next >= 0)
            symbols[static_cast<std::size_t>(left.next)].previous = place;
        offer(left.previous);
        offer(place);
    }
}

void BpeModel::encode(std::string_view word, std::vector<std::int64_t>& ids) const
{
    if (m_ignoresMerges) {
        if (const auto whole = m_vocabulary.find(word)) {
            ids.push_back(*whole);
            return;
        }
    }
    std::vector<Symbol> symbols = symbolsOf(word);
    join(symbols);
    for (const Symbol& symbol : symbols) {
        if (!symbol.isDead)
            ids.push_back(symbol.id);
    }
}

std::string BpeModel::piece(std::int64_t id) const
{
    return m_vocabulary.has(id) ? m_vocabulary.at(id) : std::string();
}

std::optional<std::int64_t> BpeModel::id(std::string_view piece) const
{
    return m_vocabulary.find(piece);
}

}  // namespace armillary::text
