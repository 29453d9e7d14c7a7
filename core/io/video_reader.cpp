#include "io/video_reader.h"

#include "io/byte_hasher.h"
#include "io/frame_cache.h"
#include "io/opencv_quiet.h"
#include "io/picture_scan.h"
#include "io/video_scan.h"

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/videoio.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <new>
#include <vector>

namespace armillary::io {
namespace {

constexpr double kUsualFramesPerSecond = 24;

Image imageFrom(const cv::Mat& bgr)
{
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(bgr.rows) * static_cast<std::size_t>(bgr.cols) * 3);
    std::uint8_t* out = rgb.data();
    for (int row = 0; row < bgr.rows; ++row) {
        const auto* in = bgr.ptr<std::uint8_t>(row);
        for (int column = 0; column < bgr.cols; ++column, in += 3, out += 3) {
            out[0] = in[2];
            out[1] = in[1];
            out[2] = in[0];
        }
    }
    return {bgr.rows, bgr.cols, std::move(rgb)};
}

std::uint64_t hashOf(const cv::Mat& frame)
{
    ByteHasher hasher;
    for (int row = 0; row < frame.rows; ++row)
        hasher.add(std::span(frame.ptr<std::uint8_t>(row), static_cast<std::size_t>(frame.cols) * frame.elemSize()));
    return hasher.value();
}

// A decoder at a known place. OpenCV reports failures as false, but allocation can throw.
class Decoder {
public:
    explicit Decoder(std::string path) : m_path(std::move(path)) {}

    bool restart()
    {
        m_next = 0;
        return m_capture.open(m_path, cv::CAP_FFMPEG);
    }
    // The frame at next(), or false at the end.
    bool read(cv::Mat& frame)
    {
        if (!m_capture.grab() || !m_capture.retrieve(frame) || frame.type() != CV_8UC3)
            return false;
        ++m_next;
        return true;
    }
    bool skip()
    {
        if (!m_capture.grab())
            return false;
        ++m_next;
        return true;
    }
    // Where FFmpeg's seek lands is a claim to be checked by the caller.
    bool seek(int index)
    {
        m_next = index;
        return m_capture.set(cv::CAP_PROP_POS_FRAMES, index);
    }
    [[nodiscard]] int next() const { return m_next; }
    [[nodiscard]] double property(cv::VideoCaptureProperties which) const { return m_capture.get(which); }

private:
    std::string m_path;
    cv::VideoCapture m_capture;
    int m_next = 0;
};

class VideoReader final : public MediaReader {
public:
    VideoReader(const std::string& path, std::size_t cacheBytes)
        // An absolute path cannot be taken for a protocol ("concat:...").
        : m_path(path), m_decoder(std::filesystem::absolute(path).string()), m_cache(cacheBytes)
    {}

    Result<void> open(std::string* warning);

    [[nodiscard]] const std::string& path() const override { return m_path; }
    [[nodiscard]] bool isVideo() const override { return frameCount() > 1; }
    [[nodiscard]] int frameCount() const override { return static_cast<int>(m_hashes.size()); }
    [[nodiscard]] double framesPerSecond() const override { return m_framesPerSecond; }
    [[nodiscard]] Result<Image> frame(int index) override;

private:
    [[nodiscard]] bool decodeForward(int index, cv::Mat& frame);
    [[nodiscard]] bool decodeBySeek(int index, cv::Mat& frame);
    [[nodiscard]] bool isRight(int index, const cv::Mat& frame) const;

