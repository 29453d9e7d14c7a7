#include "training/stage.h"

#include "io/atomic_file.h"
#include "training/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <utility>

namespace armillary::training {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

class Loop {
public:
    Loop(Stage& stage, const StageRun& run) : m_stage(stage), m_run(run) {}

    Result<StageEnd> operator()()
    {
        if (const auto resumed = resume(); !resumed)
            return tl::unexpected(resumed.error());
        const std::int64_t first = m_step;
        const Clock::time_point begin = Clock::now();
        Clock::time_point saved = begin;
        while (m_step < m_stage.steps()) {
            if (m_run.isStopped() || m_step - first == m_run.stopAfter) {
                m_seconds += secondsSince(begin);
                if (const auto kept = save(); !kept)
                    return tl::unexpected(kept.error());
                m_run.say(fmt::format("{}: stopped at step {} of {}", m_stage.name(), m_step, m_stage.steps()));
                return StageEnd::Stopped;
            }
            if (const auto done = step(); !done)
                return tl::unexpected(done.error());
            const std::int64_t every = std::max<std::int64_t>(1, m_stage.steps() / m_run.measuresPerStage);
            if (m_step % every == 0 && m_step < m_stage.steps()) {
                const double perStep = secondsSince(begin) / static_cast<double>(m_step - first);
                tell(perStep);
            }
            if (secondsSince(saved) > m_run.secondsBetweenCheckpoints) {
                if (const auto kept = save(); !kept)
                    return tl::unexpected(kept.error());
                saved = Clock::now();
            }
        }
        m_seconds += secondsSince(begin);
        return end();
    }

private:
    Result<void> resume()
    {
        const std::string path = checkpointPath(m_run.folder, m_stage.name());
        if (!fileExists(path))
            return {};
        auto checkpoint = readCheckpoint(path);
        if (!checkpoint)
            return tl::unexpected(checkpoint.error());
        if (checkpoint->state.value("steps", std::int64_t{0}) != m_stage.steps())
            return fail(ErrorCode::ModelMismatch,
                        fmt::format("the checkpoint is of a training with another number of steps; remove it: {}",
                                    path));
        for (const auto& part :
             {m_stage.parameters().assign(checkpoint->tensors), m_stage.optimizer().restore(checkpoint->tensors),
              m_stage.average().restore(checkpoint->tensors)}) {
            if (!part)
                return part;
        }
        m_step = checkpoint->state.value("step", std::int64_t{0});
        m_seconds = checkpoint->state.value("seconds", 0.0);
        m_seen = checkpoint->state.value("loss", 0.0);
        m_curve = checkpoint->state.value("curve", nlohmann::json::array());
        m_run.say(fmt::format("{}: goes on from step {} of {}", m_stage.name(), m_step, m_stage.steps()));
        return {};
    }

    Result<void> step()
    {
        const at::Tensor loss = m_stage.loss(m_step);
        const auto value = loss.item<double>();
        if (!std::isfinite(value))
            return fail(ErrorCode::Internal,
                        fmt::format("the loss of {} is not finite at step {}", m_stage.name(), m_step));
        loss.backward();
        m_stage.optimizer().step(m_stage.rate(m_step));
        m_stage.average().update();
        m_seen = m_step == 0 ? value : m_seen + 0.03 * (value - m_seen);
        ++m_step;
        return {};
    }

    void tell(double secondsPerStep)
    {
        nlohmann::json row;
        {
            const ValuesForNow averaged(m_stage.parameters(), m_stage.average().values());
            row = m_stage.measure();
        }
        row["step"] = m_step;
        row["loss"] = std::round(m_seen * 1e5) / 1e5;
        m_curve.push_back(row);
        const auto left = static_cast<double>(m_stage.steps() - m_step) * secondsPerStep;
        m_run.say(fmt::format("{}: {} of {} steps, {:.0f} ms a step, {:.0f} min left  {}", m_stage.name(), m_step,
                              m_stage.steps(), secondsPerStep * 1000, left / 60, row.dump()));
        static_cast<void>(io::writeFileAtomically(fmt::format("{}/{}.curve.json", m_run.folder, m_stage.name()),
                                                  m_curve.dump(1) + "\n"));
    }

    [[nodiscard]] nlohmann::json state() const
    {
        return {{"stage", m_stage.name()}, {"step", m_step},   {"steps", m_stage.steps()},
                {"loss", m_seen},          {"curve", m_curve}, {"seconds", std::round(m_seconds)}};
    }

    Result<void> save() const
    {
        Checkpoint checkpoint{m_stage.parameters().values(), state()};
        checkpoint.tensors.merge(m_stage.optimizer().state());
        checkpoint.tensors.merge(m_stage.average().state());
        return writeCheckpoint(checkpointPath(m_run.folder, m_stage.name()), checkpoint);
    }

    Result<StageEnd> end()
    {
        TensorMap values = m_stage.parameters().values();
        for (const auto& [name, tensor] : m_stage.average().values())
            values[name] = tensor;
        if (const auto assigned = m_stage.parameters().assign(values); !assigned)
            return tl::unexpected(assigned.error());
        m_stage.finish();
        nlohmann::json row = m_stage.measure();
        row["step"] = m_step;
        row["loss"] = std::round(m_seen * 1e5) / 1e5;
        m_curve.push_back(row);
        m_run.say(fmt::format("{}: done after {:.0f} s  {}", m_stage.name(), m_seconds, row.dump()));
        const auto kept =
            writeCheckpoint(resultPath(m_run.folder, m_stage.name()), {m_stage.parameters().values(), state()});
        if (!kept)
            return tl::unexpected(kept.error());
        std::error_code ignored;
        std::filesystem::remove(checkpointPath(m_run.folder, m_stage.name()), ignored);
        return StageEnd::Finished;
    }

    Stage& m_stage;
    const StageRun& m_run;
    std::int64_t m_step = 0;
    double m_seconds = 0;  // of earlier runs
    double m_seen = 0;     // running mean of the loss
    nlohmann::json m_curve = nlohmann::json::array();
};

}  // namespace

std::string resultPath(const std::string& folder, const std::string& stage)
{
    return folder + "/" + stage + ".safetensors";
}

std::string checkpointPath(const std::string& folder, const std::string& stage)
{
    return folder + "/" + stage + ".checkpoint.safetensors";
}

Result<StageEnd> runStage(Stage& stage, const StageRun& run)
{
    if (fileExists(resultPath(run.folder, stage.name())))
        return StageEnd::Finished;
    return Loop(stage, run)();
}

}  // namespace armillary::training
