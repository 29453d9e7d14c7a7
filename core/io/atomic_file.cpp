#include "io/atomic_file.h"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace armillary::io {
namespace {

tl::unexpected<Error> failWriting(const std::string& path, int errorNumber)
{
    const char* remedy = errorNumber == ENOSPC || errorNumber == EDQUOT ? "; free some space and try again" : "";
    return fail(ErrorCode::FileWrite,
                fmt::format("cannot write the file ({}{}): {}", std::strerror(errorNumber), remedy, path));
}

// 0, or the number of the error.
int writeAll(int descriptor, std::span<const std::uint8_t> bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return errno;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return 0;
}

// A rename survives a power cut only once its folder is on disk too. Some file systems refuse; the file itself is whole
// then.
void flushFolderOf(const std::string& path)
{
    std::string folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty())
        folder = ".";
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace

Result<void> writeFileAtomically(const std::string& path, const std::vector<std::span<const std::uint8_t>>& parts)
{
    static std::atomic<unsigned> counter{0};
    constexpr int kAttempts = 100;  // a name can be taken by what a killed process of the same number left behind
    std::string temporary;
    int descriptor = -1;
    for (int attempt = 0; attempt < kAttempts && descriptor < 0; ++attempt) {
        temporary = fmt::format("{}.{}-{}.part", path, ::getpid(), counter++);
        descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST)
            return failWriting(path, errno);
    }
    if (descriptor < 0)
        return failWriting(path, EEXIST);

    int errorNumber = 0;
    for (const auto& part : parts) {
        errorNumber = writeAll(descriptor, part);
        if (errorNumber != 0)
            break;
    }
    if (errorNumber == 0 && ::fsync(descriptor) != 0)
        errorNumber = errno;
    if (::close(descriptor) != 0 && errorNumber == 0)
        errorNumber = errno;
    if (errorNumber == 0 && std::rename(temporary.c_str(), path.c_str()) != 0)
        errorNumber = errno;
    if (errorNumber != 0) {
        ::unlink(temporary.c_str());
        return failWriting(path, errorNumber);
    }
    flushFolderOf(path);
    return {};
}

Result<void> writeFileAtomically(const std::string& path, std::string_view text)
{
    return writeFileAtomically(path, {std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())});
}

}  // namespace armillary::io
