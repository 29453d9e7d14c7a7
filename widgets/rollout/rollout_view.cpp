#include "widgets/rollout/rollout_view.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/canvas/filmstrip_canvas.h"
#include "widgets/canvas/frame_compare_canvas.h"
#include "widgets/canvas/latent_maps_canvas.h"
#include "widgets/local_action.h"
#include "widgets/models/memory_plan_model.h"
#include "widgets/models/rollout_frame_model.h"
#include "widgets/rollout/rollout_tiles.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr int kThumbnailHeight = 120;

QLabel* makeNote()
{
    auto* label = new QLabel;
    label->setProperty("role", "muted");
    label->setWordWrap(true);
    label->setContentsMargins(12, 2, 12, 4);
    return label;
}

QWidget* stacked(std::initializer_list<QWidget*> widgets)
{
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    for (QWidget* widget : widgets)
        column->addWidget(widget, qobject_cast<QLabel*>(widget) == nullptr ? 1 : 0);
    return page;
}

bool samePlan(const MemoryPlan& one, const MemoryPlan& other)
{
    return one.freeBytes == other.freeBytes &&
           std::equal(one.rows.begin(), one.rows.end(), other.rows.begin(), other.rows.end(),
                      [](const MemoryPlanRow& a, const MemoryPlanRow& b) {
                          return a.part == b.part && a.weightBytes == b.weightBytes && a.place == b.place &&
                                 a.after == b.after && a.measuredBytes == b.measuredBytes;
                      });
}

QTableView* makeTable(QAbstractItemModel* model, const QString& name)
{
    auto* table = new QTableView;
    table->setModel(model);
    table->setAccessibleName(name);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setAlternatingRowColors(true);
    table->setTabKeyNavigation(false);
    table->setShowGrid(false);
    table->verticalHeader()->hide();
    fitRows(table, 8);
    table->horizontalHeader()->setHighlightSections(false);
    return table;
}

}  // namespace

RolloutView::RolloutView(ShownRollout& rollout, QWidget* parent) : QWidget(parent), m_rollout(rollout)
{
    m_frameModel = new RolloutFrameModel(this);
    m_memoryModel = new MemoryPlanModel(this);
    m_strip = new FilmstripCanvas;
    makePages();
    auto* bottom = new QWidget;
    auto* column = new QVBoxLayout(bottom);
    column->setContentsMargins(0, 0, 0, 4);
    column->setSpacing(0);
    column->addWidget(m_strip, 1);
    column->addWidget(makeControls());
    auto* split = new QSplitter(Qt::Vertical);
    split->setChildrenCollapsible(false);
    split->addWidget(m_pages);
    split->addWidget(bottom);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 1);
    split->setSizes({330, 150});
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(split);
    makeActions();
    wire();
    showAll();
}

void RolloutView::makePages()
{
    m_pages = new QTabWidget;
    m_pages->setDocumentMode(true);
    m_pages->addTab(makeFramePage(), tr("Frame"));
    m_pages->addTab(makeLatentPage(), tr("Latents"));
    m_pages->addTab(makeSeedPage(), tr("Seeds"));
    m_table = makeTable(m_frameModel, tr("Frames of the rollout"));
    m_pages->addTab(m_table, tr("Table"));
    m_pages->addTab(makeMemoryPage(), tr("Memory"));
    m_pages->setTabToolTip(FramePage, tr("The chosen frame, beside what really happened where that is known"));
    m_pages->setTabToolTip(LatentPage,
                           tr("Every channel of the chosen latent frame, against the autoencoder's own statistics"));
    m_pages->setTabToolTip(SeedPage, tr("The same frame of every seed, and where the seeds disagree"));
    m_pages->setTabToolTip(TablePage, tr("Every frame with its latent frame, PSNR and SSIM"));
    m_pages->setTabToolTip(MemoryPage, tr("Which part of the world model goes where, planned and measured"));
}

QWidget* RolloutView::makeFramePage()
{
    m_pictures = new FrameCompareCanvas;
    m_measures = makeNote();
    m_measures->setObjectName(QStringLiteral("rolloutMeasures"));
    return stacked({m_pictures, m_measures});
}

QWidget* RolloutView::makeLatentPage()
{
    m_latents = new LatentMapsCanvas(tr("Latent maps"));
    m_stepChoice = new QComboBox;
    m_stepChoice->setAccessibleName(tr("After which step"));
    m_stepChoice->setToolTip(tr("The latents at the end, or after a step when they were kept"));
    m_latentNote = makeNote();
    auto* head = new QWidget;
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(12, 4, 12, 0);
    row->addWidget(m_stepChoice);
    row->addWidget(m_latentNote, 1);
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(head);
    column->addWidget(m_latents, 1);
    return page;
}

