#include "widgets/panels/alignment_panel.h"

#include "widgets/canvas/similarity_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/models/measure_table_model.h"
#include "widgets/models/result_table_model.h"
#include "widgets/norm_histogram.h"
#include "widgets/null_band_delegate.h"
#include "widgets/vector_sources.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedLayout>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

// Tokens on a side of the heat map: more would be smaller than pixels.
constexpr int kMatrixTokens = 600;

QTableView* tableOf(QAbstractItemModel* model, const QString& name)
{
    auto* table = new QTableView;
    table->setModel(model);
    table->setAccessibleName(name);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setShowGrid(false);
    table->setAlternatingRowColors(true);
    table->setWordWrap(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(table->fontMetrics().height() + 8);
    table->horizontalHeader()->setHighlightSections(false);
    return table;
}

int latentFramesOf(const TokenLayout* layout)
{
    int out = 0;
    for (const TokenGrid& grid : layout == nullptr ? std::vector<TokenGrid>() : layout->grids) {
        if (grid.kind == TokenKind::World)
            out = std::max(out, grid.latentFrames);
    }
    return out;
}

}  // namespace

AlignmentPanel::AlignmentPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("alignment"), tr("Alignment"), context, parent)
{
    for (int view = 0; view < ViewCount; ++view) {
        m_views[static_cast<std::size_t>(view)] = new AnalysisView(this->context(), this);
        connect(m_views[static_cast<std::size_t>(view)], &AnalysisView::changed, this,
                [this, view] { showView(static_cast<View>(view)); });
    }
    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 4);
    column->setSpacing(2);
    column->addWidget(makeTop());
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeNumbers(), tr("Numbers"));
    m_tabs->addTab(makeSimilarity(), tr("Similarity"));
    m_tabs->addTab(makeNorms(), tr("Norms"));
    m_tabs->addTab(makeChannels(), tr("Latent channels"));
    column->addWidget(m_tabs, 1);
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("alignmentNote"));
    m_note->setProperty("role", "muted");
    m_note->setContentsMargins(12, 0, 12, 0);
    m_note->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    column->addWidget(m_note);
    m_work = new QWidget;
    auto* row = new QHBoxLayout(m_work);
    row->setContentsMargins(12, 0, 10, 2);
    m_workText = new QLabel;
    m_workBar = new QProgressBar;
    m_workBar->setTextVisible(false);
    m_workBar->setFixedWidth(110);
    m_workBar->setAccessibleName(tr("Progress of the analyses"));
    makeActions();
    auto* stop = new QToolButton;
    stop->setDefaultAction(m_stop);
    row->addWidget(m_workText, 1);
    row->addWidget(m_workBar);
    row->addWidget(stop);
    column->addWidget(m_work);

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("Nothing to compare yet"),
                                    tr("How world tokens agree with image tokens, and how far beyond chance, appears "
                                       "here as soon as an answer is done. Ask a question, or open a session."),
                                    {}));
    m_pages->addWidget(shown);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        wish();
        showWork();
        showNote();
    });
    showRun();
}

QWidget* AlignmentPanel::makeTop()
{
    auto* top = new QWidget;
    auto* row = new QHBoxLayout(top);
    row->setContentsMargins(10, 6, 10, 0);
    row->setSpacing(5);
    const auto addBox = [this, row](const QString& name, const QString& tip) {
        auto* box = new QComboBox;
        box->setAccessibleName(name);
        box->setToolTip(tip);
        box->setMinimumContentsLength(4);
        box->setMinimumWidth(56);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        connect(box, &QComboBox::currentIndexChanged, this, &AlignmentPanel::wish);
        row->addWidget(box, 1);
        return box;
    };
    const auto addSegments = [addBox](const QString& name, const QString& tip, int chosen) {
        QComboBox* box = addBox(name, tip);
        const QSignalBlocker quiet(box);
        box->addItem(AlignmentPanel::tr("world"), QStringLiteral("world"));
        box->addItem(AlignmentPanel::tr("image"), QStringLiteral("image"));
        box->addItem(AlignmentPanel::tr("words"), QStringLiteral("text,control,bracket,generated"));
        box->setCurrentIndex(chosen);
        return box;
    };
    m_firstSegment = addSegments(tr("First tokens"), tr("Which tokens are the first set"), 0);
    m_firstTensor = addBox(tr("First vectors"), tr("Which vectors of the first set"));
    auto* against = new QLabel(tr("against"));
    against->setProperty("role", "muted");
    row->addWidget(against);
    m_secondSegment = addSegments(tr("Second tokens"), tr("Which tokens are the second set"), 1);
    m_secondTensor = addBox(tr("Second vectors"), tr("Which vectors of the second set"));
    m_frame = new QSpinBox;
    m_frame->setPrefix(tr("t "));
    m_frame->setAccessibleName(tr("Latent frame"));
    m_frame->setToolTip(tr("The latent frame whose world cells are paired with image cells; follows the chosen frame"));
    row->addWidget(m_frame);
    connect(m_frame, &QSpinBox::valueChanged, this, &AlignmentPanel::wish);
    for (QComboBox* box : {m_firstTensor, m_secondTensor})
        fillVectorSources(*box, nullptr);
    return top;
}

