#include "io/picture_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <optional>
#include <string_view>

namespace armillary::io {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kPngSignatureBytes = 8;
constexpr std::size_t kChunkFrameBytes = 12;  // length, type, CRC

struct PixelSize {
    std::int64_t height = 0;
    std::int64_t width = 0;
};

bool startsWith(Bytes bytes, std::string_view start, std::size_t at = 0)
{
    return bytes.size() >= at + start.size() && std::memcmp(bytes.data() + at, start.data(), start.size()) == 0;
}

std::uint32_t bigEndian32(Bytes bytes, std::size_t at)
{
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 |
           bytes[at + 3];
}

std::uint32_t littleEndian32(Bytes bytes, std::size_t at)
{
    return std::uint32_t{bytes[at + 3]} << 24 | std::uint32_t{bytes[at + 2]} << 16 | std::uint32_t{bytes[at + 1]} << 8 |
           bytes[at];
}

std::int64_t bigEndian16(Bytes bytes, std::size_t at)
{
    return bytes[at] << 8 | bytes[at + 1];
}

tl::unexpected<Error> broken(const std::string& fault, const std::string& path)
{
    return fail(ErrorCode::FileRead, fmt::format("{}: {}", fault, path));
}

Result<void> checkSize(const PixelSize& size, const std::string& path)
{
    if (size.height <= 0 || size.width <= 0)
        return broken("the picture has no pixels", path);
    if (size.height > kMaxPicturePixels / size.width)
        return broken(fmt::format("the picture claims {} x {} pixels where at most {} are read; make it smaller",
                                  size.width, size.height, kMaxPicturePixels),
                      path);
    return {};
}

Result<void> checkLength(std::uint64_t needed, Bytes bytes, const char* format, const std::string& path)
{
    if (bytes.size() < needed)
        return broken(fmt::format("the {} breaks off, {} bytes are missing; fetch it again", format,
                                  needed - bytes.size()),
                      path);
    return {};
}

// CRC-32 of ISO 3309, as PNG uses it.
std::uint32_t crc32(Bytes bytes)
{
    static const std::array<std::uint32_t, 256> table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t i = 0; i < entries.size(); ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit)
                value = (value & 1) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
            entries[i] = value;
        }
        return entries;
    }();
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const std::uint8_t byte : bytes)
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8);
    return ~crc;
}

bool isCritical(std::string_view chunkType)
{
    return std::isupper(static_cast<unsigned char>(chunkType.front())) != 0;
}

Result<void> checkPng(Bytes bytes, const std::string& path)
{
    std::size_t at = kPngSignatureBytes;
    bool isFirst = true;
    bool hasData = false;
    while (true) {
        if (bytes.size() - at < kChunkFrameBytes)
            return broken("the PNG breaks off before its end; fetch it again", path);
        const std::size_t length = bigEndian32(bytes, at);
        const std::string_view type(reinterpret_cast<const char*>(bytes.data() + at + 4), 4);
        if (length > bytes.size() - at - kChunkFrameBytes)
            return broken(fmt::format("the PNG breaks off inside a chunk, {} bytes of it are missing; fetch it again",
                                      length - (bytes.size() - at - kChunkFrameBytes)),
                          path);
        if (isCritical(type) && crc32(bytes.subspan(at + 4, 4 + length)) != bigEndian32(bytes, at + 8 + length))
            return broken("the PNG is damaged (a checksum does not match); fetch it again", path);
        if (isFirst && (type != "IHDR" || length < 13))
            return broken("the PNG has no header; it is damaged", path);
        if (isFirst) {
            if (Result<void> sound = checkSize({bigEndian32(bytes, at + 12), bigEndian32(bytes, at + 8)}, path); !sound)
                return sound;
        }
        isFirst = false;
        hasData = hasData || type == "IDAT";
        at += kChunkFrameBytes + length;
        if (type == "IEND")
            break;
    }
    if (!hasData)
        return broken("the PNG has no pixel data; it is damaged", path);
    return {};
}

