// armillary-cli rollout: how a picture or a clip goes on.

#include "cli_command.h"
#include "cli_engine.h"
#include "cli_options.h"
#include "io/video_writer.h"

#include <CLI/CLI.hpp>

namespace armillary::cli {
namespace {

class RolloutCommand final : public Command {
public:
    std::string_view name() const override { return "rollout"; }
    std::string_view summary() const override { return "Let the world model predict how a picture or a clip goes on"; }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    // Errors: InvalidInput, FileRead.
    [[nodiscard]] Result<RolloutRequest> makeRequest() const;

    ModelArguments m_model;
    RolloutArguments m_rollout;
    RunOutputArguments m_output;
    std::string m_mediaPath;
    std::uint64_t m_seed = 0;
    std::string m_videoPath;
    bool m_captureSteps = true;
};

void RolloutCommand::addTo(CLI::App& command)
{
    m_model.addTo(command);
    m_rollout.addTo(command);
    command.add_option("--media", m_mediaPath, "a picture, a folder of numbered frames or a video")->required();
    command.add_option("--seed", m_seed)->capture_default_str();
    command.add_option("--video", m_videoPath, "write the predicted frames to this .mp4 or .avi");
    command.add_flag("!--no-steps", m_captureSteps, "do not record the latents after every step");
    m_output.addTo(command);
}

Result<RolloutRequest> RolloutCommand::makeRequest() const
{
    auto request = m_rollout.makeRequest(m_seed);
    if (!request)
        return request;
    auto media = openLastFrames(m_mediaPath, std::nullopt,
                                [this](bool isVideo) { return m_rollout.conditionFramesOf(isVideo); });
    if (!media)
        return tl::unexpected(media.error());
    request->condition = std::move(*media);
    return request;
}

CommandResult<int> RolloutCommand::run()
{
    if (const auto options = m_model.loadOptions(); !options)
        return tl::unexpected(options.error());
    const auto request = makeRequest();
    if (!request)
        return tl::unexpected<Failure>(request.error());
    if (const auto output = m_output.check(); !output)
        return tl::unexpected<Failure>(output.error());
    EngineDesk desk(false);
    if (const auto report = desk.load(m_model); !report)
        return tl::unexpected(report.error());
    CaptureRequest capture;
    if (m_captureSteps)
        capture.parts.insert(Capture::Rollout);
    const auto record = desk.engine().rollout(*request, capture, desk.observer(), desk.stop());
    desk.observer().finish();
    if (!record)
        return tl::unexpected<Failure>(record.error());
    printMemoryPlan((*record)->memoryPlan);
    if (!m_videoPath.empty()) {
        if (const auto written = io::writeVideo(m_videoPath, *(*record)->rolloutFrames); !written)
            return tl::unexpected<Failure>(written.error());
    }
    if (const auto kept = m_output.keep(**record); !kept)
        return tl::unexpected<Failure>(kept.error());
    return (*record)->outcome == RunOutcome::Cancelled ? kCancelled : kDone;
}

}  // namespace

std::unique_ptr<Command> makeRolloutCommand()
{
    return std::make_unique<RolloutCommand>();
}

}  // namespace armillary::cli
