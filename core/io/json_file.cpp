#include "io/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace armillary::io {
namespace {

class Descriptor {
public:
    explicit Descriptor(int value) : m_value(value) {}
    ~Descriptor()
    {
        if (m_value >= 0)
            ::close(m_value);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return m_value; }

private:
    int m_value;
};

// "line 3, column 5: syntax error ..."; the library counts a line break as part of the next line, a reader does not.
std::string whereAndWhat(const nlohmann::json::parse_error& problem, const std::string& text)
{
    const std::size_t last = std::min(problem.byte == 0 ? 0 : problem.byte - 1, text.size());
    const auto lastAt = text.begin() + static_cast<std::ptrdiff_t>(last);
    const auto line = 1 + std::count(text.begin(), lastAt, '\n');
    const std::size_t lineStart = last == 0 ? std::string::npos : text.rfind('\n', last - 1);
    const std::size_t column = lineStart == std::string::npos ? last + 1 : last - lineStart;
    const std::string what = problem.what();
    const std::size_t place = what.find("column");
    const std::size_t reason = place == std::string::npos ? std::string::npos : what.find(": ", place);
    return fmt::format("line {}, column {}{}", line, column, reason == std::string::npos ? "" : what.substr(reason));
}

// A value as a reader of the message recognises it, cut when long.
std::string shown(const nlohmann::json& value)
{
    constexpr std::size_t kMost = 40;
    std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    if (text.size() > kMost)
        text = text.substr(0, kMost) + "...";
    return text;
}

const nlohmann::json& emptyObject()
{
    static const nlohmann::json value = nlohmann::json::object();
    return value;
}

}  // namespace

Result<std::string> readTextFile(const std::string& path, std::size_t limitBytes)
{
    // Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0)
        return fail(ErrorCode::FileRead, fmt::format("cannot open the file ({}): {}", std::strerror(errno), path));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
        return fail(ErrorCode::FileRead, fmt::format("this is not a regular file: {}", path));
    const auto sizeBytes = static_cast<std::size_t>(info.st_size);
    if (sizeBytes > limitBytes)
        return fail(ErrorCode::FileRead, fmt::format("the file has {} bytes where at most {} are expected: {}",
                                                     sizeBytes, limitBytes, path));
    std::string text(sizeBytes, '\0');
    std::size_t done = 0;
    while (done < sizeBytes) {
        const ssize_t got = ::read(file.get(), text.data() + done, sizeBytes - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(ErrorCode::FileRead, fmt::format("cannot read the file ({}): {}", std::strerror(errno), path));
        if (got == 0)
            break;
        done += static_cast<std::size_t>(got);
    }
    text.resize(done);
    return text;
}

Result<nlohmann::json> readJsonFile(const std::string& path)
{
    const Result<std::string> text = readTextFile(path);
    if (!text)
        return tl::unexpected(text.error());
    if (text->empty())
        return fail(ErrorCode::FileRead, fmt::format("the file is empty where JSON is expected: {}", path));
    try {
        return nlohmann::json::parse(*text);
    } catch (const nlohmann::json::parse_error& problem) {
        return fail(ErrorCode::FileRead,
                    fmt::format("this is not valid JSON, {}: {}", whereAndWhat(problem, *text), path));
    } catch (const nlohmann::json::exception&) {  // a number that no double holds
        return fail(ErrorCode::FileRead, fmt::format("the JSON holds a number out of range: {}", path));
    }
}

ConfigReader::ConfigReader(const nlohmann::json& object, std::string path, std::string where)
    : m_object(object), m_path(std::move(path)), m_where(std::move(where))
{
    if (!m_object.is_object()) {
        m_error = fmt::format("{} must be a JSON object but is {}: {}",
                              m_where.empty() ? "the content" : "\"" + m_where + "\"", shown(m_object), m_path);
        m_object = emptyObject();
    }
}

bool ConfigReader::has(const std::string& key) const
{
    const auto found = m_object.find(key);
    return found != m_object.end() && !found->is_null();
}

void ConfigReader::remember(const std::string& key, const std::string& expected)
{
    if (!m_error.empty())
        return;
    const std::string name = m_where.empty() ? key : m_where + "." + key;
    const auto found = m_object.find(key);
    const std::string got = found == m_object.end() ? "is missing" : "is " + shown(*found);
    m_error = fmt::format("\"{}\" must be {} but {}: {}", name, expected, got, m_path);
}

std::int64_t ConfigReader::integer(const std::string& key, std::int64_t fallback, std::int64_t least, std::int64_t most)
{
    if (!has(key))
        return fallback;
    const nlohmann::json& value = m_object[key];
    const bool isTooLarge =
        value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    if (value.is_number_integer() && !isTooLarge) {
        const auto number = value.get<std::int64_t>();
        if (number >= least && number <= most)
            return number;
    }
    std::string expected = "a whole number";
    if (least != INT64_MIN && most != INT64_MAX)
        expected += fmt::format(" from {} to {}", least, most);
    else if (least != INT64_MIN)
        expected += fmt::format(" of at least {}", least);
    else if (most != INT64_MAX)
        expected += fmt::format(" of at most {}", most);
    remember(key, expected);
    return fallback;
}

double ConfigReader::number(const std::string& key, double fallback)
{
    if (!has(key))
        return fallback;
    const nlohmann::json& value = m_object[key];
    if (value.is_number() && std::isfinite(value.get<double>()))
        return value.get<double>();
    remember(key, "a number");
    return fallback;
}

bool ConfigReader::boolean(const std::string& key, bool fallback)
{
    if (!has(key))
        return fallback;
    const nlohmann::json& value = m_object[key];
    if (value.is_boolean())
        return value.get<bool>();
    remember(key, "true or false");
    return fallback;
}

std::string ConfigReader::text(const std::string& key, const std::string& fallback)
{
    if (!has(key))
        return fallback;
    const nlohmann::json& value = m_object[key];
    if (value.is_string())
        return value.get<std::string>();
    remember(key, "a text");
    return fallback;
}

void ConfigReader::require(const std::string& key)
{
    if (!has(key))
        remember(key, "given");
}

ConfigReader ConfigReader::object(const std::string& key) const
{
    return {has(key) ? m_object.at(key) : emptyObject(), m_path, m_where.empty() ? key : m_where + "." + key};
}

void ConfigReader::absorb(const ConfigReader& nested)
{
    if (m_error.empty())
        m_error = nested.m_error;
}

Result<void> ConfigReader::check() const
{
    if (!m_error.empty())
        return fail(ErrorCode::FileRead, m_error);
    return {};
}

}  // namespace armillary::io
