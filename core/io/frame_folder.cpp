#include "io/frame_folder.h"

#include "io/frame_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <vector>

namespace armillary::io {
namespace {

namespace fs = std::filesystem;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isNumberedPicture(const std::string& name)
{
    constexpr std::array kEndings{".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pnm"};
    const fs::path path(name);
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::string stem = path.stem().string();
    return !name.starts_with('.') && std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end() &&
           std::any_of(stem.begin(), stem.end(), isDigit);
}

// The run of digits at `at`, without leading zeros: comparing length, then text, compares numbers of any size.
std::string_view digitsAt(std::string_view text, std::size_t& at)
{
    while (at < text.size() && text[at] == '0')
        ++at;
    const std::size_t start = at;
    while (at < text.size() && isDigit(text[at]))
        ++at;
    return text.substr(start, at - start);
}

class FrameFolderReader final : public MediaReader {
public:
    FrameFolderReader(std::string path, std::vector<std::string> names)
        : m_path(std::move(path)), m_names(std::move(names)), m_cache(kCacheBytes)
    {}

    [[nodiscard]] const std::string& path() const override { return m_path; }
    [[nodiscard]] bool isVideo() const override { return frameCount() > 1; }
    [[nodiscard]] int frameCount() const override { return static_cast<int>(m_names.size()); }
    [[nodiscard]] double framesPerSecond() const override { return kFramesPerSecond; }

    [[nodiscard]] Result<Image> frame(int index) override
    {
        if (index < 0 || index >= frameCount())
            return fail(ErrorCode::InvalidInput, fmt::format("there is no frame {}; the folder has frames 0 to {}: {}",
                                                             index, frameCount() - 1, m_path));
        if (std::optional<Image> kept = m_cache.find(index))
            return *kept;
        const std::string file = (fs::path(m_path) / m_names[static_cast<std::size_t>(index)]).string();
        Result<Image> image = readImage(file);
        if (!image)
            return image;
        if (m_height == 0) {
            m_height = image->height();
            m_width = image->width();
        }
        if (image->height() != m_height || image->width() != m_width)
            return fail(
                ErrorCode::FileRead,
                fmt::format("this frame has {} x {} pixels but the first one has {} x {}; frames of one clip must have "
                            "one size: {}",
                            image->width(), image->height(), m_width, m_height, file));
        m_cache.insert(index, *image);
        return image;
    }

private:
    static constexpr double kFramesPerSecond = 24;
    static constexpr std::size_t kCacheBytes = std::size_t{128} << 20;

    std::string m_path;
    std::vector<std::string> m_names;
    FrameCache m_cache;
    int m_height = 0;  // of frame 0, which openFrameFolder reads first
    int m_width = 0;
};

}  // namespace

bool isBeforeNaturally(std::string_view left, std::string_view right)
{
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < left.size() && j < right.size()) {
        if (isDigit(left[i]) && isDigit(right[j])) {
            const std::string_view a = digitsAt(left, i);
            const std::string_view b = digitsAt(right, j);
            if (a.size() != b.size())
                return a.size() < b.size();
            if (a != b)
                return a < b;
        } else {
            if (left[i] != right[j])
                return left[i] < right[j];
            ++i;
            ++j;
        }
    }
    if (i < left.size() || j < right.size())
        return j < right.size();
    return left < right;
}

Result<std::unique_ptr<MediaReader>> openFrameFolder(const std::string& path)
{
    std::vector<std::string> names;
    std::error_code problem;
    for (fs::directory_iterator entry(path, problem), end; !problem && entry != end; entry.increment(problem)) {
        std::error_code ignored;
        const std::string name = entry->path().filename().string();
        if (entry->is_regular_file(ignored) && isNumberedPicture(name))
            names.push_back(name);
    }
    if (problem)
        return fail(ErrorCode::FileRead, fmt::format("cannot read the folder ({}): {}", problem.message(), path));
    if (names.empty())
        return fail(ErrorCode::FileRead,
                    fmt::format("there are no numbered pictures (frame_0001.png ...) in the folder: {}", path));
    std::sort(names.begin(), names.end(),
              [](const std::string& a, const std::string& b) { return isBeforeNaturally(a, b); });
    auto reader = std::make_unique<FrameFolderReader>(path, std::move(names));
    if (const Result<Image> first = reader->frame(0); !first)
        return tl::unexpected(first.error());
    return reader;
}

}  // namespace armillary::io
