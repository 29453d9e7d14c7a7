#include "app/inference/run_mailbox.h"

#include <utility>

namespace armillary::app {

void RunMailbox::open(RunId id, std::size_t tokenLimit, std::size_t stepLimit)
{
    const std::lock_guard lock(m_mutex);
    m_update = RunUpdate{};
    m_update.id = id;
    m_tokenLimit = tokenLimit;
    m_tokenCount = 0;
    m_droppedTokens = 0;
    m_warningCount = 0;
    m_stepLimit = stepLimit;
    m_stepCount = 0;
    m_lastStep = -1;
}

bool RunMailbox::wake()
{
    return !std::exchange(m_wakePending, true);
}

bool RunMailbox::putStage(RunId id, StageProgress stage)
{
    const std::lock_guard lock(m_mutex);
    if (id != m_update.id)
        return false;
    m_update.stage = std::move(stage);
    return wake();
}

bool RunMailbox::putLayout(RunId id, std::shared_ptr<const TokenLayout> layout)
{
    const std::lock_guard lock(m_mutex);
    if (id != m_update.id)
        return false;
    m_update.layout = std::move(layout);
    return wake();
}

bool RunMailbox::putToken(RunId id, TokenPiece piece)
{
    const std::lock_guard lock(m_mutex);
    if (id != m_update.id)
        return false;
    if (m_tokenCount >= m_tokenLimit) {
        ++m_droppedTokens;
        return false;
    }
    ++m_tokenCount;
    m_update.tokens.push_back(std::move(piece));
    return wake();
}

bool RunMailbox::putWarning(RunId id, std::string warning)
{
    const std::lock_guard lock(m_mutex);
    if (id != m_update.id || m_warningCount >= kMostWarnings)
        return false;
    ++m_warningCount;
    m_update.warnings.push_back(std::move(warning));
    return wake();
}

bool RunMailbox::putMemoryPlan(RunId id, MemoryPlan plan)
{
    const std::lock_guard lock(m_mutex);
    if (id != m_update.id)
        return false;
    m_update.plan = std::move(plan);
    return wake();
}

bool RunMailbox::putRolloutStep(RunId id, const RolloutProgress& progress)
{
    const std::lock_guard lock(m_mutex);
    if (id != m_update.id)
        return false;
    const bool isNew = progress.step > m_lastStep && m_stepCount < m_stepLimit;
    if (isNew) {
        m_lastStep = progress.step;
        ++m_stepCount;
        m_update.steps.push_back(progress);
        m_update.steps.back().preview.reset();
    }
    if (progress.preview) {
        m_update.preview = progress.preview;
        m_update.previewStep = progress.step;
    }
    return (isNew || progress.preview) && wake();
}

RunUpdate RunMailbox::take()
{
    const std::lock_guard lock(m_mutex);
    m_wakePending = false;
    RunUpdate out = std::move(m_update);
    m_update = RunUpdate{};
    m_update.id = out.id;
    return out;
}

std::size_t RunMailbox::droppedTokens() const
{
    const std::lock_guard lock(m_mutex);
    return m_droppedTokens;
}

}  // namespace armillary::app
