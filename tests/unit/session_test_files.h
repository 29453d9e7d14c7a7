// Sessions on the disk and the bytes of their files, for tests.
#pragma once

#include "session/session.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

namespace armillary::test {

inline std::unique_ptr<session::Session> openedSession(const std::string& path)
{
    auto session = session::Session::open(path);
    EXPECT_TRUE(session) << session.error().message;
    return session ? std::move(*session) : nullptr;
}

inline std::string bytesOf(const std::string& path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace armillary::test