// Start of frame markers: C0..CF but for DHT (C4), JPG (C8) and DAC (CC).
bool isStartOfFrame(std::uint8_t marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// Markers that stand alone: TEM, RST0..RST7, SOI, EOI.
bool hasNoSegment(std::uint8_t marker)
{
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD9);
}

// The offset of the first marker in entropy-coded data from `at`: an FF that is neither stuffed (FF00) nor a restart.
std::size_t endOfScan(Bytes bytes, std::size_t at)
{
    for (; at + 1 < bytes.size(); ++at)
        if (bytes[at] == 0xFF && bytes[at + 1] != 0x00 && bytes[at + 1] != 0xFF &&
            !(bytes[at + 1] >= 0xD0 && bytes[at + 1] <= 0xD7))
            return at;
    return bytes.size();
}

Result<void> checkJpeg(Bytes bytes, const std::string& path)
{
    constexpr std::uint8_t kEndOfImage = 0xD9;
    constexpr std::uint8_t kStartOfScan = 0xDA;
    const auto cutOff = [&] { return broken("the JPEG breaks off before its end mark; fetch it again", path); };
    bool hasFrame = false;
    bool hasScan = false;
    std::size_t at = 2;
    while (true) {
        if (at + 1 >= bytes.size())
            return cutOff();
        if (bytes[at] != 0xFF)
            return broken("the JPEG is damaged (no marker where one must stand); fetch it again", path);
        const std::uint8_t marker = bytes[at + 1];
        if (marker == 0xFF) {  // fill byte
            ++at;
            continue;
        }
        at += 2;
        if (marker == kEndOfImage)
            break;
        if (hasNoSegment(marker))
            continue;
        if (at + 2 > bytes.size())
            return cutOff();
        const auto length = static_cast<std::size_t>(bigEndian16(bytes, at));
        if (length < 2 || at + length > bytes.size())
            return cutOff();
        if (isStartOfFrame(marker)) {
            if (length < 8)
                return broken("the JPEG is damaged (its frame header is too short); fetch it again", path);
            hasFrame = true;
            if (Result<void> sound = checkSize({bigEndian16(bytes, at + 3), bigEndian16(bytes, at + 5)}, path); !sound)
                return sound;
        }
        at += length;
        if (marker == kStartOfScan) {
            hasScan = true;
            at = endOfScan(bytes, at);
        }
    }
    if (!hasFrame || !hasScan)
        return broken("the JPEG has no pixel data; it is damaged", path);
    return {};
}

Result<void> checkBmp(Bytes bytes, const std::string& path)
{
    constexpr std::size_t kHeaderBytes = 26;
    if (bytes.size() < kHeaderBytes)
        return broken("the BMP breaks off inside its header; fetch it again", path);
    const bool isOs2 = littleEndian32(bytes, 14) == 12;
    PixelSize size;
    if (isOs2) {
        size = {bytes[20] | bytes[21] << 8, bytes[18] | bytes[19] << 8};
    } else {
        size = {static_cast<std::int32_t>(littleEndian32(bytes, 22)),
                static_cast<std::int32_t>(littleEndian32(bytes, 18))};
        size.height = std::abs(size.height);  // negative: rows run from the top
    }
    if (Result<void> sound = checkSize(size, path); !sound)
        return sound;
    constexpr std::size_t kWithCompression = 34;
    const bool isPlain = isOs2 || (bytes.size() >= kWithCompression &&
                                   (littleEndian32(bytes, 30) == 0 || littleEndian32(bytes, 30) == 3));
    const std::uint64_t bitsPerPixel = isOs2 ? bytes[24] : bytes.size() > 28 ? bytes[28] : 0;
    const std::uint64_t rowBytes = (bitsPerPixel * static_cast<std::uint64_t>(size.width) + 31) / 32 * 4;
    return isPlain ? checkLength(littleEndian32(bytes, 10) + rowBytes * static_cast<std::uint64_t>(size.height), bytes,
                                 "BMP", path)
                   : Result<void>();
}

