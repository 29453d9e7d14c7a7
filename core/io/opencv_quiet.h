// Keeps OpenCV and FFmpeg from writing to stderr: what goes wrong with a file is said in our own errors.
// Thread rule: callable from any thread; the first call does the work.
#pragma once

namespace armillary::io {

void quietOpenCv();

}  // namespace armillary::io
