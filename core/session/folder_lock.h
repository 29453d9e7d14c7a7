// One writer at a time in a session's folder, across processes: flock on its file .lock, which the system lets go of when a
// process dies. On file systems without locks everybody may write; run names keep them apart there.
// Thread rule: made and destroyed on one thread.
#pragma once

#include "base/error.h"

#include <string>

namespace armillary::session {

class FolderLock {
public:
    // Waits while another process holds it, then removes what killed writers left half written. Errors: FileWrite (the folder cannot be written to).
    [[nodiscard]] static Result<FolderLock> take(const std::string& folder);
    ~FolderLock();
    FolderLock(FolderLock&& other) noexcept : m_descriptor(other.m_descriptor) { other.m_descriptor = -1; }
    FolderLock& operator=(FolderLock&&) = delete;
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

private:
    explicit FolderLock(int descriptor) : m_descriptor(descriptor) {}

    int m_descriptor;
};

}  // namespace armillary::session
