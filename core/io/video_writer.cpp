#include "io/video_writer.h"

#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include <filesystem>

namespace armillary::io {

Result<void> writeVideo(const std::string& path, const Clip& clip)
{
    if (clip.frames.empty())
        return fail(ErrorCode::InvalidInput, "there are no frames to write to " + path);
    const std::string ending = std::filesystem::path(path).extension().string();
    if (ending != ".mp4" && ending != ".avi")
        return fail(ErrorCode::InvalidInput, "videos are written as .mp4 or .avi, not as " + path);
    const int codec =
        ending == ".mp4" ? cv::VideoWriter::fourcc('m', 'p', '4', 'v') : cv::VideoWriter::fourcc('M', 'J', 'P', 'G');
    const cv::Size size(clip.frames[0].width(), clip.frames[0].height());
    try {
        cv::VideoWriter writer(path, codec, clip.framesPerSecond > 0 ? clip.framesPerSecond : 24, size);
        if (!writer.isOpened())
            return fail(ErrorCode::FileWrite, "the video cannot be written: check the folder and its rights: " + path);
        for (const Image& frame : clip.frames) {
            const cv::Mat rgb(frame.height(), frame.width(), CV_8UC3, const_cast<std::uint8_t*>(frame.rgb().data()));
            cv::Mat bgr;
            cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
            writer.write(bgr);
        }
    } catch (const cv::Exception& caught) {
        return fail(ErrorCode::FileWrite, "the video cannot be written (" + std::string(caught.what()) + "): " + path);
    }
    std::error_code ignored;
    if (std::filesystem::file_size(path, ignored) == 0 || ignored)
        return fail(ErrorCode::FileWrite, "the video was not written, the disk may be full: " + path);
    return {};
}

}  // namespace armillary::io