QWidget* RolloutView::makeSeedPage()
{
    m_seeds = new LatentMapsCanvas(tr("Seeds"));
    m_seedNote = makeNote();
    return stacked({m_seeds, m_seedNote});
}

QWidget* RolloutView::makeMemoryPage()
{
    auto* table = makeTable(m_memoryModel, tr("Memory plan"));
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table->horizontalHeader()->setStretchLastSection(true);
    m_memoryNote = makeNote();
    return stacked({m_memoryNote, table});
}

QWidget* RolloutView::makeControls()
{
    const auto button = [this](Qt::ArrowType arrow, const QString& tip, auto change) {
        auto* made = new QToolButton;
        made->setArrowType(arrow);
        made->setAutoRaise(true);
        made->setToolTip(tip);
        made->setAccessibleName(tip);
        connect(made, &QToolButton::clicked, this, change);
        return made;
    };
    m_play = new QToolButton;
    m_play->setText(tr("Play"));
    m_play->setAutoRaise(true);
    m_play->setToolTip(tr("Play the frames or halt (Space)"));
    connect(m_play, &QToolButton::clicked, this, [this] { setPlaying(!isPlaying()); });
    m_frameLabel = new QLabel;
    m_frameLabel->setObjectName(QStringLiteral("rolloutFrame"));
    m_frameLabel->setProperty("role", "muted");
    m_frameLabel->setWordWrap(true);
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(8, 2, 12, 2);
    row->setSpacing(4);
    row->addWidget(
        button(Qt::LeftArrow, tr("The frame before (←; Shift+← a latent frame)"), [this] { stepFrame(-1); }));
    row->addWidget(m_play);
    row->addWidget(button(Qt::RightArrow, tr("The next frame (→; Shift+→ a latent frame)"), [this] { stepFrame(1); }));
    row->addSpacing(6);
    row->addWidget(m_frameLabel, 1);
    return bar;
}

void RolloutView::makeActions()
{
    addLocalAction(this, tr("Play the rollout"), {Qt::Key_Space}, tr("Play the frames or halt (Space)"),
                   [this] { setPlaying(!isPlaying()); });
    addLocalAction(this, tr("Next frame of the rollout"), {Qt::Key_Right}, tr("The next frame (→)"),
                   [this] { stepFrame(1); });
    addLocalAction(this, tr("Previous frame of the rollout"), {Qt::Key_Left}, tr("The frame before (←)"),
                   [this] { stepFrame(-1); });
    addLocalAction(this, tr("Next latent frame"), {Qt::SHIFT | Qt::Key_Right}, tr("The next latent frame (Shift+→)"),
                   [this] { stepLatentFrame(1); });
    addLocalAction(this, tr("Previous latent frame"), {Qt::SHIFT | Qt::Key_Left},
                   tr("The latent frame before (Shift+←)"), [this] { stepLatentFrame(-1); });
    addLocalAction(this, tr("First frame of the rollout"), {Qt::Key_Home}, tr("The first frame (Home)"),
                   [this] { setFrame(0); });
    addLocalAction(this, tr("Last frame of the rollout"), {Qt::Key_End}, tr("The last frame (End)"),
                   [this] { setFrame(m_rollout.frameCount() - 1); });
    addLocalAction(this, tr("Fit the filmstrip"), {Qt::Key_F}, tr("All frames on the strip again (F)"),
                   [this] { m_strip->zoomToFit(); });
}

void RolloutView::wire()
{
    connect(&m_rollout, &ShownRollout::rolloutChanged, this, &RolloutView::showAll);
    connect(&m_rollout, &ShownRollout::currentChanged, this, &RolloutView::showAll);
    connect(&m_rollout, &ShownRollout::framesChanged, this, &RolloutView::showBranchFrames);
    connect(&m_rollout, &ShownRollout::stepped, this, &RolloutView::showBranchState);
    connect(&m_work, &RolloutWork::thumbnailReady, this, [this](FilmRow row, int index, const QImage& thumbnail) {
        if (row == FilmRow::Shown)
            m_strip->setThumbnail(index, thumbnail);
        else
            m_strip->setReal(index, thumbnail);
    });
    connect(&m_work, &RolloutWork::measured, this, [this](int index, const inspect::ImageDistance& distance) {
        m_strip->setDistance(index, distance);
        m_frameModel->setDistance(index, distance);
    });
    connect(&m_work, &RolloutWork::compared, this, [this](int index, const FrameComparison& comparison) {
        if (index == m_frame)
            showPictures(comparison);
    });
    connect(m_strip, &FilmstripCanvas::frameChosen, this, &RolloutView::setFrame);
    connect(m_strip, &FilmstripCanvas::frameHovered, this, &RolloutView::frameHovered);
    connect(m_pages, &QTabWidget::currentChanged, this, &RolloutView::showPage);
    connect(m_stepChoice, &QComboBox::currentIndexChanged, this, &RolloutView::showLatents);
    connect(m_seeds, &LatentMapsCanvas::tileClicked, this, [this](int index) { m_rollout.setCurrent(index); });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& index) {
        if (index.isValid())
            setFrame(index.row());
    });
    connect(&m_playTimer, &QTimer::timeout, this, [this] {
        const int count = m_rollout.frameCount();
        setFrame(count > 0 ? (m_frame + 1) % count : 0);
    });
}

