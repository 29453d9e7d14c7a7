#include "widgets/panels/rollout_panel.h"

#include "widgets/canvas/filmstrip_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/rollout/rollout_form.h"
#include "widgets/rollout/rollout_view.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr int kLeastWidthForOneRow = 460;

QString clockWords(double seconds)
{
    const auto whole = static_cast<qint64>(std::ceil(seconds));
    return QStringLiteral("%1:%2").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
}

// The same prediction as far as a person can tell; pixels are shared, so equal frames lie at equal places.
bool isSame(const RolloutRequest& one, const RolloutRequest& other)
{
    const auto firstPixels = [](const RolloutRequest& request) {
        return request.condition.frames.empty() ? nullptr : request.condition.frames.front().rgb().data();
    };
    return one.seed == other.seed && one.frames == other.frames && one.steps == other.steps &&
           one.prompt == other.prompt && one.guidance == other.guidance && one.heightPixels == other.heightPixels &&
           one.widthPixels == other.widthPixels && firstPixels(one) == firstPixels(other);
}

}  // namespace

RolloutPanel::RolloutPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("rollout"), tr("Rollout"), context, parent), m_rollout(std::make_unique<ShownRollout>())
{
    makeForm();
    m_view = new RolloutView(*m_rollout);
    auto* hint = new HintPage(
        tr("No prediction yet"),
        tr("Open a picture or a clip, say what should happen, and press Predict: the world model goes on from it "
           "frame by frame. Previews appear while it works."),
        {});
    auto* content = new QWidget;
    m_pages = new QStackedLayout(content);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(hint);
    m_pages->addWidget(m_view);

    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_optionsButton);
    buttons->addStretch(1);
    buttons->addWidget(m_stop);
    buttons->addWidget(m_predict);
    m_head = new QBoxLayout(QBoxLayout::LeftToRight);
    m_head->setSpacing(8);
    m_head->addWidget(m_prompt, 1);
    m_head->addLayout(buttons);
    auto* form = new QWidget;
    auto* formColumn = new QVBoxLayout(form);
    formColumn->setContentsMargins(12, 8, 12, 4);
    formColumn->setSpacing(4);
    formColumn->addLayout(m_head);
    formColumn->addWidget(m_condition);
    formColumn->addWidget(m_options);
    formColumn->addWidget(m_progressRow);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(form);
    column->addWidget(content, 1);
    wire();
    showCondition();
    showProgress();
    showContent();
}

void RolloutPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    // Words of what should happen want room.
    m_head->setDirection(width() < kLeastWidthForOneRow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

RolloutPanel::~RolloutPanel()
{
    // The view reads the rollout, which goes before the child widgets do.
    delete m_view;
}

void RolloutPanel::makeForm()
{
    m_prompt = new QLineEdit;
    m_prompt->setObjectName(QStringLiteral("rolloutPrompt"));
    m_prompt->setPlaceholderText(tr("What should happen …"));
    m_prompt->setAccessibleName(tr("Prompt of the rollout"));
    m_prompt->setClearButtonEnabled(true);
    m_optionsButton = new QToolButton;
    m_optionsButton->setText(tr("Options"));
    m_optionsButton->setCheckable(true);
    m_optionsButton->setArrowType(Qt::RightArrow);
    m_optionsButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_optionsButton->setAutoRaise(true);
    m_optionsButton->setToolTip(tr("Frames, steps, size, seeds, guidance, negative prompt, previews"));
    m_predict = new QPushButton(tr("Predict"));
    m_predict->setObjectName(QStringLiteral("predictButton"));
    m_predict->setProperty("primary", true);
    m_stop = new QPushButton(tr("Stop"));
    m_stop->setObjectName(QStringLiteral("rolloutStopButton"));
    m_condition = new QLabel;
    m_condition->setObjectName(QStringLiteral("rolloutCondition"));
    m_condition->setProperty("role", "muted");
    m_condition->setWordWrap(true);
    m_form = new RolloutForm;
    m_options = new QScrollArea;
    m_options->setWidgetResizable(true);
    m_options->setFrameShape(QFrame::NoFrame);
    m_options->setWidget(m_form);
    m_options->setMinimumHeight(120);
    m_options->setMaximumHeight(m_form->sizeHint().height() + 8);
    m_options->hide();
    m_bar = new QProgressBar;
    m_bar->setTextVisible(false);
    m_bar->setFixedWidth(160);
    m_bar->setAccessibleName(tr("Steps of the rollout"));
    m_progress = new QLabel;
    m_progress->setObjectName(QStringLiteral("rolloutProgress"));
    m_progressRow = new QWidget;
    auto* row = new QHBoxLayout(m_progressRow);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(10);
    row->addWidget(m_bar);
    row->addWidget(m_progress, 1);
}

void RolloutPanel::wire()
{
    connect(m_optionsButton, &QToolButton::toggled, this, &RolloutPanel::showOptions);
    connect(m_prompt, &QLineEdit::returnPressed, m_predict, &QPushButton::click);
    connect(m_form, &RolloutForm::changed, this, &RolloutPanel::showCondition);
    connect(&media(), &MediaListModel::currentChanged, this, &RolloutPanel::showCondition);
    connect(&media(), &MediaListModel::itemChanged, this, &RolloutPanel::showCondition);
    connect(&media(), &MediaListModel::frameWanted, this, &RolloutPanel::showCondition);
    connect(m_rollout.get(), &ShownRollout::rolloutChanged, this, [this] {
        showContent();
        showProgress();
        Q_EMIT readinessChanged();
    });
    connect(m_rollout.get(), &ShownRollout::currentChanged, this, [this] {
        showProgress();
        Q_EMIT readinessChanged();
    });
    connect(m_rollout.get(), &ShownRollout::stepped, this, [this] {
        showProgress();
        Q_EMIT readinessChanged();
    });
    connect(m_view, &RolloutView::frameChanged, this, &RolloutPanel::frameChanged);
    connect(m_view, &RolloutView::frameHovered, this, &RolloutPanel::frameHovered);
    connect(&selection(), &Selection::focusChanged, this, &RolloutPanel::focusChanged);
}

void RolloutPanel::setActions(QAction* predict, QAction* stop)
{
    const auto tie = [](QPushButton* button, QAction* action) {
        button->setToolTip(action->toolTip());
        button->setEnabled(action->isEnabled());
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::changed, button, [button, action] { button->setEnabled(action->isEnabled()); });
    };
    tie(m_predict, predict);
    tie(m_stop, stop);
}

