#include "app/views/focus_actions.h"

#include <QAction>

#include <algorithm>
#include <array>

namespace armillary::app {
namespace {

using widgets::AttentionMethod;
using widgets::Focus;

constexpr std::array kMethods = {AttentionMethod::Raw, AttentionMethod::Rollout, AttentionMethod::Relevancy,
                                 AttentionMethod::ValueWeighted};

QString methodName(AttentionMethod method)
{
    switch (method) {
    case AttentionMethod::Raw: return FocusActions::tr("raw");
    case AttentionMethod::Rollout: return FocusActions::tr("rollout");
    case AttentionMethod::Relevancy: return FocusActions::tr("relevancy");
    case AttentionMethod::ValueWeighted: return FocusActions::tr("value-weighted");
    }
    return {};
}

// One further in mean, 0, 1 ... count - 1; stays at the ends.
std::optional<int> stepped(const std::optional<int>& now, int step, int count)
{
    const int next = std::clamp(now.value_or(-1) + step, -1, count - 1);
    return next < 0 ? std::nullopt : std::optional(next);
}

int latentFrames(const widgets::ShownRun& run)
{
    int frames = 0;
    if (run.layout() != nullptr) {
        for (const TokenGrid& grid : run.layout()->grids) {
            if (grid.kind == TokenKind::World)
                frames = std::max(frames, static_cast<int>(grid.latentFrames));
        }
    }
    return frames;
}

}  // namespace

QString focusWords(const widgets::ShownRun& run, const Focus& focus)
{
    const RunRecord* record = run.record().get();
    if (record == nullptr || record->model.layers == 0)
        return {};
    QStringList parts;
    if (!focus.layer)
        parts << FocusActions::tr("mean of layers");
    else if (record->model.window(*focus.layer) > 0)
        parts << FocusActions::tr("layer %1 local").arg(*focus.layer);
    else
        parts << FocusActions::tr("layer %1 global").arg(*focus.layer);
    parts << (focus.head ? FocusActions::tr("head %1").arg(*focus.head) : FocusActions::tr("mean of heads"));
    if (focus.latentFrame)
        parts << FocusActions::tr("latent frame %1").arg(*focus.latentFrame);
    parts << methodName(focus.method);
    if (focus.sinksRemoved)
        parts << FocusActions::tr("sinks removed");
    return parts.join(QStringLiteral(" · "));
}

FocusActions::FocusActions(QMainWindow& window, const Shown& shown, const KeyRules& keys)
    : QObject(&window), m_window(window), m_shown(shown), m_keys(keys), m_player(shown.media)
{
    add(tr("Play or halt"), QStringLiteral("play"), {Qt::Key_Space},
        tr("Play the rollout or the film that is looked at, or halt it"), [this] { play(); });
    add(tr("Next frame"), QStringLiteral("nextFrame"), {Qt::Key_Right}, tr("The next frame of the film"),
        [this] { stepFrame(1); });
    add(tr("Previous frame"), QStringLiteral("previousFrame"), {Qt::Key_Left}, tr("The frame before"),
        [this] { stepFrame(-1); });
    add(tr("Next latent frame"), QStringLiteral("nextLatentFrame"), {Qt::SHIFT | Qt::Key_Right},
        tr("The next latent frame of the world tokens; none is chosen before the first"),
        [this] { stepLatentFrame(1); });
    add(tr("Previous latent frame"), QStringLiteral("previousLatentFrame"), {Qt::SHIFT | Qt::Key_Left},
        tr("The latent frame before; before the first stand all together"), [this] { stepLatentFrame(-1); });
    line();
    add(tr("Next layer"), QStringLiteral("nextLayer"), {Qt::Key_BracketRight},
        tr("One layer up; the mean of all stands before the first"), [this] { stepLayer(1); });
    add(tr("Previous layer"), QStringLiteral("previousLayer"), {Qt::Key_BracketLeft},
        tr("One layer down; the mean of all stands before the first"), [this] { stepLayer(-1); });
    add(tr("Next head"), QStringLiteral("nextHead"), {Qt::Key_Period}, tr("The next head of attention"),
        [this] { stepHead(1); });
    add(tr("Previous head"), QStringLiteral("previousHead"), {Qt::Key_Comma}, tr("The head before"),
        [this] { stepHead(-1); });
    add(tr("Mean of all heads"), QStringLiteral("meanHeads"), {Qt::Key_M},
        tr("All heads together, and back to the last one"), [this] { toggleMeanOfHeads(); });
    add(tr("Read attention another way"), QStringLiteral("cycleMethod"), {Qt::Key_R},
        tr("Raw, rollout, relevancy, value-weighted, and round again"), [this] { cycleMethod(); });
    add(tr("Sinks on or off"), QStringLiteral("toggleSinks"), {Qt::Key_S},
        tr("Leave out the tokens that draw attention whatever is asked, or show them again"),
        [this] { toggleSinks(); });
    add(tr("Overlays on or off"), QStringLiteral("toggleOverlays"), {Qt::Key_V},
        tr("Pictures and tokens with or without what is painted over them"),
        [this] { m_shown.overlays.setOn(!m_shown.overlays.isOn()); });
    line();
    add(tr("Fit the view"), QStringLiteral("fit"), {Qt::Key_F}, tr("Show the whole of the view that is attended to"),
        [this] { fit(); });
}

void FocusActions::add(const QString& name, const QString& objectName, const QList<QKeySequence>& keys,
                       const QString& tip, std::function<void()> act)
{
    auto* action = new QAction(name, this);
    action->setObjectName(objectName);
    action->setShortcuts(keys);
    action->setToolTip(QStringLiteral("%1 (%2)").arg(tip, keys.front().toString(QKeySequence::NativeText)));
    connect(action, &QAction::triggered, this, std::move(act));
    m_window.addAction(action);
    m_actions << action;
}

template <class Change>
void FocusActions::changeFocus(Change change)
{
    Focus focus = m_shown.selection.focus();
    change(focus);
    m_shown.selection.setFocus(focus);
}

void FocusActions::stepLayer(int step)
{
    const auto record = m_shown.run.record();
    if (record != nullptr)
        changeFocus(
            [&](Focus& focus) { focus.layer = stepped(focus.layer, step, static_cast<int>(record->model.layers)); });
}

void FocusActions::stepHead(int step)
{
    const auto record = m_shown.run.record();
    if (record != nullptr)
        changeFocus(
            [&](Focus& focus) { focus.head = stepped(focus.head, step, static_cast<int>(record->model.queryHeads)); });
}

void FocusActions::stepLatentFrame(int step)
{
    changeFocus([&](Focus& focus) { focus.latentFrame = stepped(focus.latentFrame, step, latentFrames(m_shown.run)); });
}

void FocusActions::toggleMeanOfHeads()
{
    changeFocus([this](Focus& focus) {
        if (focus.head)
            m_lastHead = *focus.head;
        focus.head = focus.head ? std::nullopt : std::optional(m_lastHead);
    });
}

void FocusActions::cycleMethod()
{
    changeFocus([](Focus& focus) {
        const auto at = static_cast<std::size_t>(focus.method);
        focus.method = kMethods[(at + 1) % kMethods.size()];
    });
}

void FocusActions::toggleSinks()
{
    changeFocus([](Focus& focus) { focus.sinksRemoved = !focus.sinksRemoved; });
}

void FocusActions::play()
{
    if (m_player.isPlaying())
        m_player.setPlaying(false);
    else if (QAction* own = m_keys.panelAction(Qt::Key_Space))
        own->trigger();
    else
        m_player.setPlaying(true);
}

void FocusActions::stepFrame(int step)
{
    if (QAction* own = m_keys.panelAction(step > 0 ? Qt::Key_Right : Qt::Key_Left))
        own->trigger();
    else
        m_player.stepFrame(step);
}

void FocusActions::fit()
{
    if (QAction* own = m_keys.attendedAction(Qt::Key_F))
        own->trigger();
}

}  // namespace armillary::app