Result<void> checkWebP(Bytes bytes, const std::string& path)
{
    constexpr std::size_t kRiffHeaderBytes = 8;
    return checkLength(kRiffHeaderBytes + std::uint64_t{littleEndian32(bytes, 4)}, bytes, "WebP", path);
}

// The orientation entry of the first directory of an EXIF block (a TIFF header of either byte order); 1 when there is
// none.
int exifOrientation(Bytes exif)
{
    constexpr std::size_t kHeaderBytes = 8;
    constexpr std::size_t kEntryBytes = 12;
    constexpr int kOrientationTag = 0x0112;
    if (startsWith(exif, std::string_view("Exif\0\0", 6)))
        exif = exif.subspan(6);
    const bool isLittle = startsWith(exif, "II");
    if (exif.size() < kHeaderBytes || (!isLittle && !startsWith(exif, "MM")))
        return 1;
    const auto short16 = [&](std::size_t at) {
        return isLittle ? exif[at] | exif[at + 1] << 8 : exif[at] << 8 | exif[at + 1];
    };
    const std::size_t directory = isLittle ? littleEndian32(exif, 4) : bigEndian32(exif, 4);
    if (directory > exif.size() || exif.size() - directory < 2)
        return 1;
    const int count = short16(directory);
    for (int i = 0; i < count; ++i) {
        const std::size_t at = directory + 2 + static_cast<std::size_t>(i) * kEntryBytes;
        if (at + kEntryBytes > exif.size())
            return 1;
        if (short16(at) == kOrientationTag)
            return std::clamp(short16(at + 8), 1, 8);
    }
    return 1;
}

bool isPnm(Bytes bytes)
{
    return bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' && std::isspace(bytes[2]) != 0;
}

// The next number of a PNM header from `at` on, past blanks and comments.
std::optional<std::int64_t> nextPnmNumber(Bytes bytes, std::size_t& at)
{
    while (at < bytes.size() && (std::isspace(bytes[at]) != 0 || bytes[at] == '#')) {
        if (bytes[at] == '#')
            while (at < bytes.size() && bytes[at] != '\n')
                ++at;
        else
            ++at;
    }
    std::int64_t number = 0;
    const std::size_t start = at;
    for (; at < bytes.size() && std::isdigit(bytes[at]) != 0; ++at)
        number = std::min<std::int64_t>(number * 10 + (bytes[at] - '0'), INT32_MAX);
    return at == start ? std::nullopt : std::optional(number);
}

Result<void> checkPnm(Bytes bytes, const std::string& path)
{
    std::size_t at = 2;
    const std::optional<std::int64_t> width = nextPnmNumber(bytes, at);
    const std::optional<std::int64_t> height = nextPnmNumber(bytes, at);
    if (!width || !height)
        return broken("the picture breaks off inside its header; fetch it again", path);
    if (Result<void> sound = checkSize({*height, *width}, path); !sound)
        return sound;
    const auto pixels = static_cast<std::uint64_t>(*height * *width);
    if (bytes[1] < '5')  // digits as text, or bits
        return {};
    const std::optional<std::int64_t> brightest = nextPnmNumber(bytes, at);
    if (!brightest)
        return broken("the picture breaks off inside its header; fetch it again", path);
    const std::uint64_t channels = bytes[1] == '6' ? 3 : 1;
    const std::uint64_t pixelBytes = channels * (*brightest > 255 ? 2 : 1);
    return checkLength(at + 1 + pixels * pixelBytes, bytes, "PNM", path);
}