QWidget* AlignmentPanel::makeNumbers()
{
    m_measures = new MeasureTableModel(this);
    QTableView* table = tableOf(m_measures, tr("Measures beside chance"));
    table->setItemDelegateForColumn(MeasureTableModel::BarColumn, new NullBandDelegate(*m_measures, table));
    table->horizontalHeader()->setStretchLastSection(true);
    table->setColumnWidth(MeasureTableModel::MeasureColumn, 170);
    table->setColumnWidth(MeasureTableModel::ValueColumn, 64);
    table->setColumnWidth(MeasureTableModel::BarColumn, 130);
    table->setColumnWidth(MeasureTableModel::BandColumn, 110);
    return table;
}

QWidget* AlignmentPanel::makeSimilarity()
{
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 2, 0, 0);
    column->setSpacing(2);
    m_matrixKinds = new QComboBox;
    m_matrixKinds->setAccessibleName(tr("Tokens of the heat map"));
    m_matrixKinds->addItems(
        {tr("world (rows) × image (columns)"), tr("world and image, all pairs"), tr("every token, all pairs")});
    m_matrixKinds->setToolTip(tr("Which tokens are the rows and columns; a thinner sample of long sequences"));
    m_canvas = new SimilarityCanvas(selection());
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 0, 10, 0);
    row->addWidget(m_matrixKinds);
    row->addStretch(1);
    column->addLayout(row);
    column->addWidget(m_canvas, 1);
    connect(m_matrixKinds, &QComboBox::currentIndexChanged, this, [this] {
        wish();
        showMatrix();
    });
    return page;
}

QWidget* AlignmentPanel::makeNorms()
{
    auto* split = new QSplitter(Qt::Vertical);
    m_histogram = new NormHistogram;
    m_segments = new ResultTableModel(this);
    m_outliers = new ResultTableModel(this);
    for (ResultTableModel* model : {m_segments, m_outliers}) {
        model->describe(QStringLiteral("MAD"), {tr("MAD"), {}, tr("Median distance from the median"), false});
        model->describe(QStringLiteral("z"),
                        {tr("MADs above"), {}, tr("(norm − median) / MAD inside its own segment"), false});
    }
    auto* tables = new QTabWidget;
    tables->setDocumentMode(true);
    m_outlierTable = tableOf(m_outliers, tr("Tokens with unusual norms"));
    m_outlierTable->setSortingEnabled(true);
    tables->addTab(tableOf(m_segments, tr("Norms by segment")), tr("By segment"));
    tables->addTab(m_outlierTable, tr("Outliers"));
    split->addWidget(m_histogram);
    split->addWidget(tables);
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 1);
    connect(m_outlierTable->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        const int column = m_outliers->columnOf(QStringLiteral("position"));
        Positions positions;
        for (const QModelIndex& index : m_outlierTable->selectionModel()->selectedRows(std::max(column, 0)))
            positions.push_back(static_cast<std::int64_t>(index.data(ResultTableModel::CellRole).toDouble()));
        positions.erase(std::remove_if(positions.begin(), positions.end(), [](std::int64_t each) { return each < 0; }),
                        positions.end());
        if (!positions.empty())
            selection().choose(std::move(positions));
    });
    return split;
}

