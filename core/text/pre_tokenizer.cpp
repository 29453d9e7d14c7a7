#include "text/pre_tokenizer.h"

#include "io/json_file.h"
#include "text/byte_alphabet.h"
#include "text/normalizer.h"
#include "text/unicode_classes.h"
#include "text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace armillary::text {
namespace {

constexpr int kDeepestSequence = 8;

// GPT-2's expression 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ : the end of the match at `begin`.
std::size_t endOfGpt2Word(std::string_view text, std::size_t begin)
{
    for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
        if (text.substr(begin).starts_with(ending))
            return begin + ending.size();
    }
    enum class Kind { Letter, Number, Space, Other };
    const auto kindOf = [](char32_t c) {
        return isLetter(c) ? Kind::Letter : isNumber(c) ? Kind::Number : isWhiteSpace(c) ? Kind::Space : Kind::Other;
    };
    const std::size_t first = text[begin] == ' ' && begin + 1 < text.size() ? begin + 1 : begin;
    const Kind kind = kindOf(readUtf8(text, first).codePoint);
    if (kind != Kind::Space) {
        std::size_t end = first;
        while (end < text.size()) {
            const Utf8Read read = readUtf8(text, end);
            if (kindOf(read.codePoint) != kind)
                break;
            end += read.bytes;
        }
        return end;
    }
    std::size_t end = begin;
    std::size_t last = begin;
    while (end < text.size()) {
        const Utf8Read read = readUtf8(text, end);
        if (!isWhiteSpace(read.codePoint))
            break;
        last = end;
        end += read.bytes;
    }
    // White space before a word leaves its last character to that word, unless it is the only one.
    return end == text.size() || last == begin ? end : last;
}

}  // namespace

std::vector<PreTokenizer::Stretch> PreTokenizer::arrange(const std::vector<Stretch>& stretches, Behavior behavior)
{
    std::vector<Stretch> arranged;
    bool wasMatch = false;
    switch (behavior) {
    case Behavior::Isolated: return stretches;
    case Behavior::Removed:
        std::copy_if(stretches.begin(), stretches.end(), std::back_inserter(arranged),
                     [](const Stretch& stretch) { return !stretch.isMatch; });
        break;
    case Behavior::Contiguous:
        for (const Stretch& stretch : stretches) {
            if (!arranged.empty() && arranged.back().isMatch == stretch.isMatch)
                arranged.back().end = stretch.end;
            else
                arranged.push_back(stretch);
        }
        break;
    case Behavior::MergedWithPrevious:
        for (const Stretch& stretch : stretches) {
            if (stretch.isMatch && !wasMatch && !arranged.empty())
                arranged.back().end = stretch.end;
            else
                arranged.push_back(stretch);
            wasMatch = stretch.isMatch;
        }
        break;
    case Behavior::MergedWithNext:
        for (const Stretch& stretch : std::vector<Stretch>(stretches.rbegin(), stretches.rend())) {
            if (stretch.isMatch && !wasMatch && !arranged.empty())
                arranged.back().begin = stretch.begin;
            else
                arranged.push_back(stretch);
            wasMatch = stretch.isMatch;
        }
        std::reverse(arranged.begin(), arranged.end());
        break;
    }
    return arranged;
}

// Carries out one step on one word.
struct PreTokenizer::Splitter {
    Word word;
    std::vector<Word>& words;

    void take(const std::vector<Stretch>& stretches)
    {
        for (const Stretch& stretch : stretches) {
            if (stretch.begin < stretch.end)
                words.push_back(
                    {word.text.substr(stretch.begin, stretch.end - stretch.begin), word.atStart && stretch.begin == 0});
        }
    }

    // Each character for which `isDelimiter` is true is a match of its own.
    template <class IsDelimiter>
    [[nodiscard]] std::vector<Stretch> cutAt(IsDelimiter isDelimiter) const
    {
        std::vector<Stretch> stretches;
        for (std::size_t at = 0; at < word.text.size();) {
            const Utf8Read read = readUtf8(word.text, at);
            const bool isMatch = isDelimiter(read.codePoint);
            if (!isMatch && !stretches.empty() && !stretches.back().isMatch)
                stretches.back().end += read.bytes;
            else
                stretches.push_back({at, at + read.bytes, isMatch});
            at += read.bytes;
        }
        return stretches;
    }

    [[nodiscard]] std::vector<Stretch> cutAt(const std::string& pattern, bool invert) const
    {
        std::vector<Stretch> stretches;
        std::size_t done = 0;
        for (std::size_t found = word.text.find(pattern); found != std::string::npos;
             found = word.text.find(pattern, done)) {
            if (done < found)
                stretches.push_back({done, found, invert});
            done = found + pattern.size();
            stretches.push_back({found, done, !invert});
        }
        if (done < word.text.size())
            stretches.push_back({done, word.text.size(), invert});
        return stretches;
    }

