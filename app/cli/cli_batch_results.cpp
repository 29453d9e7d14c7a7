#include "cli_batch_results.h"

#include "io/atomic_file.h"
#include "io/json_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace armillary::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kSuffix = ".jsonl";

bool isSuccess(const json& result)
{
    return result.is_object() && result.contains("id") && result["id"].is_string() && !result.contains("error");
}

bool isFileName(const std::string& id)
{
    constexpr std::size_t kMost = 200;
    return !id.empty() && id.size() <= kMost && id[0] != '.' &&
           id.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
}

tl::unexpected<Error> failWriting(const std::string& path)
{
    return fail(ErrorCode::FileWrite, fmt::format("cannot write the results ({}): {}", std::strerror(errno), path));
}

// Reads lines piece by piece: results of weeks may be larger than memory. Gives how many bytes are whole lines.
Result<std::uint64_t> readLines(const std::string& path, std::set<std::string>& finished)
{
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr)
        return fail(ErrorCode::FileRead, fmt::format("cannot read the results ({}): {}", std::strerror(errno), path));
    std::uint64_t whole = 0;
    char* line = nullptr;
    std::size_t room = 0;
    while (true) {
        const ssize_t length = ::getline(&line, &room, file);
        if (length <= 0 || line[length - 1] != '\n')
            break;
        whole += static_cast<std::uint64_t>(length);
        const json result = json::parse(line, line + length, nullptr, false);
        if (isSuccess(result))
            finished.insert(result["id"].get<std::string>());
    }
    std::free(line);
    std::fclose(file);
    return whole;
}

}  // namespace

Result<BatchResults> BatchResults::open(const std::string& path, const Shard& shard)
{
    BatchResults out;
    std::error_code problem;
    out.m_isFolder = !path.ends_with(kSuffix);
    out.m_path = path;
    if (out.m_isFolder) {
        fs::create_directories(path, problem);
        if (problem)
            return fail(ErrorCode::FileWrite,
                        fmt::format("cannot make the folder of the results ({}): {}", problem.message(), path));
        return out;
    }
    if (shard.count > 1)
        out.m_path = fmt::format("{}.{}-of-{}{}", path.substr(0, path.size() - std::strlen(kSuffix)), shard.index,
                                 shard.count, kSuffix);
    if (!fs::exists(out.m_path, problem))
        return out;
    const auto whole = readLines(out.m_path, out.m_finished);
    if (!whole)
        return tl::unexpected(whole.error());
    if (*whole < fs::file_size(out.m_path, problem) && ::truncate(out.m_path.c_str(), static_cast<off_t>(*whole)) != 0)
        return failWriting(out.m_path);
    return out;
}

bool BatchResults::isFinished(const std::string& id) const
{
    if (!m_isFolder)
        return m_finished.contains(id);
    std::error_code problem;
    const std::string path = m_path + "/" + id + ".json";
    if (!isFileName(id) || !fs::exists(path, problem))
        return false;
    const auto result = io::readJsonFile(path);
    return result && isSuccess(*result);
}

std::string BatchResults::problemWith(const std::string& id) const
{
    if (!m_isFolder || isFileName(id))
        return {};
    return fmt::format("the id '{}' cannot be a file's name; use letters, digits, - and _, or give --out a .jsonl file",
                       id);
}

Result<void> BatchResults::add(const std::string& id, const json& result) const
{
    const std::string text = result.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    if (m_isFolder) {
        if (const std::string problem = problemWith(id); !problem.empty())
            return fail(ErrorCode::InvalidInput, problem);
        return io::writeFileAtomically(m_path + "/" + id + ".json", text);
    }
    const int descriptor = ::open(m_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return failWriting(m_path);
    const off_t before = ::lseek(descriptor, 0, SEEK_END);
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t written = ::write(descriptor, text.data() + done, text.size() - done);
        if (written < 0 && errno != EINTR)
            break;
        done += written > 0 ? static_cast<std::size_t>(written) : 0;
    }
    const bool isWhole = done == text.size() && ::fsync(descriptor) == 0;
    const int errorNumber = errno;
    if (!isWhole && ::ftruncate(descriptor, before) != 0)
        errno = errorNumber;
    ::close(descriptor);
    errno = errorNumber;
    if (!isWhole)
        return failWriting(m_path);
    return {};
}

}  // namespace armillary::cli
