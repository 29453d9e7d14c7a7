#include "app/demo/guided_tour.h"

#include "app/demo/recorded_shelf.h"
#include "scenes/scene_show.h"

#include <QDockWidget>
#include <QEvent>
#include <QPushButton>

#include <algorithm>
#include <utility>

namespace armillary::app {
namespace {

using widgets::CoachStrip;
using widgets::RunState;

constexpr int kMargin = 8;

QString lastQuestion(const RunRecord& record)
{
    return record.question.turns.empty() ? QString() : QString::fromStdString(record.question.turns.back().text);
}

QString plain(const RunRecord* record)
{
    return record == nullptr ? QString() : QString::fromStdString(scenes::plainAnswer(record->answer));
}

bool hasWorld(const RunRecord& record)
{
    return record.layout && record.layout->count(TokenKind::World) > 0;
}

}  // namespace

GuidedTour::GuidedTour(const DemoThings& things, QObject* parent) : QObject(parent), m_things(things)
{
    m_coach = new CoachStrip(&m_things.window);
    m_coach->hide();
    m_things.window.installEventFilter(this);
    m_coach->installEventFilter(this);
    connect(m_coach->backButton(), &QPushButton::clicked, this, &GuidedTour::back);
    connect(m_coach->nextButton(), &QPushButton::clicked, this, &GuidedTour::next);
    connect(m_coach->endButton(), &QPushButton::clicked, this, &GuidedTour::end);
    connect(&m_things.questions, &RunController::recordMade, this, &GuidedTour::recordMade);
    connect(&m_things.questions, &RunController::stateChanged, this, &GuidedTour::tell);
    // The question did not come to be answered.
    connect(&m_things.questions, &RunController::questionReturned, this, [this] {
        m_asking.reset();
        tell();
    });
    connect(&m_things.run, &widgets::ShownRun::stateChanged, this, [this] {
        // Whoever shows the run is not done with it yet.
        if (isRunning() && !m_hasActed && m_things.run.record())
            actSoon();
        tell();
    });
    connect(&m_things.pair, &widgets::RunPair::changed, this, [this] {
        noteIds();
        tell();
    });
    const auto expectNone = [this] { m_awaited.clear(); };
    connect(m_things.shelf, &RecordedShelf::failed, this, expectNone);
    connect(&m_things.sessionFiles, &SessionService::failed, this, expectNone);
    connect(&m_things.views, &ViewShell::textScaleChanged, this, [this] {
        m_coach->setLarge(m_things.views.isPresenting());
        placeCoach();
    });
    connect(&m_things.views, &ViewShell::presentingChanged, this, [this](bool presenting) {
        if (!isRunning())
            return;
        if (presenting)
            m_things.views.layout().presentOnly(tourSteps()[*m_step].panels);
        m_coach->setLarge(presenting);
        placeCoach();
    });
}

GuidedTour::~GuidedTour() = default;

void GuidedTour::start()
{
    const bool wasRunning = isRunning();
    m_live = {};
    m_asking.reset();
    m_scene = 0;
    m_coach->setLarge(m_things.views.isPresenting());
    m_coach->show();
    enter(0);
    m_coach->nextButton()->setFocus(Qt::OtherFocusReason);
    if (!wasRunning)
        Q_EMIT runningChanged(true);
}

void GuidedTour::end()
{
    if (!isRunning())
        return;
    m_step.reset();
    m_frames.clear();
    m_coach->hide();
    placeCoach();
    Q_EMIT runningChanged(false);
}

void GuidedTour::next()
{
    if (!isRunning())
        return;
    if (*m_step + 1 == tourSteps().size())
        end();
    else
        enter(*m_step + 1);
}

void GuidedTour::back()
{
    if (isRunning() && *m_step > 0)
        enter(*m_step - 1);
}

void GuidedTour::enter(std::size_t step)
{
    m_step = step;
    m_hasActed = false;
    const TourStep& now = tourSteps()[step];
    m_coach->setStep(static_cast<int>(step) + 1, static_cast<int>(tourSteps().size()), now.title);
    arrange();
    const bool isOpen = m_things.shelf->indexOf(m_things.sessionFiles.path()) == static_cast<int>(now.session);
    if (!isOpen)
        wantSession();
    else if (m_things.run.record())
        actSoon();
    else
        showRecorded();
    tell();
}

void GuidedTour::sessionOpened(const QString& path)
{
    const int opened = m_things.shelf->indexOf(path);
    const bool wasAwaited = m_awaited.erase(opened) > 0;
    if (!isRunning())
        return;
    if (opened == static_cast<int>(tourSteps()[*m_step].session)) {
        // The window brings back what the session keeps of it first.
        const auto arrangeStep = [this] {
            if (isRunning())
                arrange();
        };
        QMetaObject::invokeMethod(this, arrangeStep, Qt::QueuedConnection);
    } else if (wasAwaited) {
        // Another step was entered before it came.
        wantSession();
    } else if (m_awaited.empty()) {
        end();
        Q_EMIT leftBehind();
    }
    tell();
}

void GuidedTour::wantSession()
{
    const std::size_t wanted = tourSteps()[*m_step].session;
    m_hasActed = false;
    m_awaited.insert(static_cast<int>(wanted));
    Q_EMIT sessionWanted(wanted);
}

void GuidedTour::arrange()
{
    const TourStep& now = tourSteps()[*m_step];
    m_things.views.layout().setWorkspace(now.workspace);
    for (const QString& id : now.raised) {
        if (const auto dock = m_things.docks.find(id); dock != m_things.docks.end()) {
            dock->second->show();
            dock->second->raise();
        }
    }
    if (m_things.views.isPresenting())
        m_things.views.layout().presentOnly(now.panels);
    m_frames.clear();
    for (const QString& id : now.panels) {
        if (const auto dock = m_things.docks.find(id); dock != m_things.docks.end())
            m_frames.push_back(std::make_unique<widgets::PanelFrame>(dock->second, &m_things.window));
    }
    placeCoach();
}

void GuidedTour::actSoon()
{
    m_hasActed = true;
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (isRunning() && m_things.run.record())
                act();
            tell();
        },
        Qt::QueuedConnection);
}