    void operator()(const SplitOnText& step) { take(arrange(cutAt(step.pattern, step.invert), step.behavior)); }
    void operator()(const SplitOnWhiteSpace&) { take(arrange(cutAt(isWhiteSpace), Behavior::Removed)); }
    void operator()(const SplitDigits& step)
    {
        take(arrange(cutAt(isNumber), step.individually ? Behavior::Isolated : Behavior::Contiguous));
    }

    void operator()(const Metaspace& step)
    {
        word.text = replaceAll(std::move(word.text), " ", step.replacement);
        const bool isWanted = step.prepend == Prepend::Always || (step.prepend == Prepend::First && word.atStart);
        if (isWanted && !word.text.starts_with(step.replacement))
            word.text.insert(0, step.replacement);
        if (step.split)
            take(arrange(cutAt(step.replacement, false), Behavior::MergedWithNext));
        else
            words.push_back(std::move(word));
    }

    void operator()(const ByteLevel& step)
    {
        if (step.addsPrefixSpace && !word.text.starts_with(' '))
            word.text.insert(0, " ");
        for (std::size_t at = 0; at < word.text.size();) {
            const std::size_t end = step.splitsByExpression ? endOfGpt2Word(word.text, at) : word.text.size();
            words.push_back(
                {byteAlphabetFromBytes(std::string_view(word.text).substr(at, end - at)), word.atStart && at == 0});
            at = end;
        }
    }
};

Result<PreTokenizer> PreTokenizer::fromJson(const nlohmann::json& json, const std::string& path)
{
    PreTokenizer preTokenizer;
    if (const Result<void> added = preTokenizer.add(json, path, 0); !added)
        return tl::unexpected(added.error());
    return preTokenizer;
}

Result<void> PreTokenizer::add(const nlohmann::json& json, const std::string& path, int depth)
{
    if (json.is_null())
        return {};
    io::ConfigReader reader(json, path, "pre_tokenizer");
    const std::string type = reader.text("type", "");
    const char* const members = "pretokenizers";
    if (type == "Sequence" && depth < kDeepestSequence && json.contains(members) && json[members].is_array()) {
        for (const nlohmann::json& member : json[members]) {
            if (Result<void> added = add(member, path, depth + 1); !added)
                return added;
        }
        return reader.check();
    }
    if (type == "Split") {
        constexpr std::pair<std::string_view, Behavior> kBehaviors[] = {
            {"Removed", Behavior::Removed},
            {"Isolated", Behavior::Isolated},
            {"MergedWithPrevious", Behavior::MergedWithPrevious},
            {"MergedWithNext", Behavior::MergedWithNext},
            {"Contiguous", Behavior::Contiguous},
        };
        io::ConfigReader pattern = reader.object("pattern");
        const std::string literal = pattern.text("String", "");
        const std::string behavior = reader.text("behavior", "");
        const bool invert = reader.boolean("invert", false);
        reader.absorb(pattern);
        for (const auto& [name, value] : kBehaviors) {
            if (name == behavior && !literal.empty()) {
                m_steps.emplace_back(SplitOnText{literal, value, invert});
                return reader.check();
            }
        }
    } else if (type == "WhitespaceSplit") {
        m_steps.emplace_back(SplitOnWhiteSpace{});
        return reader.check();
    } else if (type == "Digits") {
        m_steps.emplace_back(SplitDigits{reader.boolean("individual_digits", false)});
        return reader.check();
    } else if (type == "Metaspace") {
        const std::string replacement = reader.text("replacement", "\u2581");
        // Files from before version 0.15 of the library say add_prefix_space only.
        const std::string scheme =
            reader.text("prepend_scheme", reader.boolean("add_prefix_space", true) ? "always" : "never");
        const bool split = reader.boolean("split", true);
        if (!replacement.empty() && (scheme == "always" || scheme == "first" || scheme == "never")) {
            const Prepend prepend = scheme == "always"  ? Prepend::Always
                                    : scheme == "first" ? Prepend::First
                                                        : Prepend::Never;
            m_steps.emplace_back(Metaspace{replacement, prepend, split});
            return reader.check();
        }
    } else if (type == "ByteLevel") {
        const bool addsPrefixSpace = reader.boolean("add_prefix_space", true);
        m_steps.emplace_back(ByteLevel{addsPrefixSpace, reader.boolean("use_regex", true)});
        return reader.check();
    }
    if (Result<void> read = reader.check(); !read)
        return read;
    return fail(
        ErrorCode::FileRead,
        fmt::format("the tokenizer's pre_tokenizer {} is of a kind that this program does not know; use a Gemma, T5 or "
                    "nanoVLM tokenizer: {}",
                    type.empty() ? "without a type" : "\"" + type + "\"", path));
}

std::vector<Word> PreTokenizer::split(Word word) const
{
    std::vector<Word> words;
    words.push_back(std::move(word));
    for (const Step& step : m_steps) {
        std::vector<Word> cut;
        for (Word& whole : words)
            std::visit(Splitter{std::move(whole), cut}, step);
        words = std::move(cut);
    }
    return words;
}

}  // namespace armillary::text
