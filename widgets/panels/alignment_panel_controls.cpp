// The controls of the alignment panel: boxes, tabs, tables and actions.
#include "widgets/panels/alignment_panel.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/canvas/similarity_canvas.h"
#include "widgets/embedding/norm_histogram.h"
#include "widgets/embedding/null_band_delegate.h"
#include "widgets/embedding/vector_sources.h"
#include "widgets/local_action.h"
#include "widgets/models/measure_table_model.h"
#include "widgets/models/result_table_model.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

QTableView* tableOf(QAbstractItemModel* model, const QString& name)
{
    auto* table = new QTableView;
    table->setModel(model);
    table->setAccessibleName(name);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setTabKeyNavigation(false);
    table->setShowGrid(false);
    table->setAlternatingRowColors(true);
    table->setWordWrap(false);
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    fitRows(table, 8);
    table->horizontalHeader()->setHighlightSections(false);
    return table;
}

}  // namespace

QWidget* AlignmentPanel::makeTop()
{
    m_top = new QWidget;
    m_topRows = new QBoxLayout(QBoxLayout::LeftToRight, m_top);
    m_topRows->setContentsMargins(10, 6, 10, 0);
    m_topRows->setSpacing(5);
    m_secondPart = new QWidget;
    auto* first = new QHBoxLayout;
    auto* second = new QHBoxLayout(m_secondPart);
    second->setContentsMargins(0, 0, 0, 0);
    for (QHBoxLayout* row : {first, second})
        row->setSpacing(5);
    m_topRows->addLayout(first, 1);
    m_topRows->addWidget(m_secondPart, 1);
    const auto addBox = [this](QHBoxLayout* row, const QString& name, const QString& tip, int stretch) {
        auto* box = new QComboBox;
        box->setAccessibleName(name);
        box->setToolTip(tip);
        box->setMinimumContentsLength(4);
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        connect(box, &QComboBox::currentIndexChanged, this, &AlignmentPanel::wish);
        row->addWidget(box, stretch);
        return box;
    };
    const auto addSegments = [addBox](QHBoxLayout* row, const QString& name, const QString& tip, int chosen) {
        QComboBox* box = addBox(row, name, tip, 1);
        const QSignalBlocker quiet(box);
        box->addItem(AlignmentPanel::tr("world"), QStringLiteral("world"));
        box->addItem(AlignmentPanel::tr("image"), QStringLiteral("image"));
        box->addItem(AlignmentPanel::tr("words"), QStringLiteral("text,control,bracket,generated"));
        box->setCurrentIndex(chosen);
        return box;
    };
    m_firstSegment = addSegments(first, tr("First tokens"), tr("Which tokens are the first set"), 0);
    m_firstTensor = addBox(first, tr("First vectors"), tr("Which vectors of the first set"), 2);
    auto* against = new QLabel(tr("against"));
    against->setProperty("role", "muted");
    second->addWidget(against);
    m_secondSegment = addSegments(second, tr("Second tokens"), tr("Which tokens are the second set"), 1);
    m_secondTensor = addBox(second, tr("Second vectors"), tr("Which vectors of the second set"), 2);
    m_frame = new QSpinBox;
    m_frame->setPrefix(tr("t "));
    m_frame->setAccessibleName(tr("Latent frame"));
    m_frame->setToolTip(tr("The latent frame whose world cells are paired with image cells; follows the chosen frame"));
    second->addWidget(m_frame);
    connect(m_frame, &QSpinBox::valueChanged, this, &AlignmentPanel::wish);
    for (QComboBox* box : {m_firstTensor, m_secondTensor})
        fillVectorSources(*box, nullptr);
    return m_top;
}

QWidget* AlignmentPanel::makeNumbers()
{
    m_measures = new MeasureTableModel(this);
    m_measureTable = tableOf(m_measures, tr("Measures beside chance"));
    m_measureTable->setItemDelegateForColumn(MeasureTableModel::BarColumn,
                                             new NullBandDelegate(*m_measures, m_measureTable));
    // Names differ at their ends.
    m_measureTable->setTextElideMode(Qt::ElideMiddle);
    QHeaderView* header = m_measureTable->horizontalHeader();
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setSectionResizeMode(QHeaderView::ResizeToContents);
    // Long names give way to the bars.
    header->setSectionResizeMode(MeasureTableModel::MeasureColumn, QHeaderView::Interactive);
    header->setSectionResizeMode(MeasureTableModel::BarColumn, QHeaderView::Stretch);
    header->setMinimumSectionSize(60);
    return m_measureTable;
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
    m_segmentTable = tableOf(m_segments, tr("Norms by segment"));
    tables->addTab(m_segmentTable, tr("By segment"));
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
    m_channelTable = tableOf(m_channels, tr("Latent channels"));
    m_channelTable->setSortingEnabled(true);
    m_channelTable->sortByColumn(-1, Qt::AscendingOrder);
    return m_channelTable;
}

void AlignmentPanel::makeActions()
{
    addLocalAction(this, tr("Alignment numbers"), {},
                   tr("CKA, nearest neighbours, Procrustes, SVCCA, gap and rank beside chance"),
                   [this] { setTab(Numbers); });
    addLocalAction(this, tr("Similarity matrix"), {}, tr("Cosines of world and image tokens as a heat map"),
                   [this] { setTab(Similarity); });
    addLocalAction(this, tr("Norms by segment"), {}, tr("Histogram of norms and tokens with unusual ones"),
                   [this] { setTab(Norms); });
    addLocalAction(this, tr("Latent channels"), {},
                   tr("World latents by channel beside the autoencoder's own statistics"),
                   [this] { setTab(Channels); });
    addLocalAction(this, tr("Fit the similarity matrix"), {Qt::Key_F}, tr("Show the whole matrix again (F)"),
                   [this] { m_canvas->zoomToFit(); });
    addLocalAction(this, tr("Enlarge the similarity matrix"), {Qt::Key_Plus, QKeySequence::ZoomIn},
                   tr("Look closer (+, or the wheel)"), [this] { m_canvas->zoomBy(1.25); });
    addLocalAction(this, tr("Reduce the similarity matrix"), {Qt::Key_Minus, QKeySequence::ZoomOut},
                   tr("See more (−, or the wheel)"), [this] { m_canvas->zoomBy(0.8); });
    m_stop =
        addLocalAction(this, tr("Stop"), {}, tr("Stop these analyses; what is shown stays"), [this] { stopAll(); });
}

}  // namespace armillary::widgets
