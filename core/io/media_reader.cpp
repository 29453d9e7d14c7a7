#include "io/media_reader.h"

#include "io/frame_folder.h"
#include "io/picture_scan.h"
#include "io/video_reader.h"
#include "io/video_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <utility>

namespace armillary::io {
namespace {

class StillReader final : public MediaReader {
public:
    StillReader(std::string path, Image image) : m_path(std::move(path)), m_image(std::move(image)) {}

    [[nodiscard]] const std::string& path() const override { return m_path; }
    [[nodiscard]] bool isVideo() const override { return false; }
    [[nodiscard]] int frameCount() const override { return 1; }
    [[nodiscard]] double framesPerSecond() const override { return 0; }
    [[nodiscard]] Result<Image> frame(int index) override
    {
        if (index != 0)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("there is no frame {}; a picture has only frame 0: {}", index, m_path));
        return m_image;
    }

private:
    std::string m_path;
    Image m_image;
};

}  // namespace

Result<std::unique_ptr<MediaReader>> openMedia(const std::string& path, std::string* warning)
{
    if (warning != nullptr)
        warning->clear();
    std::error_code problem;
    const std::filesystem::file_status status = std::filesystem::status(path, problem);
    if (!std::filesystem::exists(status))
        return fail(ErrorCode::FileRead, fmt::format("there is no such file or folder: {}", path));
    if (std::filesystem::is_directory(status))
        return openFrameFolder(path);
    if (!std::filesystem::is_regular_file(status))
        return fail(ErrorCode::FileRead, fmt::format("this is not a regular file: {}", path));

    std::ifstream file(path, std::ios::binary);
    if (!file)
        return fail(ErrorCode::FileRead, fmt::format("cannot open the file ({}): {}", std::strerror(errno), path));
    std::array<std::uint8_t, 1024> head{};
    file.read(reinterpret_cast<char*>(head.data()), head.size());
    const std::span<const std::uint8_t> firstBytes(head.data(), static_cast<std::size_t>(file.gcount()));
    if (firstBytes.empty())
        return fail(ErrorCode::FileRead,
                    fmt::format("the file is empty where a picture or video is expected: {}", path));

    const PictureFormat format = pictureFormat(firstBytes);
    if (format == PictureFormat::None && !isVideoContainer(firstBytes))
        return fail(ErrorCode::FileRead,
                    fmt::format("this is neither a picture (PNG, JPEG, WebP, BMP, TIFF, PNM) nor a video "
                                "(MP4, MOV, AVI, MKV, WebM ...): {}",
                                path));
    if (format == PictureFormat::None || (format == PictureFormat::Other && isVideoContainer(firstBytes)))
        return openVideo(path, warning);
    Result<Image> image = readImage(path);
    if (!image)
        return tl::unexpected(image.error());
    return std::make_unique<StillReader>(path, std::move(*image));
}

Result<Clip> readClip(MediaReader& reader, int first, int count)
{
    if (first < 0 || count <= 0 || first > reader.frameCount() || count > reader.frameCount() - first)
        return fail(ErrorCode::InvalidInput,
                    fmt::format("frames {} to {} were asked for, but there are {}: {}", first,
                                std::int64_t{first} + count - 1, reader.frameCount(), reader.path()));
    Clip clip;
    clip.path = reader.path();
    clip.firstFrameIndex = first;
    clip.framesPerSecond = reader.framesPerSecond();
    for (int i = 0; i < count; ++i) {
        Result<Image> frame = reader.frame(first + i);
        if (!frame)
            return tl::unexpected(frame.error());
        clip.frames.push_back(std::move(*frame));
    }
    return clip;
}

Result<Clip> readGridClip(MediaReader& reader, const TemporalGrid& recipe, int leadFrames)
{
    if (!reader.isVideo())
        return fail(ErrorCode::InvalidInput, "a grid shows four moments, a picture has one: " + reader.path());
    std::vector<int> wanted;
    for (const GridMoment& moment : recipe.moments) {
        if (moment.sourceFrame < 0 || moment.sourceFrame >= reader.frameCount())
            return fail(ErrorCode::InvalidInput,
                        fmt::format("there is no frame {} for the grid, the last is {}: {}", moment.sourceFrame,
                                    reader.frameCount() - 1, reader.path()));
        wanted.push_back(moment.sourceFrame);
    }
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    if (leadFrames > 1) {
        const int last = wanted.back();
        const int first = std::max(0, std::min(wanted.front(), last - leadFrames + 1));
        wanted.resize(static_cast<std::size_t>(last - first + 1));
        std::iota(wanted.begin(), wanted.end(), first);
    }
    Clip clip;
    clip.path = reader.path();
    clip.firstFrameIndex = wanted.front();
    clip.framesPerSecond = reader.framesPerSecond();
    for (const int index : wanted) {
        auto image = reader.frame(index);
        if (!image)
            return tl::unexpected(image.error());
        clip.frames.push_back(std::move(*image));
    }
    auto grid = std::make_shared<TemporalGrid>(recipe);
    for (GridMoment& moment : grid->moments) {
        const auto at = std::lower_bound(wanted.begin(), wanted.end(), moment.sourceFrame);
        moment.frame = static_cast<int>(at - wanted.begin());
        moment.seconds = clip.framesPerSecond > 0 ? moment.sourceFrame / clip.framesPerSecond : 0;
    }
    clip.grid = std::move(grid);
    return clip;
}

}  // namespace armillary::io