void GuidedTour::act()
{
    if (m_scene == 0 && tourSteps()[*m_step].session == 0) {
        const RunRecord& record = *m_things.run.record();
        const std::string label = record.question.media.empty() ? std::string() : record.question.media.front().path;
        m_scene = scenes::sceneNumber(label).value_or(0);
        m_question = lastQuestion(record);
    }
    switch (tourSteps()[*m_step].scene) {
    case TourScene::Look: break;
    case TourScene::AskWithWorld:
        if (!m_asking && (m_live[With].record || !ask(With)))
            showPair();
        break;
    case TourScene::AskWithoutWorld:
        if (!m_asking && (m_live[Without].record || !ask(Without)))
            showPair();
        break;
    case TourScene::Attention: chooseWord(); break;
    case TourScene::Embeddings: m_things.selection.clear(); break;
    case TourScene::Broken: break;
    }
}

bool GuidedTour::canAsk() const
{
    return m_scene != 0 && m_things.questions.hasModel() && m_things.questions.isDemo() && !m_things.questions.isBusy();
}

bool GuidedTour::ask(Side side)
{
    if (!canAsk())
        return false;
    m_asking = side;
    m_things.questions.askBranch(
        scenes::shownQuestion(m_scene, m_question.toStdString(),
                              side == With ? scenes::WorldGiven::Rollout : scenes::WorldGiven::Absent));
    return true;
}

void GuidedTour::recordMade(const std::shared_ptr<const RunRecord>& record)
{
    const std::optional<Side> side = std::exchange(m_asking, std::nullopt);
    if (!isRunning() || !side || record->outcome != RunOutcome::Completed || lastQuestion(*record) != m_question)
        return;
    m_live[*side] = {record, {}};
    // It becomes run A in this same turn, after everybody has heard of it.
    QMetaObject::invokeMethod(
        this,
        [this, side] {
            noteIds();
            if (isRunning() && *side == Without)
                showPair();
            // The next step came before this answer.
            else if (isRunning() && !m_asking && tourSteps()[*m_step].scene == TourScene::AskWithoutWorld)
                actSoon();
            tell();
        },
        Qt::QueuedConnection);
}

void GuidedTour::noteIds()
{
    for (Live& live : m_live) {
        for (const widgets::PairedRun& paired : {m_things.pair.a(), m_things.pair.b()}) {
            if (live.record && paired.record == live.record)
                live.id = paired.id;
        }
    }
}