QWidget* AlignmentPanel::makeChannels()
{
    m_channels = new ResultTableModel(this);
    m_channels->describe(QStringLiteral("mean off by sigmas"),
                         {tr("off by"), tr("σ"),
                          tr("Distance of the mean from the autoencoder's own, in its deviations"), false});
    m_channels->describe(QStringLiteral("beyond 2 sigma"),
                         {tr("beyond 2 σ"),
                          {},
                          tr("Share of values further than two deviations from the reference mean"),
                          false});
    QTableView* table = tableOf(m_channels, tr("Latent channels"));
    table->setSortingEnabled(true);
    table->sortByColumn(-1, Qt::AscendingOrder);
    return table;
}

void AlignmentPanel::makeActions()
{
    const auto add = [this](const QString& name, const QList<QKeySequence>& keys, const QString& tip, auto change) {
        auto* action = new QAction(name, this);
        action->setShortcuts(keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, change);
        addAction(action);
        return action;
    };
    add(tr("Alignment numbers"), {}, tr("CKA, nearest neighbours, Procrustes, SVCCA, gap and rank beside chance"),
        [this] { setTab(Numbers); });
    add(tr("Similarity matrix"), {}, tr("Cosines of world and image tokens as a heat map"),
        [this] { setTab(Similarity); });
    add(tr("Norms by segment"), {}, tr("Histogram of norms and tokens with unusual ones"), [this] { setTab(Norms); });
    add(tr("Latent channels"), {}, tr("World latents by channel beside the autoencoder's own statistics"),
        [this] { setTab(Channels); });
    add(tr("Fit the similarity matrix"), {Qt::Key_F}, tr("Show the whole matrix again (F)"),
        [this] { m_canvas->zoomToFit(); });
    add(tr("Enlarge the similarity matrix"), {Qt::Key_Plus, QKeySequence::ZoomIn}, tr("Look closer (+, or the wheel)"),
        [this] { m_canvas->zoomBy(1.25); });
    add(tr("Reduce the similarity matrix"), {Qt::Key_Minus, QKeySequence::ZoomOut}, tr("See more (−, or the wheel)"),
        [this] { m_canvas->zoomBy(0.8); });
    m_stop = add(tr("Stop"), {}, tr("Stop these analyses; what is shown stays"), [this] { stopAll(); });
}

AlignmentPanel::Tab AlignmentPanel::tab() const
{
    return static_cast<Tab>(std::max(0, m_tabs->currentIndex()));
}

void AlignmentPanel::setTab(Tab tab)
{
    m_tabs->setCurrentIndex(tab);
}

AnalysisRequest AlignmentPanel::requestOf(View view) const
{
    const auto data = [](const QComboBox* box) { return box->currentData().toString().toStdString(); };
    const std::string first = data(m_firstTensor);
    const std::string frame = std::to_string(m_frame->value());
    const std::string both = data(m_firstSegment) + "," + data(m_secondSegment);
    switch (view) {
    case Alignment:
        return {"alignment",
                {{"first", first},
                 {"first-segments", data(m_firstSegment)},
                 {"second", data(m_secondTensor)},
                 {"second-segments", data(m_secondSegment)},
                 {"first-frame", frame},
                 {"second-frame", frame}}};
    case Gap:
        return {"modality-gap",
                {{"tensor", first}, {"first", data(m_firstSegment)}, {"second", data(m_secondSegment)}}};
    case Rank: return {"effective-rank", {{"tensor", first}, {"segments", both}}};
    case Separability: return {"discriminability", {{"tensor", first}, {"segments", both}}};
    case Cosines:
        return {"embedding-cosine",
                {{"tensor", first},
                 {"segments", m_matrixKinds->currentIndex() == 2 ? "all" : "world,image"},
                 {"matrix", std::to_string(kMatrixTokens)}}};
    case NormView: return {"embedding-norms", {{"tensor", first}}};
    default: return {"latent-channels", {{"frame", "-1"}}};
    }
}

std::vector<AlignmentPanel::View> AlignmentPanel::viewsOf(Tab tab) const
{
    switch (tab) {
    case Numbers: return {Alignment, Gap, Rank, Separability};
    case Similarity: return {Cosines};
    case Norms: return {NormView};
    default: return {ChannelView};
    }
}

void AlignmentPanel::wish()
{
    // What nobody sees is not worth seconds of work.
    if (!isVisible() || isLocked())
        return;
    for (const View view : viewsOf(tab()))
        m_views[view]->want(requestOf(view));
}

void AlignmentPanel::stopAll()
{
    for (AnalysisView* view : m_views)
        view->stop();
}

