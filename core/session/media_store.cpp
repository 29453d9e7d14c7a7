#include "session/media_store.h"

#include "io/byte_hasher.h"
#include "io/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace armillary::session {
namespace {

constexpr std::size_t kKeyDigits = 32;

bool isKey(const std::string& text)
{
    return text.size() == kKeyDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string contentKey(const Image& image)
{
    std::uint64_t halves[2] = {};
    for (std::size_t i = 0; i < 2; ++i) {
        io::ByteHasher hasher;
        hasher.add(static_cast<std::int64_t>(i));
        hasher.add(std::int64_t{image.height()});
        hasher.add(std::int64_t{image.width()});
        hasher.add(image.rgb());
        halves[i] = hasher.value();
    }
    return fmt::format("{:016x}{:016x}", halves[0], halves[1]);
}

Result<std::string> MediaStore::put(const Image& image)
{
    std::string key = contentKey(image);
    if (m_known.contains(key))
        return key;
    std::error_code ignored;
    if (!std::filesystem::exists(pathOf(key), ignored) || !get(key)) {
        std::filesystem::create_directories(m_folder, ignored);
        if (const auto written = io::writePng(pathOf(key), image); !written)
            return tl::unexpected(written.error());
    }
    m_known.insert(key);
    return key;
}

Result<Image> MediaStore::get(const std::string& key) const
{
    if (!isKey(key))
        return fail(ErrorCode::InvalidInput, fmt::format("'{}' names no picture of a session", key));
    auto image = io::readImage(pathOf(key));
    if (image && contentKey(*image) != key)
        return fail(ErrorCode::FileRead, "the picture was changed since the run that saw it: " + pathOf(key));
    return image;
}

}  // namespace armillary::session
