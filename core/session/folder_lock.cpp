#include "session/folder_lock.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

namespace armillary::session {
namespace {

namespace fs = std::filesystem;

// "name.PID-N.part", as writeFileAtomically names what is not whole yet.
void sweep(const std::string& folder)
{
    std::error_code problem, ignored;
    for (fs::directory_iterator it(folder, problem), end; !problem && it != end; it.increment(problem)) {
        if (it->path().extension() == ".part")
            fs::remove(it->path(), ignored);
    }
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::string& folder)
{
    const int descriptor = ::open((folder + "/.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return fail(ErrorCode::FileWrite,
                    fmt::format("cannot write to the session ({}): {}", std::strerror(errno), folder));
    FolderLock lock(descriptor);
    int result = 0;
    do
        result = ::flock(descriptor, LOCK_EX);
    while (result != 0 && errno == EINTR);
    if (result == 0) {
        for (const char* part : {"", "/runs", "/media", "/analyses"})
            sweep(folder + part);
    }
    return lock;
}

FolderLock::~FolderLock()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

}  // namespace armillary::session
