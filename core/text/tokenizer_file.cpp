#include "text/tokenizer_file.h"

#include "io/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace armillary::text {
namespace {

using Json = nlohmann::json;

// Deeper nesting is in no tokenizer; a limit keeps a hostile file from growing the value tree without end.
constexpr std::size_t kDeepest = 64;
// Ids are 32-bit numbers in the reference.
constexpr double kLargestId = 4294967295.0;

// The events of nlohmann's parser: values below model.vocab and model.merges go into the file's lists, all others into its tree.
class TokenizerHandler {
public:
    explicit TokenizerHandler(TokenizerFile& file) : m_file(file) {}

    [[nodiscard]] const std::string& problem() const { return m_problem; }

    // NOLINTBEGIN(readability-identifier-naming): the parser asks for these names.
    bool null() { return value(nullptr, 0, false); }
    bool boolean(bool flag) { return value(flag, 0, false); }
    bool number_integer(Json::number_integer_t number) { return value(number, static_cast<double>(number), true); }
    bool number_unsigned(Json::number_unsigned_t number) { return value(number, static_cast<double>(number), true); }
    bool number_float(Json::number_float_t number, const std::string&) { return value(number, number, true); }
    bool binary(Json::binary_t&) { return refuse("it holds binary data"); }

    bool string(std::string& text)
    {
        switch (m_list) {
        case List::None: place(Json(std::move(text))); return true;
        case List::Pieces: return refuse(fmt::format("the id of piece \"{}\" in model.vocab is not a number", m_piece));
        case List::ScoredPieces:
            if (m_listDepth != 2 || m_fields != 0)
                return refuse("model.vocab is not a list of [piece, score]");
            m_piece = std::move(text);
            m_fields = 1;
            return true;
        case List::Merges: return mergePart(text);
        }
        return false;
    }

    bool start_object(std::size_t)
    {
        if (m_list != List::None)
            return refuse("an entry of model.vocab or model.merges is an object");
        if (m_path.size() == 2 && m_path[0] == "model" && m_path[1] == "vocab") {
            place(Json());
            m_file.hasVocabulary = true;
            m_list = List::Pieces;
            return true;
        }
        return open(Json::object());
    }

    bool key(std::string& name)
    {
        if (m_list == List::Pieces)
            m_piece = std::move(name);
        else
            m_path.back() = std::move(name);
        return true;
    }

    bool end_object()
    {
        if (m_list == List::Pieces)
            m_list = List::None;
        else
            close();
        return true;
    }

    bool start_array(std::size_t)
    {
        if (m_list == List::Pieces)
            return refuse(fmt::format("the id of piece \"{}\" in model.vocab is a list", m_piece));
        if (m_list != List::None) {
            if (++m_listDepth > 2)
                return refuse("an entry of model.vocab or model.merges is nested too deep");
            m_fields = 0;
            return true;
        }
        if (m_path.size() == 2 && m_path[0] == "model" && (m_path[1] == "vocab" || m_path[1] == "merges")) {
            m_list = m_path[1] == "vocab" ? List::ScoredPieces : List::Merges;
            m_file.hasVocabulary |= m_list == List::ScoredPieces;
            m_listDepth = 1;
            place(Json());
            return true;
        }
        return open(Json::array());
    }

    bool end_array()
    {
        if (m_list == List::None) {
            close();
            return true;
        }
        if (m_listDepth == 2 && m_fields != 2)
            return refuse(m_list == List::Merges ? "an entry of model.merges is not a pair of pieces"
                                                 : "model.vocab is not a list of [piece, score]");
        if (--m_listDepth == 0)
            m_list = List::None;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&)
    {
        m_position = position;
        return false;
    }

    // NOLINTEND(readability-identifier-naming)

    [[nodiscard]] std::size_t position() const { return m_position; }

private:
    enum class List { None, Pieces, ScoredPieces, Merges };

    bool refuse(std::string problem)
    {
        m_problem = std::move(problem);
        return false;
    }

    template <class Value>
    bool value(Value given, double number, bool isNumber)
    {
        switch (m_list) {
        case List::None: place(Json(given)); return true;
        case List::Pieces:
            if (!isNumber || number != std::floor(number) || std::abs(number) > kLargestId)
                return refuse(fmt::format("the id of piece \"{}\" in model.vocab is not a whole number", m_piece));
            m_file.vocabulary.emplace_back(std::move(m_piece), static_cast<std::int64_t>(number));
            return true;
        case List::ScoredPieces:
            if (!isNumber || m_listDepth != 2 || m_fields != 1)
                return refuse("model.vocab is not a list of [piece, score]");
            m_file.scoredVocabulary.emplace_back(std::move(m_piece), number);
            m_fields = 2;
            return true;
        case List::Merges: return refuse("an entry of model.merges is not a pair of pieces");
        }
        return false;
    }

    // A merge is "left right", or since version 0.20 of the library ["left", "right"].
    bool mergePart(std::string& text)
    {
        if (m_listDepth == 1) {
            const std::size_t space = text.find(' ');
            if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
                return refuse(
                    fmt::format("merge {} of model.merges, \"{}\", is not two pieces", m_file.merges.size(), text));
            m_file.merges.emplace_back(text.substr(0, space), text.substr(space + 1));
            return true;
        }
        if (++m_fields > 2)
            return refuse(fmt::format("merge {} of model.merges has more than two pieces", m_file.merges.size() - 1));
        if (m_fields == 1)
            m_file.merges.emplace_back(std::move(text), std::string());
        else
            m_file.merges.back().second = std::move(text);
        return true;
    }

    Json* place(Json made)
    {
        if (m_open.empty()) {
            m_file.settings = std::move(made);
            return &m_file.settings;
        }
        Json& parent = *m_open.back();
        if (parent.is_array()) {
            parent.push_back(std::move(made));
            return &parent.back();
        }
        Json& member = parent[m_path.back()];
        member = std::move(made);
        return &member;
    }

    bool open(Json made)
    {
        if (m_open.size() >= kDeepest)
            return refuse("it is nested too deep");
        m_open.push_back(place(std::move(made)));
        m_path.emplace_back();
        return true;
    }

    void close()
    {
        m_open.pop_back();
        m_path.pop_back();
    }

    TokenizerFile& m_file;
    std::vector<Json*> m_open;        // the objects and arrays around the next value
    std::vector<std::string> m_path;  // of each of them the key of that value; empty in arrays
    List m_list = List::None;
    int m_listDepth = 0;  // 1 inside model.vocab or model.merges, 2 inside an entry
    int m_fields = 0;     // of the entry so far
    std::string m_piece;
    std::string m_problem;
    std::size_t m_position = 0;
};

}  // namespace

Result<TokenizerFile> readTokenizerFile(const std::string& path)
{
    const Result<std::string> text = io::readTextFile(path);
    if (!text)
        return tl::unexpected(text.error());
    TokenizerFile file;
    file.path = path;
    TokenizerHandler handler(file);
    if (!Json::sax_parse(*text, &handler)) {
        if (!handler.problem().empty())
            return fail(ErrorCode::FileRead,
                        fmt::format("the tokenizer cannot be used because {}; fetch the file again: {}",
                                    handler.problem(), path));
        const auto end = text->begin() + static_cast<std::ptrdiff_t>(std::min(handler.position(), text->size()));
        return fail(ErrorCode::FileRead,
                    fmt::format("the tokenizer is not valid JSON at line {} (byte {} of {}); fetch the file again: {}",
                                1 + std::count(text->begin(), end, '\n'), handler.position(), text->size(), path));
    }
    return file;
}

}  // namespace armillary::text
