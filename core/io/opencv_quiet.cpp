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

// OpenCV hands this to FFmpeg when it opens its first video. Set before main, since changing the environment beside other
// threads that read it is not safe. AV_LOG_QUIET is -8; somebody who debugs sets the variable and is not overruled.
const int kFfmpegQuiet = ::setenv("OPENCV_FFMPEG_LOGLEVEL", "-8", 0);

}  // namespace

void quietOpenCv()
{
    static const bool done = [] {
        static_cast<void>(kFfmpegQuiet);
        cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
        cv::redirectError(ignoreError);
        return true;
    }();
    static_cast<void>(done);
}

}  // namespace armillary::io