double RolloutView::aspect() const
{
    const RolloutBranch* branch = m_rollout.current();
    if (branch == nullptr)
        return 1;
    if (branch->request)
        return static_cast<double>(branch->request->widthPixels) / std::max(1, branch->request->heightPixels);
    const Image image = branch->shownFrame(0);
    return image.empty() ? 1 : static_cast<double>(image.width()) / image.height();
}

void RolloutView::showAll()
{
    m_work.forget();
    const int count = m_rollout.frameCount();
    m_strip->setFrames(count, m_rollout.givenFrames(), aspect(), m_rollout.hasContinuation());
    m_frameModel->setFrames(count, m_rollout.givenFrames(), m_rollout.framesPerSecond());
    m_frame = std::clamp(m_frame, 0, std::max(0, count - 1));
    m_strip->setCurrent(m_frame);
    if (count < 2)
        setPlaying(false);
    requestThumbnails(false);
    requestThumbnails(true);
    requestMeasures();
    fillSteps();
    showPlan();
    showFrame();
}

void RolloutView::showBranchFrames(int branch)
{
    if (branch == m_rollout.currentIndex()) {
        // A saved prediction may hold fewer frames than were asked for, when its decoding was stopped.
        if (static_cast<int>(m_strip->frames().size()) != m_rollout.frameCount()) {
            showAll();
            return;
        }
        requestThumbnails(false);
        m_strip->clearDistances();
        m_frameModel->clearDistances();
        requestMeasures();
        fillSteps();
        showFrame();
    } else if (m_pages->currentIndex() == SeedPage) {
        showSeeds();
    }
}

void RolloutView::showBranchState(int branch)
{
    if (branch == m_rollout.currentIndex())
        showPlan();
    if (m_pages->currentIndex() == SeedPage)
        showSeeds();
}

void RolloutView::requestThumbnails(bool real)
{
    const RolloutBranch* current = m_rollout.current();
    if (current == nullptr)
        return;
    // The background thread reads a copy: its pixels are shared and do not change.
    const auto branch = std::make_shared<const RolloutBranch>(*current);
    if (!real) {
        m_work.makeThumbnails(
            FilmRow::Shown, m_rollout.frameCount(), [branch](int index) { return branch->shownFrame(index); },
            kThumbnailHeight);
    } else if (m_rollout.hasContinuation()) {
        const auto after = std::make_shared<const Clip>(m_rollout.continuation());
        m_work.makeThumbnails(
            FilmRow::Real, m_rollout.frameCount(),
            [branch, after](int index) { return branch->realFrame(index, *after); }, kThumbnailHeight);
    }
}

void RolloutView::requestMeasures()
{
    const RolloutBranch* current = m_rollout.current();
    if (current == nullptr || !current->isDecoded())
        return;
    const auto branch = std::make_shared<const RolloutBranch>(*current);
    const auto after = std::make_shared<const Clip>(m_rollout.continuation());
    m_work.compareAll(
        0, branch->frameCount(), [branch](int index) { return branch->frame(index); },
        [branch, after](int index) { return branch->realFrame(index, *after); });
}

void RolloutView::setFrame(int frame)
{
    const int last = std::max(0, m_rollout.frameCount() - 1);
    const int wanted = std::clamp(frame, 0, last);
    if (wanted == m_frame)
        return;
    m_frame = wanted;
    m_strip->setCurrent(wanted);
    showFrame();
    Q_EMIT frameChanged(wanted);
}

void RolloutView::stepFrame(int step)
{
    setPlaying(false);
    setFrame(m_frame + step);
}

void RolloutView::stepLatentFrame(int step)
{
    setPlaying(false);
    setFrame(framesFromLatentFrame(std::max(0, latentFrameFromFrame(m_frame) + step)).first);
}

void RolloutView::setPlaying(bool playing)
{
    const bool can = playing && m_rollout.frameCount() > 1;
    m_play->setText(can ? tr("Halt") : tr("Play"));
    if (can)
        m_playTimer.start(static_cast<int>(1000 / std::max(1.0, m_rollout.framesPerSecond())));
    else
        m_playTimer.stop();
}

void RolloutView::setMarkedLatentFrames(std::vector<int> latentFrames)
{
    m_strip->setMarkedLatentFrames(std::move(latentFrames));
}