void RolloutPanel::showOptions(bool shown)
{
    m_optionsButton->setArrowType(shown ? Qt::DownArrow : Qt::RightArrow);
    m_options->setVisible(shown);
}

RolloutWish RolloutPanel::wish() const
{
    RolloutWish out;
    out.settings = m_form->settings();
    out.settings.prompt = m_prompt->text().trimmed().toStdString();
    out.seeds = m_form->seeds();
    out.keepSteps = m_form->keepsSteps();
    if (const MediaItem* item = media().current()) {
        out.media = item->id;
        out.lastFrame = item->wantedFrame;
        out.conditionFrames = item->isVideo() ? m_form->conditionFrames() : 1;
    }
    return out;
}

QString RolloutPanel::obstacle() const
{
    if (!m_modelObstacle.isEmpty())
        return m_modelObstacle;
    const MediaItem* item = media().current();
    if (item == nullptr)
        return tr("Open a picture or a clip to go on from.");
    if (!item->ready())
        return tr("%1 is being opened.").arg(item->name);
    if (const QString problem = m_form->problem(); !problem.isEmpty())
        return problem;
    if (item->isVideo() && m_form->conditionFrames() > item->wantedFrame + 1)
        return tr("%1 frames shall be given and only %2 lie before the slider; move it on or give fewer.")
            .arg(m_form->conditionFrames())
            .arg(item->wantedFrame + 1);
    return {};
}

void RolloutPanel::setModelObstacle(const QString& sentence)
{
    if (sentence == m_modelObstacle)
        return;
    m_modelObstacle = sentence;
    showCondition();
}

void RolloutPanel::showCondition()
{
    const QString problem = obstacle();
    if (!problem.isEmpty()) {
        m_condition->setText(problem);
    } else {
        const RolloutWish wanted = wish();
        const MediaItem* item = media().current();
        QString words = tr("Goes on from %1").arg(item->name);
        if (item->isVideo()) {
            words = wanted.conditionFrames == 1
                        ? tr("Goes on from frame %1 of %2").arg(wanted.lastFrame).arg(item->name)
                        : tr("Goes on from frames %1–%2 of %3")
                              .arg(wanted.lastFrame - wanted.conditionFrames + 1)
                              .arg(wanted.lastFrame)
                              .arg(item->name);
            if (item->frameCount > wanted.lastFrame + 1)
                words += tr(" and is compared with what comes after");
            if (std::abs(item->framesPerSecond - wanted.settings.framesPerSecond) > 0.5 && item->framesPerSecond > 0)
                words += tr(" frame by frame (the clip has %1 a second, the model is told %2)")
                             .arg(item->framesPerSecond, 0, 'f', 1)
                             .arg(wanted.settings.framesPerSecond, 0, 'f', 1);
        }
        m_condition->setText(words + tr(" · %1 frames of %2×%3, %4 steps")
                                         .arg(wanted.settings.frames)
                                         .arg(wanted.settings.heightPixels)
                                         .arg(wanted.settings.widthPixels)
                                         .arg(wanted.settings.steps));
    }
    Q_EMIT readinessChanged();
}