void AlignmentPanel::showView(View view)
{
    const AnalysisView& shown = *m_views[view];
    switch (view) {
    case Cosines: showMatrix(); break;
    case NormView:
        if (shown.result() != nullptr) {
            m_segments->setResult(shown.sharedResult(), "segments");
            m_outliers->setResult(shown.sharedResult(), "outliers");
            m_histogram->setResult(*shown.result());
        } else {
            m_segments->clear();
            m_outliers->clear();
            m_histogram->clear();
        }
        break;
    case ChannelView:
        if (shown.result() != nullptr)
            m_channels->setResult(shown.sharedResult(), "channels");
        else
            m_channels->clear();
        break;
    default: showMeasures();
    }
    showWork();
    showNote();
}

void AlignmentPanel::showMeasures()
{
    std::vector<MeasureRow> rows;
    const std::array names = {tr("Alignment"), tr("Modality gap"), tr("Effective rank"), tr("Separability")};
    for (const View view : viewsOf(Numbers)) {
        const AnalysisView& each = *m_views[view];
        if (each.state() == AnalysisView::State::Failed) {
            MeasureRow row;
            row.measure = names[static_cast<std::size_t>(view)];
            row.note = each.problem();
            rows.push_back(std::move(row));
        } else if (each.result() != nullptr) {
            const std::vector<MeasureRow> own = measureRows(*each.result(), each.isDifference());
            rows.insert(rows.end(), own.begin(), own.end());
        }
    }
    m_measures->setRows(std::move(rows));
}

void AlignmentPanel::showMatrix()
{
    const std::shared_ptr<const AnalysisResult> result = m_views[Cosines]->sharedResult();
    const int choice = m_matrixKinds->currentIndex();
    if (result == m_matrixOf && choice == m_matrixChoice)
        return;
    m_matrixOf = result;
    m_matrixChoice = choice;
    if (!result) {
        m_canvas->setMatrix({});
        return;
    }
    std::vector<TokenKind> rows, columns;
    if (choice == 0) {
        rows = {TokenKind::World};
        columns = {TokenKind::Image};
    }
    m_canvas->setMatrix(similarityFromResult(*result, run().layout(), rows, columns));
}

void AlignmentPanel::showWork()
{
    QStringList working;
    qint64 done = 0, total = 0;
    for (const View view : viewsOf(tab())) {
        const AnalysisView& each = *m_views[view];
        if (each.state() != AnalysisView::State::Working)
            continue;
        const std::string name = requestOf(view).name;
        const auto entry = std::find_if(desk().entries().begin(), desk().entries().end(),
                                        [&name](const AnalysisEntry& known) { return known.name == name; });
        working << (entry == desk().entries().end() ? QString::fromStdString(name)
                                                    : QString::fromStdString(entry->title));
        if (each.stepsTotal() > 0 && total == 0) {
            done = each.stepsDone();
            total = each.stepsTotal();
        }
    }
    m_work->setVisible(!working.isEmpty());
    m_stop->setEnabled(!working.isEmpty());
    m_workText->setText(tr("Computing %1").arg(working.join(QStringLiteral(", "))));
    m_workBar->setRange(0, total > 0 ? 1000 : 0);
    if (total > 0)
        m_workBar->setValue(static_cast<int>(1000 * done / total));
}

QString AlignmentPanel::workText() const
{
    return m_work->isHidden() ? QString() : m_workText->text();
}

QString AlignmentPanel::note() const
{
    return m_note->toolTip();
}

void AlignmentPanel::showNote()
{
    QStringList parts;
    for (const View view : viewsOf(tab())) {
        const AnalysisView& each = *m_views[view];
        // On the first tab problems are rows of the table.
        if (each.state() == AnalysisView::State::Failed && tab() != Numbers)
            parts << each.problem();
        if (each.isDifference())
            parts << tr("A - B.");
        for (const std::string& caution :
             each.result() == nullptr ? std::vector<std::string>() : each.result()->cautions)
            parts << QString::fromStdString(caution);
    }
    parts.removeDuplicates();
    QString text = parts.join(QStringLiteral(" · "));
    m_note->setToolTip(text);
    // One line here, all of it in the tip: the numbers need the room.
    m_note->setText(parts.size() > 1 ? tr("%1 notes: %2").arg(parts.size()).arg(text) : text);
    m_note->setVisible(!text.isEmpty());
}

void AlignmentPanel::showRun()
{
    showState();
}

