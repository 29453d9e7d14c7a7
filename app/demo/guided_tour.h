// The guided tour of six steps: opens what a step needs, arranges the window, asks the embedded model where it is there, and shows what
// was recorded where it is not, with the mark that says so. Nothing of it is modal; a person may do anything meanwhile.
// Thread rule: GUI thread; waits for nothing.
#pragma once

#include "app/demo/demo_things.h"
#include "app/demo/tour_steps.h"
#include "widgets/shell/coach_strip.h"
#include "widgets/shell/panel_frame.h"

#include <QObject>

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace armillary::app {

class GuidedTour : public QObject {
    Q_OBJECT
public:
    explicit GuidedTour(const DemoThings& things, QObject* parent = nullptr);
    ~GuidedTour() override;

    void start();
    void end();
    void next();
    void back();
    [[nodiscard]] bool isRunning() const { return m_step.has_value(); }
    // From 0; nothing when it does not run.
    [[nodiscard]] std::optional<std::size_t> step() const { return m_step; }
    [[nodiscard]] widgets::CoachStrip* coach() const { return m_coach; }

    // The session at `path` is open now. One that the tour did not ask for ends it, unless one that it asked for is still to come.
    void sessionOpened(const QString& path);

Q_SIGNALS:
    void sessionWanted(std::size_t index);
    void runningChanged(bool running);
    // Ended, because a person went on to another session.
    void leftBehind();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    enum Side { With, Without };

    void enter(std::size_t step);
    // Asks for the session that the step happens in.
    void wantSession();
    void arrange();
    // Does what the step is about, once per step; actSoon in the next turn.
    void act();
    void actSoon();
    void showRecorded();
    void showPair();
    void chooseWord();
    void tell();
    void placeCoach();
    void recordMade(const std::shared_ptr<const RunRecord>& record);
    void noteIds();
    // Asks the scene's question live; false when the model cannot be asked now.
    bool ask(Side side);
    [[nodiscard]] bool canAsk() const;
    // Run of the recorded session, for want of a live one.
    [[nodiscard]] QString recordedId(Side side) const;
    [[nodiscard]] TourAnswers answers() const;

    DemoThings m_things;
    widgets::CoachStrip* m_coach = nullptr;
    std::vector<std::unique_ptr<widgets::PanelFrame>> m_frames;
    std::optional<std::size_t> m_step;
    struct Live {
        std::shared_ptr<const RunRecord> record;
        QString id;
    };
    std::array<Live, 2> m_live;
    std::optional<Side> m_asking;
    std::set<int> m_awaited;  // sessions of the shelf that were asked for and are not open yet
    std::int64_t m_scene = 0;
    QString m_question;
    bool m_hasActed = false;  // in this step
};

}  // namespace armillary::app