void RolloutPanel::showProgress()
{
    const RolloutBranch* branch = m_rollout->current();
    m_progressRow->setVisible(branch != nullptr);
    if (branch == nullptr)
        return;
    const RolloutPace pace = paceOf(*branch);
    const bool isRunning = branch->state == RunState::Running;
    QStringList parts;
    if (m_rollout->branches().size() > 1 && branch->request)
        parts << tr("seed %1").arg(branch->request->seed);
    if (isRunning && pace.done == 0)
        parts << tr("preparing");
    else if (isRunning && pace.done >= pace.total)
        parts << tr("decoding");
    else if (branch->state == RunState::Empty)
        parts << tr("waits for its turn");
    if (pace.done > 0)
        parts << tr("step %1 of %2").arg(pace.done).arg(pace.total);
    if (pace.secondsPerStep > 0)
        parts << tr("%1 s a step").arg(pace.secondsPerStep, 0, 'f', pace.secondsPerStep < 10 ? 2 : 1);
    if (isRunning && pace.secondsLeft > 0)
        parts << tr("%1 left").arg(clockWords(pace.secondsLeft));
    if (branch->state == RunState::Cancelled)
        parts << tr("stopped; what was made stays");
    else if (branch->state == RunState::Failed)
        parts << tr("failed");
    m_progress->setText(parts.join(QStringLiteral(" · ")));
    m_bar->setVisible(isRunning);
    m_bar->setRange(0, static_cast<int>(pace.done > 0 ? pace.total : 0));
    m_bar->setValue(static_cast<int>(pace.done));
}

QString RolloutPanel::progressText() const
{
    return m_progress->text();
}

void RolloutPanel::showContent()
{
    m_pages->setCurrentIndex(m_rollout->empty() ? 0 : 1);
    setKeyboardPlace(m_rollout->empty() ? static_cast<QWidget*>(m_prompt) : m_view->filmstrip());
}

std::shared_ptr<const RolloutRequest> RolloutPanel::requestForQuestion() const
{
    const RolloutBranch* branch = m_rollout->current();
    if (branch == nullptr || branch->state == RunState::Completed)
        return branch == nullptr ? nullptr : branch->request;
    // Of a stopped branch what is there: its last estimate.
    if (branch->state != RunState::Cancelled || branch->latents() == nullptr)
        return nullptr;
    auto asFarAsMade = std::make_shared<RolloutRequest>(*branch->request);
    asFarAsMade->takeStopped = true;
    return asFarAsMade;
}

bool RolloutPanel::runIsPredicted() const
{
    return run().question() != nullptr && run().question()->world.source == WorldSource::Rollout;
}

void RolloutPanel::frameChanged(int frame)
{
    Focus focus = selection().focus();
    focus.latentFrame = latentFrameFromFrame(frame);
    selection().setFocus(focus);
}

void RolloutPanel::focusChanged()
{
    const std::optional<int> latent = selection().focus().latentFrame;
    if (latent && *latent != latentFrameFromFrame(m_view->frame()) &&
        framesFromLatentFrame(*latent).first < m_rollout->frameCount())
        m_view->setFrame(framesFromLatentFrame(*latent).first);
}

void RolloutPanel::frameHovered(int frame)
{
    if (!runIsPredicted() || run().layout() == nullptr)
        return;
    Positions positions;
    const TokenLayout& layout = *run().layout();
    for (std::int64_t i = 0; frame >= 0 && i < layout.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (layout.kinds[at] == TokenKind::World && layout.origins[at].latentFrame == latentFrameFromFrame(frame))
            positions.push_back(i);
    }
    selection().hover(std::move(positions));
}

void RolloutPanel::showSelection()
{
    std::vector<int> marked;
    if (runIsPredicted()) {
        for (const Positions* positions : {&selection().hovered(), &selection().chosen()}) {
            for (const std::int64_t position : *positions) {
                const int latent = run().originAt(position).latentFrame;
                if (latent >= 0 && std::find(marked.begin(), marked.end(), latent) == marked.end())
                    marked.push_back(latent);
            }
        }
    }
    m_view->setMarkedLatentFrames(std::move(marked));
}

void RolloutPanel::showRun()
{
    showSelection();
}

void RolloutPanel::showState()
{
    openRecordOfRun();
}

void RolloutPanel::openRecordOfRun()
{
    const std::shared_ptr<const RunRecord> record = run().record();
    if (!record || !holdsRollout(*record) || m_rollout->isRunning())
        return;
    // A question about what is shown already brings nothing new.
    const std::optional<RolloutRequest>& asked = record->question.world.rollout;
    for (const RolloutBranch& branch : m_rollout->branches()) {
        if (branch.record == record || (asked && branch.request && isSame(*asked, *branch.request)))
            return;
    }
    m_rollout->showRecord(record);
}

QJsonObject RolloutPanel::saveSettings() const
{
    QJsonObject out = m_form->saveSettings();
    out["prompt"] = m_prompt->text();
    out["optionsShown"] = m_optionsButton->isChecked();
    return out;
}

void RolloutPanel::restoreSettings(const QJsonObject& saved)
{
    m_form->restoreSettings(saved);
    m_prompt->setText(saved["prompt"].toString(m_prompt->text()));
    m_optionsButton->setChecked(saved["optionsShown"].toBool(m_optionsButton->isChecked()));
}

}  // namespace armillary::widgets
