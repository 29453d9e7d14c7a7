// A desk that computes analyses of records at the next turn of the event loop, and gives canned results for those that need models.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_desk.h"

#include <list>
#include <set>
#include <string>

namespace armillary::test {

class DirectDesk : public widgets::AnalysisDesk {
    Q_OBJECT
public:
    DirectDesk();

    // From now on `result` answers requests of its name (and arguments, unless it has none) for every record.
    void give(AnalysisResult result);
    // Requests of this name fail with the sentence.
    void refuse(const std::string& name, const QString& sentence);
    // Requests wait until release(): for what a panel shows meanwhile.
    void hold(bool held);
    [[nodiscard]] const std::vector<widgets::AnalysisWish>& requests() const { return m_requests; }

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

    void answerWaiting();

    std::vector<AnalysisEntry> m_entries;
    std::vector<std::shared_ptr<const AnalysisResult>> m_given;
    std::map<std::string, QString> m_refused;
    std::vector<widgets::AnalysisWish> m_requests;
    std::list<Pending> m_waiting;
    widgets::AnalysisTicket m_lastTicket = 0;
    bool m_held = false;
};

}  // namespace armillary::test