    std::string m_path;
    Decoder m_decoder;
    FrameCache m_cache;
    std::vector<std::uint64_t> m_hashes;  // of each frame, as decoded in order
    double m_framesPerSecond = 0;
    bool m_canSeek = true;
};

// Frames that a cut file can still give but that stand after a lost one: decoders emit later reference frames whose
// neighbours broke away. The frames up to the first gap in time are the ones to trust.
std::size_t framesBeforeGap(const std::vector<double>& timesMs)
{
    constexpr std::size_t kReorderDepth = 32;  // twice what H.264 and HEVC allow
    if (timesMs.size() < 3)
        return timesMs.size();
    std::vector<double> steps;
    for (std::size_t i = 1; i < timesMs.size(); ++i)
        steps.push_back(timesMs[i] - timesMs[i - 1]);
    std::vector<double> sorted = steps;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
    const double usual = sorted[sorted.size() / 2];
    const std::size_t first = steps.size() > kReorderDepth ? steps.size() - kReorderDepth : 0;
    for (std::size_t i = first; i < steps.size(); ++i)
        if (steps[i] > 1.5 * usual || steps[i] <= 0)  // a frame that lost its packet has lost its time too
            return i + 1;
    return timesMs.size();
}

Result<void> VideoReader::open(std::string* warning)
{
    const std::optional<std::uint64_t> knownMissing = missingBytesOfVideo(m_path);
    const std::uint64_t missingBytes = knownMissing.value_or(0);
    if (!m_decoder.restart()) {
        if (missingBytes > 0)
            return fail(ErrorCode::FileRead,
                        fmt::format("the video breaks off before it can be opened, {} bytes are missing; "
                                    "fetch it again: {}",
                                    missingBytes, m_path));
        return fail(ErrorCode::FileRead,
                    fmt::format("the video cannot be opened; it is damaged, has no picture track or its "
                                "coding is not known to FFmpeg: {}",
                                m_path));
    }
    const double pixels = m_decoder.property(cv::CAP_PROP_FRAME_WIDTH) * m_decoder.property(cv::CAP_PROP_FRAME_HEIGHT);
    if (pixels > static_cast<double>(kMaxPicturePixels))
        return fail(ErrorCode::FileRead,
                    fmt::format("the video claims frames of {} pixels where at most {} are read: {}", pixels,
                                kMaxPicturePixels, m_path));
    const double claimedRate = m_decoder.property(cv::CAP_PROP_FPS);
    m_framesPerSecond = std::isfinite(claimedRate) && claimedRate > 0 ? claimedRate : kUsualFramesPerSecond;
    const double claimedCount = m_decoder.property(cv::CAP_PROP_FRAME_COUNT);

    std::vector<double> timesMs;
    cv::Mat frame;
    while (frameCount() < kMaxVideoFrames && m_decoder.read(frame)) {
        if (m_cache.hasRoomFor(frame.total() * frame.elemSize()))
            m_cache.insert(frameCount(), imageFrom(frame));
        m_hashes.push_back(hashOf(frame));
        timesMs.push_back(m_decoder.property(cv::CAP_PROP_POS_MSEC));
    }
    // Containers without a frame count give an estimate by duration and rate, which may be off by one.
    const auto lacksFrames = [&] { return std::isfinite(claimedCount) && claimedCount - frameCount() > 1; };
    // A whole file may hide frames on purpose (edit lists of trimmed phone videos); those are no reason to drop any.
    const bool isCut = missingBytes > 0 || (!knownMissing && lacksFrames() && frameCount() < kMaxVideoFrames);
    if (isCut)
        m_hashes.resize(framesBeforeGap(timesMs));
    if (m_hashes.empty())
        return fail(ErrorCode::FileRead, fmt::format("not one frame of the video can be decoded{}: {}",
                                                     isCut ? "; it breaks off too early, fetch it again" : "", m_path));
    if (warning == nullptr)
        return {};
    const std::string claim = lacksFrames() ? fmt::format(" of {:.0f}", claimedCount) : "";
    if (frameCount() == kMaxVideoFrames)
        *warning = fmt::format("only the first {} frames of the video are read: {}", kMaxVideoFrames, m_path);
    else if (missingBytes > 0)
        *warning = fmt::format("the video breaks off, {} bytes are missing; {}{} frames can be shown: {}", missingBytes,
                               frameCount(), claim, m_path);
    else if (lacksFrames())
        *warning = fmt::format("only {}{} frames of the video can be decoded; it may be damaged: {}", frameCount(),
                               claim, m_path);
    return {};
}

bool VideoReader::isRight(int index, const cv::Mat& frame) const
{
    return hashOf(frame) == m_hashes[static_cast<std::size_t>(index)];
}

// Goes on from where the decoder stands.
bool VideoReader::decodeForward(int index, cv::Mat& frame)
{
    while (m_decoder.next() < index)
        if (!m_decoder.skip())
            return false;
    return m_decoder.read(frame) && isRight(index, frame);
}

// Lands a little earlier and keeps the frames on the way: whoever steps backwards asks for them next.
bool VideoReader::decodeBySeek(int index, cv::Mat& frame)
{
    constexpr int kLeadFrames = 12;
    if (!m_decoder.seek(std::max(index - kLeadFrames, 0)))
        return false;
    while (m_decoder.next() < index) {
        const int passing = m_decoder.next();
        if (!m_decoder.read(frame))
            return false;
        if (isRight(passing, frame))
            m_cache.insert(passing, imageFrom(frame));
    }
    return m_decoder.read(frame) && isRight(index, frame);
}

Result<Image> VideoReader::frame(int index)
{
    if (index < 0 || index >= frameCount())
        return fail(ErrorCode::InvalidInput, fmt::format("there is no frame {}; the video has frames 0 to {}: {}",
                                                         index, frameCount() - 1, m_path));
    if (std::optional<Image> kept = m_cache.find(index))
        return *kept;
    constexpr int kNearFrames = 60;  // about a group of pictures: decoding on costs no more than seeking
    try {
        cv::Mat decoded;
        const int distance = index - m_decoder.next();
        bool isFound = false;
        if (distance >= 0 && distance <= kNearFrames)
            isFound = decodeForward(index, decoded);
        if (!isFound && m_canSeek)
            isFound = m_canSeek = decodeBySeek(index, decoded);
        if (!isFound)
            isFound = m_decoder.restart() && decodeForward(index, decoded);
        if (!isFound)
            return fail(ErrorCode::FileRead,
                        fmt::format("frame {} is no longer what it was when the video was opened; open it "
                                    "again: {}",
                                    index, m_path));
        Image image = imageFrom(decoded);
        m_cache.insert(index, image);
        return image;
    } catch (const cv::Exception& problem) {
        return fail(ErrorCode::FileRead,
                    fmt::format("frame {} cannot be decoded ({}): {}", index, problem.err, m_path));
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory,
                    fmt::format("there is not enough memory for a frame of the video: {}", m_path));
    }
}

}  // namespace

Result<std::unique_ptr<MediaReader>> openVideo(const std::string& path, std::string* warning, std::size_t cacheBytes)
{
    quietOpenCv();
    try {
        auto reader = std::make_unique<VideoReader>(path, cacheBytes);
        if (const Result<void> opened = reader->open(warning); !opened)
            return tl::unexpected(opened.error());
        return reader;
    } catch (const cv::Exception& problem) {
        return fail(ErrorCode::FileRead, fmt::format("the video cannot be decoded ({}): {}", problem.err, path));
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, fmt::format("there is not enough memory for the video: {}", path));
    }
}

}  // namespace armillary::io
