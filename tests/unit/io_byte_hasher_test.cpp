#include "io/byte_hasher.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace armillary::io {
namespace {

std::uint64_t hashOf(const std::vector<std::uint8_t>& bytes)
{
    ByteHasher hasher;
    hasher.add(std::span<const std::uint8_t>(bytes));
    return hasher.value();
}

TEST(ByteHasher, TellsEveryChangedByteAndLengthApart)
{
    std::set<std::uint64_t> seen;
    for (std::size_t length = 0; length < 20; ++length)
        seen.insert(hashOf(std::vector<std::uint8_t>(length, 0)));
    for (std::size_t at = 0; at < 19; ++at) {
        std::vector<std::uint8_t> bytes(19, 0);
        bytes[at] = 1;
        seen.insert(hashOf(bytes));
    }
    EXPECT_EQ(seen.size(), 39U);
    EXPECT_EQ(hashOf({1, 2, 3}), hashOf({1, 2, 3}));
}

TEST(ByteHasher, DependsOnOrderAndOnWherePartsEnd)
{
    ByteHasher ab;
    ab.add(std::string("a"));
    ab.add(std::string("b"));
    ByteHasher ba;
    ba.add(std::string("b"));
    ba.add(std::string("a"));
    ByteHasher joined;
    joined.add(std::string("ab"));
    EXPECT_NE(ab.value(), ba.value());
    EXPECT_NE(ab.value(), joined.value());
}

}  // namespace
}  // namespace armillary::io
