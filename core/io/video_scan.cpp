#include "io/video_scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <string_view>

namespace armillary::io {
namespace {

using Bytes = std::span<const std::uint8_t>;
using namespace std::string_view_literals;

constexpr auto kMatroskaStart = "\x1A\x45\xDF\xA3"sv;  // WebM too

bool hasAt(Bytes bytes, std::size_t at, std::string_view text)
{
    return bytes.size() >= at + text.size() && std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

bool isIsoMedia(Bytes bytes)
{
    constexpr std::array kBoxes{"ftyp"sv, "moov"sv, "mdat"sv, "free"sv, "skip"sv, "wide"sv, "pnot"sv};
    return std::any_of(kBoxes.begin(), kBoxes.end(), [&](std::string_view box) { return hasAt(bytes, 4, box); });
}

constexpr std::size_t kPacketBytes = 188;  // of an MPEG transport stream

bool isTransportStream(Bytes bytes)
{
    constexpr std::uint8_t kSync = 0x47;
    if (bytes.size() <= 2 * kPacketBytes)
        return false;
    return bytes[0] == kSync && bytes[kPacketBytes] == kSync && bytes[2 * kPacketBytes] == kSync;
}

std::uint64_t bigEndian(const std::uint8_t* at, int byteCount)
{
    std::uint64_t value = 0;
    for (int i = 0; i < byteCount; ++i)
        value = value << 8 | at[i];
    return value;
}

// Top-level boxes: a 32-bit length and a name; length 1 means that 64 bits follow, 0 that the box runs to the end.
std::uint64_t missingBytesOfIsoMedia(std::ifstream& file, std::uint64_t fileBytes)
{
    constexpr std::uint64_t kShortHeader = 8;
    constexpr std::uint64_t kLongHeader = 16;
    std::uint64_t at = 0;
    while (at < fileBytes) {
        std::array<std::uint8_t, kLongHeader> head{};
        file.clear();
        file.seekg(static_cast<std::streamoff>(at));
        file.read(reinterpret_cast<char*>(head.data()), head.size());
        if (fileBytes - at < kShortHeader)
            return kShortHeader - (fileBytes - at);
        std::uint64_t length = bigEndian(head.data(), 4);
        if (length == 0)
            return 0;
        if (length == 1) {
            if (fileBytes - at < kLongHeader)
                return kLongHeader - (fileBytes - at);
            length = bigEndian(head.data() + kShortHeader, 8);
        }
        if (length < kShortHeader)  // no box begins here; what follows is padding or damage, not a cut
            return 0;
        if (length > fileBytes - at)
            return length - (fileBytes - at);
        at += length;
    }
    return 0;
}

// A Matroska number: the leading zero bits of its first byte say how many bytes follow; all ones means "unknown".
std::optional<std::uint64_t> matroskaSize(Bytes bytes, std::size_t& at)
{
    if (at >= bytes.size() || bytes[at] == 0)
        return std::nullopt;
    const int length = std::countl_zero(bytes[at]) + 1;
    if (at + static_cast<std::size_t>(length) > bytes.size())
        return std::nullopt;
    const std::uint64_t mask = (std::uint64_t{1} << (7 * length)) - 1;
    const std::uint64_t value = bigEndian(bytes.data() + at, length) & mask;
    at += static_cast<std::size_t>(length);
    return value == mask ? std::nullopt : std::optional(value);
}

// The EBML head and the segment after it; writers that stream leave the segment's size unknown.
std::optional<std::uint64_t> missingBytesOfMatroska(Bytes head, std::uint64_t fileBytes)
{
    constexpr auto kSegment = "\x18\x53\x80\x67"sv;
    std::size_t at = 4;
    const std::optional<std::uint64_t> headSize = matroskaSize(head, at);
    if (!headSize || *headSize > head.size() - at)
        return std::nullopt;
    at += *headSize;
    if (!hasAt(head, at, kSegment))
        return std::nullopt;
    at += kSegment.size();
    const std::optional<std::uint64_t> segmentSize = matroskaSize(head, at);
    if (!segmentSize)
        return std::nullopt;
    const std::uint64_t needed = at + *segmentSize;
    return needed > fileBytes ? needed - fileBytes : 0;
}

}  // namespace

bool isVideoContainer(std::span<const std::uint8_t> firstBytes)
{
    constexpr std::array kStarts{kMatroskaStart,
                                 "\x00\x00\x01\xBA"sv,  // MPEG program stream
                                 "\x00\x00\x01\xB3"sv,  // MPEG video
                                 "\x30\x26\xB2\x75"sv,  // ASF, WMV
                                 "FLV\x01"sv,          "OggS"sv, "YUV4MPEG2"sv, "DKIF"sv, "GIF87a"sv, "GIF89a"sv};
    for (const std::string_view start : kStarts)
        if (hasAt(firstBytes, 0, start))
            return true;
    return (hasAt(firstBytes, 0, "RIFF"sv) && hasAt(firstBytes, 8, "AVI "sv)) || isIsoMedia(firstBytes) ||
           isTransportStream(firstBytes);
}

std::optional<std::uint64_t> missingBytesOfVideo(const std::string& path)
{
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file)
        return std::nullopt;
    const auto fileBytes = static_cast<std::uint64_t>(file.tellg());
    std::array<std::uint8_t, 1024> block{};
    file.seekg(0);
    file.read(reinterpret_cast<char*>(block.data()), block.size());
    const Bytes head(block.data(), static_cast<std::size_t>(file.gcount()));
    if (isIsoMedia(head))
        return missingBytesOfIsoMedia(file, fileBytes);
    if (hasAt(head, 0, "RIFF"sv) && head.size() >= 8) {
        const std::uint64_t needed = 8 + (std::uint64_t{head[4]} | std::uint64_t{head[5]} << 8 |
                                          std::uint64_t{head[6]} << 16 | std::uint64_t{head[7]} << 24);
        return needed > fileBytes ? needed - fileBytes : 0;
    }
    if (hasAt(head, 0, kMatroskaStart))
        return missingBytesOfMatroska(head, fileBytes);
    if (isTransportStream(head))
        return (kPacketBytes - fileBytes % kPacketBytes) % kPacketBytes;
    return std::nullopt;
}

}  // namespace armillary::io
