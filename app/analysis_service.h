// The window's desk of analyses: those of records run one at a time in a thread of their own, so that they go on while a model
// works; results are kept for as long as they are the most recently used.
//
// A wish that is dropped while it runs is stopped through its std::stop_source; nothing waits for it.
// Thread rule: GUI thread.
#pragma once

#include "base/error.h"
#include "widgets/analysis_desk.h"

#include <QThread>

#include <deque>
#include <list>
#include <optional>
#include <stop_token>

namespace armillary::app {

class AnalysisService : public widgets::AnalysisDesk {
    Q_OBJECT
public:
    static constexpr std::int64_t kKeptBytes = std::int64_t{256} << 20;

    explicit AnalysisService(QObject* parent = nullptr);
    ~AnalysisService() override;

    [[nodiscard]] const std::vector<AnalysisEntry>& entries() const override { return m_entries; }
    [[nodiscard]] QString obstacle(const widgets::AnalysisWish& wish) const override;
    [[nodiscard]] std::shared_ptr<const AnalysisResult> atHand(const widgets::AnalysisWish& wish) const override;
    [[nodiscard]] widgets::AnalysisTicket request(const widgets::AnalysisWish& wish) override;
    void drop(widgets::AnalysisTicket ticket) override;

private:
    struct Pending {
        widgets::AnalysisTicket ticket = 0;
        widgets::AnalysisWish wish;
    };
    struct Kept {
        widgets::AnalysisWish wish;
        std::shared_ptr<const AnalysisResult> result;
        std::int64_t bytes = 0;
    };

    void startNext();
    using Outcome = Result<std::shared_ptr<const AnalysisResult>>;
    void ended(widgets::AnalysisTicket ticket, const Outcome& outcome);
    void keep(const widgets::AnalysisWish& wish, std::shared_ptr<const AnalysisResult> result);

    std::vector<AnalysisEntry> m_entries;
    QThread m_thread;
    QObject* m_worker = nullptr;  // lives in m_thread
    std::deque<Pending> m_waiting;
    std::optional<Pending> m_running;
    std::stop_source m_stop;
    mutable std::list<Kept> m_kept;  // last used first
    std::int64_t m_keptBytes = 0;
    widgets::AnalysisTicket m_lastTicket = 0;
};

}  // namespace armillary::app
