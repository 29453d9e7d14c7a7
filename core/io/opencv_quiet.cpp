#include "io/opencv_quiet.h"

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>

#include <cstdlib>

namespace armillary::io {
namespace {

int ignoreError(int, const char*, const char*, const char*, int, void*)
{
    return 0;
}

// OpenCV hands these to FFmpeg when it opens a video. Set before main, since changing the environment beside other
// threads that read it is not safe. Somebody who debugs sets the variables and is not overruled. AV_LOG_QUIET is -8;
// discardcorrupt keeps half-read packets of a cut file from becoming half-gray frames.
const bool kFfmpegIsSet = ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0) == 0 &&
                          ::setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", "fflags;discardcorrupt", 0) == 0;

}  // namespace

void quietOpenCv()
{
    static const bool done = [] {
        static_cast<void>(kFfmpegIsSet);
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        cv::redirectError(ignoreError);
        return true;
    }();
    static_cast<void>(done);
}

}  // namespace armillary::io
