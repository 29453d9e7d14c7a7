// Write-behind for a session's notes, selection and layout: changes are noted at once and written when things have been quiet
// for a moment, or at the latest after a while of steady change. Keeps no thread and no clock: the owner says what time it is
// and calls saveIfDue() from its own timer. Runs need none of this: Session::append writes at once.
// Thread rule: as Session, on the same thread.
#pragma once

#include "base/error.h"
#include "session/session.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace armillary::session {

class AutoSave {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit AutoSave(Session& session, std::chrono::milliseconds quiet = std::chrono::milliseconds(1500),
                      std::chrono::milliseconds atMost = std::chrono::milliseconds(10000))
        : m_session(session), m_quiet(quiet), m_atMost(atMost)
    {}

    void note(SessionState state, Time now)
    {
        m_pending = std::move(state);
        m_lastChange = now;
        if (!m_firstChange)
            m_firstChange = now;
    }
    // When saveIfDue() will write; nothing when all is written.
    [[nodiscard]] std::optional<Time> dueAt() const
    {
        if (!m_firstChange)
            return std::nullopt;
        return std::min(m_lastChange + m_quiet, *m_firstChange + m_atMost);
    }
    // Errors: as Session::setState; the change stays noted and is tried again after the quiet time.
    [[nodiscard]] Result<void> saveIfDue(Time now)
    {
        const auto due = dueAt();
        if (!due || now < *due)
            return {};
        auto saved = save();
        if (!saved) {
            m_firstChange = now;
            m_lastChange = now;
        }
        return saved;
    }
    // At once, such as before closing.
    [[nodiscard]] Result<void> save()
    {
        if (!m_pending)
            return {};
        if (auto saved = m_session.setState(*m_pending); !saved)
            return saved;
        m_pending.reset();
        m_firstChange.reset();
        return {};
    }

private:
    Session& m_session;
    std::chrono::milliseconds m_quiet;
    std::chrono::milliseconds m_atMost;
    std::optional<SessionState> m_pending;
    std::optional<Time> m_firstChange;
    Time m_lastChange{};
};

}  // namespace armillary::session