void AlignmentPanel::showState()
{
    const std::shared_ptr<const RunRecord> record = run().record();
    m_pages->setCurrentIndex(record ? 1 : 0);
    for (QComboBox* box : {m_firstTensor, m_secondTensor})
        fillVectorSources(*box, record.get());
    {
        const QSignalBlocker quiet(m_frame);
        const int frames = latentFramesOf(run().layout());
        m_frame->setRange(0, std::max(0, frames - 1));
        m_frame->setVisible(frames > 1);
    }
    showFocus();
    wish();
    showWork();
    showNote();
}

void AlignmentPanel::showSelection()
{
    if (tab() == Similarity)
        m_canvas->update();
}

void AlignmentPanel::showFocus()
{
    const std::optional<int> frame = selection().focus().latentFrame;
    if (frame && *frame <= m_frame->maximum())
        m_frame->setValue(*frame);
}

void AlignmentPanel::showEvent(QShowEvent* event)
{
    Panel::showEvent(event);
    for (AnalysisView* view : m_views)
        view->setFollowing(!isLocked());
    wish();
}

void AlignmentPanel::hideEvent(QHideEvent* event)
{
    for (AnalysisView* view : m_views)
        view->setFollowing(false);
    Panel::hideEvent(event);
}

QJsonObject AlignmentPanel::saveView() const
{
    return {{QStringLiteral("tab"), m_tabs->currentIndex()},
            {QStringLiteral("firstTokens"), m_firstSegment->currentIndex()},
            {QStringLiteral("secondTokens"), m_secondSegment->currentIndex()},
            {QStringLiteral("firstVectors"), m_firstTensor->currentData().toString()},
            {QStringLiteral("secondVectors"), m_secondTensor->currentData().toString()},
            {QStringLiteral("matrix"), m_matrixKinds->currentIndex()},
            {QStringLiteral("frame"), m_frame->value()}};
}

void AlignmentPanel::restoreView(const QJsonObject& view)
{
    const auto index = [&view](QComboBox* box, const QString& name) {
        const int wanted = view[name].toInt(box->currentIndex());
        if (wanted >= 0 && wanted < box->count())
            box->setCurrentIndex(wanted);
    };
    const auto vectors = [&view](QComboBox* box, const QString& name) {
        // Vectors that this run did not keep are no choice.
        const int wanted = box->findData(view[name].toString());
        if (wanted >= 0)
            box->setCurrentIndex(wanted);
    };
    index(m_firstSegment, QStringLiteral("firstTokens"));
    index(m_secondSegment, QStringLiteral("secondTokens"));
    vectors(m_firstTensor, QStringLiteral("firstVectors"));
    vectors(m_secondTensor, QStringLiteral("secondVectors"));
    index(m_matrixKinds, QStringLiteral("matrix"));
    m_frame->setValue(view[QStringLiteral("frame")].toInt(m_frame->value()));
    const int wanted = view[QStringLiteral("tab")].toInt(m_tabs->currentIndex());
    if (wanted >= 0 && wanted < m_tabs->count())
        m_tabs->setCurrentIndex(wanted);
}

QString AlignmentPanel::caption() const
{
    QString out = tr("%1: %2; %3 tokens (%4) against %5 tokens (%6).")
                      .arg(Panel::caption(), m_tabs->tabText(m_tabs->currentIndex()), m_firstSegment->currentText(),
                           m_firstTensor->currentText(), m_secondSegment->currentText(), m_secondTensor->currentText());
    if (!note().isEmpty())
        out += QLatin1Char(' ') + note();
    return out;
}

std::optional<AnalysisResult> AlignmentPanel::viewData() const
{
    // Of the first tab the four results in one: their tables have names of their own.
    std::optional<AnalysisResult> out;
    for (const View view : viewsOf(tab())) {
        const AnalysisResult* each = m_views[view]->result();
        if (each == nullptr)
            continue;
        if (!out) {
            out = *each;
            continue;
        }
        out->numbers.insert(out->numbers.end(), each->numbers.begin(), each->numbers.end());
        for (AnalysisTable table : each->tables) {
            table.name = each->request.name + " " + table.name;
            out->tables.push_back(std::move(table));
        }
        out->cautions.insert(out->cautions.end(), each->cautions.begin(), each->cautions.end());
    }
    return out;
}

}  // namespace armillary::widgets