QString GuidedTour::recordedId(Side side) const
{
    QStringList ids;
    for (const widgets::RunRow& row : m_things.runs.rows()) {
        if (m_things.shelf->isRecorded(m_things.sessionFiles.path(), row.id))
            ids << row.id;
    }
    // The one without a world was recorded first.
    if (ids.isEmpty())
        return {};
    return side == With ? ids.back() : ids.front();
}

// The session is open, and nothing of it is shown: a new scene or conversation was begun.
void GuidedTour::showRecorded()
{
    if (const QString id = recordedId(With); !id.isEmpty())
        m_things.runs.wantShown(id);
}

void GuidedTour::showPair()
{
    const auto idOf = [this](Side side) {
        const Live& live = m_live[side];
        return live.record && !live.id.isEmpty() ? live.id : recordedId(side);
    };
    const bool isBoth = tourSteps()[*m_step].scene != TourScene::AskWithWorld;
    const QString with = idOf(With);
    if (!with.isEmpty() && m_things.pair.a().id != with)
        m_things.runs.wantShown(with);
    if (const QString without = idOf(Without); isBoth && !without.isEmpty() && m_things.pair.b().id != without)
        m_things.runs.wantCompared(without);
    m_things.pair.setSide(widgets::PairSide::A);
}

void GuidedTour::chooseWord()
{
    showPair();
    const std::int64_t first = m_things.run.prefillLength();
    if (first > 0 && first < m_things.run.size())
        m_things.selection.choose({first});
}

TourAnswers GuidedTour::answers() const
{
    TourAnswers out;
    out.question = m_question;
    out.isAsking = m_asking.has_value();
    if (m_scene != 0)
        out.truth = QString::fromStdString(
            scenes::rightAnswer(scenes::shownScene(m_scene), m_question.toStdString()).value_or(std::string()));
    out.with = plain(m_live[With].record.get());
    out.without = plain(m_live[Without].record.get());
    for (const widgets::PairedRun& paired : {m_things.pair.a(), m_things.pair.b()}) {
        if (!paired.record || lastQuestion(*paired.record) != m_question)
            continue;
        QString& answer = hasWorld(*paired.record) ? out.with : out.without;
        if (answer.isEmpty())
            answer = plain(paired.record.get());
    }
    return out;
}

void GuidedTour::tell()
{
    if (!isRunning())
        return;
    const TourStep& now = tourSteps()[*m_step];
    m_coach->setWords(tourWords(now.scene, answers()));
    const QString id = m_things.pair.shown().id;
    const bool isRecorded = m_things.shelf->isRecorded(m_things.sessionFiles.path(), id);
    m_coach->setMark(m_asking       ? CoachStrip::Mark::Live
                     : id.isEmpty() ? CoachStrip::Mark::None
                     : isRecorded   ? CoachStrip::Mark::Recorded
                                    : CoachStrip::Mark::Live);
    placeCoach();
}

bool GuidedTour::eventFilter(QObject* watched, QEvent* event)
{
    const bool isSize = event->type() == QEvent::Resize && watched == &m_things.window;
    if (isSize || (event->type() == QEvent::LayoutRequest && watched == m_coach))
        placeCoach();
    return QObject::eventFilter(watched, event);
}

void GuidedTour::placeCoach()
{
    // A strip of the window below everything, panels and status bar, so that it covers nothing.
    QMargins margins = m_things.window.contentsMargins();
    const bool isShown = isRunning();
    const int width = m_things.window.width() - 2 * kMargin;
    const int wanted = m_coach->hasHeightForWidth() ? m_coach->heightForWidth(width) : m_coach->sizeHint().height();
    const int height = isShown ? wanted : 0;
    const int bottom = isShown ? height + kMargin : 0;
    if (margins.bottom() != bottom) {
        margins.setBottom(bottom);
        m_things.window.setContentsMargins(margins);
        m_things.views.layout().fit();
    }
    const QRect place(kMargin, m_things.window.height() - height - kMargin / 2, width, height);
    if (isShown && m_coach->geometry() != place)
        m_coach->setGeometry(place);
    for (const auto& frame : m_frames)
        frame->raise();
}

}  // namespace armillary::app