bool isIsoMediaPicture(Bytes bytes)
{
    if (!startsWith(bytes, "ftyp", 4))
        return false;
    constexpr std::array kBrands{"avif", "avis", "heic", "heix", "mif1", "msf1"};
    return std::ranges::any_of(kBrands, [&](const char* brand) { return startsWith(bytes, brand, 8); });
}

}  // namespace

PictureFormat pictureFormat(std::span<const std::uint8_t> bytes)
{
    using namespace std::string_view_literals;
    if (startsWith(bytes, "\x89PNG\r\n\x1A\n"sv))
        return PictureFormat::Png;
    if (startsWith(bytes, "\xFF\xD8\xFF"sv))
        return PictureFormat::Jpeg;
    if (startsWith(bytes, "BM"sv) && bytes.size() > 18 &&
        (littleEndian32(bytes, 14) == 12 || littleEndian32(bytes, 14) >= 40) && littleEndian32(bytes, 14) <= 124)
        return PictureFormat::Bmp;
    if (startsWith(bytes, "RIFF"sv) && startsWith(bytes, "WEBP"sv, 8))
        return PictureFormat::WebP;
    if (startsWith(bytes, "II*\0"sv) || startsWith(bytes, "MM\0*"sv))
        return PictureFormat::Tiff;
    if (isPnm(bytes))
        return PictureFormat::Pnm;
    if (startsWith(bytes, "GIF8"sv) || startsWith(bytes, "\0\0\0\x0CjP  "sv) ||
        startsWith(bytes, "\xFF\x4F\xFF\x51"sv) || startsWith(bytes, "8BPS"sv) || isIsoMediaPicture(bytes))
        return PictureFormat::Other;
    return PictureFormat::None;
}

Result<void> checkPicture(std::span<const std::uint8_t> bytes, const std::string& path)
{
    if (bytes.empty())
        return broken("the file is empty where a picture is expected", path);
    switch (pictureFormat(bytes)) {
    case PictureFormat::Png: return checkPng(bytes, path);
    case PictureFormat::Jpeg: return checkJpeg(bytes, path);
    case PictureFormat::Bmp: return checkBmp(bytes, path);
    case PictureFormat::WebP: return checkWebP(bytes, path);
    case PictureFormat::Pnm: return checkPnm(bytes, path);
    case PictureFormat::Tiff: return {};
    case PictureFormat::Other: return broken("this picture format is not read; save the picture as PNG or JPEG", path);
    case PictureFormat::None: break;
    }
    return broken("this is not a picture (PNG, JPEG, WebP, BMP, TIFF or PNM)", path);
}

int webpOrientation(std::span<const std::uint8_t> bytes)
{
    constexpr std::size_t kChunkHeaderBytes = 8;
    std::size_t at = 12;
    while (at + kChunkHeaderBytes <= bytes.size()) {
        const std::size_t length = littleEndian32(bytes, at + 4);
        if (length > bytes.size() - at - kChunkHeaderBytes)
            break;
        if (startsWith(bytes, "EXIF", at))
            return exifOrientation(bytes.subspan(at + kChunkHeaderBytes, length));
        at += kChunkHeaderBytes + length + length % 2;
    }
    return 1;
}

std::vector<std::uint8_t> essentialPng(std::span<const std::uint8_t> bytes)
{
    std::vector<std::uint8_t> out(bytes.begin(), bytes.begin() + kPngSignatureBytes);
    out.reserve(bytes.size());
    std::size_t at = kPngSignatureBytes;
    while (bytes.size() - at >= kChunkFrameBytes) {
        const std::size_t whole = kChunkFrameBytes + bigEndian32(bytes, at);
        const std::string_view type(reinterpret_cast<const char*>(bytes.data() + at + 4), 4);
        if (isCritical(type) || type == "eXIf")
            out.insert(out.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       bytes.begin() + static_cast<std::ptrdiff_t>(at + whole));
        at += whole;
        if (type == "IEND")
            break;
    }
    return out;
}

}  // namespace armillary::io