void RolloutView::setPage(Page page)
{
    m_pages->setCurrentIndex(page);
}

QString RolloutView::measureText() const
{
    return m_measures->text();
}

void RolloutView::showFrame()
{
    showFrameLabel();
    showPictures(std::nullopt);
    const RolloutBranch* branch = m_rollout.current();
    if (branch != nullptr && m_frame < branch->frameCount()) {
        const Image real = m_rollout.realFrame(m_frame);
        if (!real.empty())
            m_work.compareOne(m_frame, branch->frame(m_frame), real);
    }
    if (m_pages->currentIndex() != FramePage)
        showPage();
}

void RolloutView::showFrameLabel()
{
    if (m_rollout.empty()) {
        m_frameLabel->clear();
        return;
    }
    const int latent = latentFrameFromFrame(m_frame);
    const auto [first, last] = framesFromLatentFrame(latent);
    const QString band = first == last ? tr("frame %1").arg(first) : tr("frames %1–%2").arg(first).arg(last);
    QStringList parts{tr("frame %1 of %2").arg(m_frame).arg(m_rollout.frameCount()),
                      tr("latent frame %1 (%2)").arg(latent).arg(band),
                      tr("%1 s").arg(m_frame / m_rollout.framesPerSecond(), 0, 'f', 2),
                      m_frame < m_rollout.givenFrames() ? tr("given") : tr("predicted")};
    m_frameLabel->setText(parts.join(QStringLiteral(" · ")));
}

void RolloutView::showPictures(const std::optional<FrameComparison>& comparison)
{
    const RolloutBranch* branch = m_rollout.current();
    if (branch == nullptr) {
        m_pictures->setPictures({}, 1);
        m_measures->clear();
        return;
    }
    m_pictures->setPictures(picturesOf(m_rollout, m_frame, comparison), aspect());
    m_measures->setText(comparison ? measureWords(*comparison, m_frame < m_rollout.givenFrames()) : QString());
}

void RolloutView::showPage()
{
    switch (m_pages->currentIndex()) {
    case LatentPage: showLatents(); break;
    case SeedPage: showSeeds(); break;
    case TablePage: {
        const QSignalBlocker quiet(m_table->selectionModel());
        m_table->selectRow(m_frame);
        m_table->scrollTo(m_frameModel->index(m_frame, 0));
        break;
    }
    default: break;
    }
}

void RolloutView::fillSteps()
{
    const QSignalBlocker quiet(m_stepChoice);
    const QVariant chosen = m_stepChoice->currentData();
    m_stepChoice->clear();
    m_stepChoice->addItem(tr("at the end"), -1);
    if (const RolloutBranch* branch = m_rollout.current()) {
        for (const std::int64_t step : branch->keptSteps())
            m_stepChoice->addItem(tr("after step %1").arg(step + 1), static_cast<qlonglong>(step));
    }
    m_stepChoice->setCurrentIndex(std::max(0, m_stepChoice->findData(chosen)));
    m_stepChoice->setVisible(m_stepChoice->count() > 1);
}

void RolloutView::showLatents()
{
    const qlonglong step = m_stepChoice->currentData().toLongLong();
    const RolloutBranch* branch = m_rollout.current();
    const int latent = latentFrameFromFrame(m_frame);
    LatentPageContent content;
    if (branch != nullptr)
        content = latentTiles(*branch, step < 0 ? std::nullopt : std::optional<std::int64_t>(step), latent);
    else
        content.note = tr("The latents appear here when a prediction has ended.");
    m_latents->setTiles(std::move(content.tiles), content.aspect);
    if (m_latents->tiles().empty())
        m_latents->clearLegend();
    else
        m_latents->setLegend(ColorScale::Signed, content.lowest, content.highest);
    m_latentNote->setText(content.note);
}

void RolloutView::showSeeds()
{
    SeedPageContent content = seedTiles(m_rollout, m_frame);
    m_seeds->setTiles(std::move(content.tiles), aspect());
    if (content.highestVariance.isEmpty())
        m_seeds->clearLegend();
    else
        m_seeds->setLegend(ColorScale::Magnitude, QStringLiteral("0"), content.highestVariance);
    m_seedNote->setText(content.note);
}

void RolloutView::showPlan()
{
    const RolloutBranch* branch = m_rollout.current();
    const MemoryPlan plan = branch != nullptr ? branch->plan : MemoryPlan();
    // Called at every step; a table that is set anew forgets what was selected in it.
    if (!samePlan(plan, m_memoryModel->plan()))
        m_memoryModel->setPlan(plan);
    m_memoryNote->setText(plan.rows.empty()
                              ? tr("The plan appears here before the parts of the world model are loaded.")
                              : tr("Free before the run: %1").arg(QLocale().formattedDataSize(plan.freeBytes)));
}

}  // namespace armillary::widgets
