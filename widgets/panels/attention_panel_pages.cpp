// The pages of the attention panel and its actions.
#include "widgets/panels/attention_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/analysis_view.h"
#include "widgets/analysis/result_table_view.h"
#include "widgets/canvas/attention_map_canvas.h"
#include "widgets/checks/number_bar_delegate.h"
#include "widgets/checks/series_chart.h"
#include "widgets/hint_page.h"
#include "widgets/local_action.h"
#include "widgets/models/result_table_model.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QStackedLayout>
#include <QTabWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace armillary::widgets {
namespace {

QLabel* mutedLabel()
{
    auto* label = new QLabel;
    label->setProperty("role", "muted");
    label->setWordWrap(true);
    label->setContentsMargins(12, 2, 12, 2);
    return label;
}

QVBoxLayout* pageColumn(QWidget* page)
{
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 4, 0, 0);
    column->setSpacing(2);
    return column;
}

}  // namespace

void AttentionPanel::makePages()
{
    m_slice = new QLabel;
    m_slice->setObjectName(QStringLiteral("attentionSlice"));
    m_slice->setContentsMargins(12, 6, 12, 0);
    m_slice->setWordWrap(true);
    m_error = mutedLabel();
    m_error->setObjectName(QStringLiteral("attentionError"));
    m_error->setWordWrap(false);
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->setAccessibleName(tr("Views of attention"));
    m_tabs->addTab(makeMapPage(), tr("Map"));
    m_tabs->addTab(makeSegmentsPage(), tr("Segments"));
    m_tabs->addTab(makeFlowPage(), tr("Flow"));
    m_tabs->addTab(makeSinksPage(), tr("Sinks"));
    m_tabs->setTabToolTip(MapPage, tr("Every query's weight on every key"));
    m_tabs->setTabToolTip(SegmentsPage, tr("How much goes to each kind of token, as it is and beside even attention"));
    m_tabs->setTabToolTip(FlowPage, tr("What text, image, world and answer give to each other, by layer"));
    m_tabs->setTabToolTip(SinksPage, tr("Keys that later queries look at whatever they are about"));
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        askNow();
        showHeader();
    });

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(m_slice);
    column->addWidget(m_tabs, 1);
    column->addWidget(m_error);

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("No attention yet"),
                                    tr("Ask a question, with capture qkv for the whole map. When its answer is "
                                       "finished, the map of the focused layer and head appears here."),
                                    {}));
    m_pages->addWidget(shown);
}

QWidget* AttentionPanel::makeMapPage()
{
    m_canvas = new AttentionMapCanvas(selection());
    // So low that nothing reaches over its neighbours; the panel gives it more.
    m_canvas->setMinimumHeight(60);
    m_value = new QComboBox;
    m_value->setAccessibleName(tr("Value of a bin"));
    m_value->setToolTip(
        tr("Long maps are drawn in bins of several queries and keys: their mean, or their maximum, which "
           "shows single strong keys"));
    m_value->addItems({tr("mean"), tr("maximum")});
    m_scale = new QComboBox;
    m_scale->setAccessibleName(tr("Colour scale"));
    m_scale->setToolTip(tr("How weights become colours"));
    m_scale->addItems({tr("logarithmic"), tr("linear")});
    for (QComboBox* box : {m_value, m_scale})
        connect(box, &QComboBox::currentIndexChanged, this, &AttentionPanel::showMap);
    m_cover = mutedLabel();
    m_cover->setObjectName(QStringLiteral("attentionCover"));
    m_notes = mutedLabel();
    m_notes->setObjectName(QStringLiteral("attentionNotes"));
    m_notes->setWordWrap(false);
    m_notes->setContentsMargins(2, 0, 2, 0);
    m_notes->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 0, 8, 0);
    row->addWidget(m_value);
    row->addWidget(m_scale);
    row->addWidget(m_notes, 1);
    row->addStretch();
    auto* page = new QWidget;
    QVBoxLayout* column = pageColumn(page);
    column->addLayout(row);
    column->addWidget(m_cover);
    column->addWidget(m_canvas, 1);
    column->addWidget(pageView(MapPage).strip);
    return page;
}

QWidget* AttentionPanel::makeSegmentsPage()
{
    m_segmentsOf = mutedLabel();
    m_segments = new ResultTableModel(this);
    m_segments->describe(QStringLiteral("segment"), {tr("kind"), {}, tr("Kind of token that is looked at"), false});
    m_segments->describe(QStringLiteral("tokens"), {tr("tokens"), {}, tr("How many the sequence has"), false});
    m_segments->describe(QStringLiteral("mass"),
                         {tr("mass"), {}, tr("Sum of the weights on them: all kinds together give 1"), true});
    m_segments->describe(QStringLiteral("lift"),
                         {tr("lift"), {}, tr("Mass by what even attention would give them; 1 is even"), true});
    // Few columns, which share the whole width whatever they hold.
    m_segmentTable = new QTableView;
    dressTable(m_segmentTable);
    m_segmentTable->setSelectionMode(QAbstractItemView::SingleSelection);
    m_segmentTable->setItemDelegate(new NumberBarDelegate(m_segmentTable));
    m_segmentTable->setModel(m_segments);
    m_segmentTable->horizontalHeader()->setMinimumSectionSize(40);
    m_segmentTable->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_segmentTable->setAccessibleName(tr("Attention to each kind of token"));
    m_segmentTable->setToolTip(tr("Click a kind to choose its tokens"));
    connect(m_segmentTable, &QTableView::clicked, this, [this](const QModelIndex& index) { chooseKind(index.row()); });
    connect(m_segmentTable, &QTableView::activated, this,
            [this](const QModelIndex& index) { chooseKind(index.row()); });
    auto* page = new QWidget;
    QVBoxLayout* column = pageColumn(page);
    column->addWidget(m_segmentsOf);
    column->addWidget(m_segmentTable, 1);
    column->addWidget(pageView(SegmentsPage).strip);
    return page;
}

QWidget* AttentionPanel::makeFlowPage()
{
    m_target = new QComboBox;
    m_target->setAccessibleName(tr("Who looks"));
    m_target->setToolTip(tr("Which part of the sequence looks; lines are what it gives to each part"));
    m_target->addItem(tr("answer looks"), QStringLiteral("answer"));
    m_target->addItem(tr("text looks"), QStringLiteral("text"));
    m_target->addItem(tr("image looks"), QStringLiteral("image"));
    m_target->addItem(tr("world looks"), QStringLiteral("world"));
    m_flowValue = new QComboBox;
    m_flowValue->setAccessibleName(tr("Mass or lift"));
    m_flowValue->setToolTip(tr("Mass grows with the number of tokens, lift does not"));
    m_flowValue->addItems({tr("mass"), tr("lift")});
    for (QComboBox* box : {m_target, m_flowValue})
        connect(box, &QComboBox::currentIndexChanged, this, &AttentionPanel::showFlow);
    m_chart = new SeriesChart;
    m_chart->setAccessibleName(tr("Flow between kinds of tokens by layer"));
    connect(m_chart, &SeriesChart::placeClicked, this, [this](int place) {
        Focus focus = selection().focus();
        focus.layer = place;
        selection().setFocus(focus);
    });
    auto* row = new QHBoxLayout;
    row->setContentsMargins(10, 0, 8, 0);
    row->addWidget(m_target);
    row->addWidget(m_flowValue);
    row->addStretch(1);
    auto* page = new QWidget;
    QVBoxLayout* column = pageColumn(page);
    column->addLayout(row);
    column->addWidget(m_chart, 1);
    column->addWidget(pageView(FlowPage).strip);
    return page;
}

QWidget* AttentionPanel::makeSinksPage()
{
    m_sinks = new ResultTableModel(this);
    m_sinks->describe(QStringLiteral("position"), {tr("key"), {}, tr("Position that is looked at"), false});
    m_sinks->describe(QStringLiteral("mean weight"),
                      {tr("weight"), {}, tr("Mean over the queries behind the key"), true});
    m_sinks->describe(QStringLiteral("later queries"), {tr("queries"), {}, tr("How many the mean is over"), false});
    m_sinkNote = mutedLabel();
    m_sinkTable = makeResultTable(m_sinks);
    m_sinkTable->setAccessibleName(tr("Attention sinks"));
    m_sinkTable->setToolTip(tr("Click a sink to choose its position and to show its layer and head"));
    connect(m_sinkTable, &QTableView::clicked, this, [this](const QModelIndex& index) { chooseSink(index.row()); });
    connect(m_sinkTable, &QTableView::activated, this, [this](const QModelIndex& index) { chooseSink(index.row()); });
    auto* page = new QWidget;
    QVBoxLayout* column = pageColumn(page);
    column->addWidget(m_sinkNote);
    column->addWidget(m_sinkTable, 1);
    column->addWidget(pageView(SinksPage).strip);
    return page;
}

void AttentionPanel::makeActions()
{
    addLocalAction(this, tr("Enlarge the attention map"), {Qt::Key_Plus, QKeySequence::ZoomIn},
                   tr("Larger cells (+, or the wheel)"), [this] { m_canvas->zoomBy(2); });
    addLocalAction(this, tr("Shrink the attention map"), {Qt::Key_Minus, QKeySequence::ZoomOut},
                   tr("Smaller cells (−, or the wheel)"), [this] { m_canvas->zoomBy(-2); });
    addLocalAction(this, tr("Fit the attention map"), {Qt::Key_F}, tr("Show the whole map (F)"),
                   [this] { m_canvas->zoomToFit(); });
    // Tables and boxes have their own arrow keys; these are the map's.
    const auto addMove = [this](const QString& name, Qt::Key key, auto move) {
        auto* action = new QAction(name, m_canvas);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetShortcut);
        action->setToolTip(name);
        connect(action, &QAction::triggered, this, move);
        m_canvas->addAction(action);
    };
    addMove(tr("Next query"), Qt::Key_Down, [this] { moveQuery(1); });
    addMove(tr("Previous query"), Qt::Key_Up, [this] { moveQuery(-1); });
    addMove(tr("Next key"), Qt::Key_Right, [this] { moveKey(1); });
    addMove(tr("Previous key"), Qt::Key_Left, [this] { moveKey(-1); });
}

}  // namespace armillary::widgets
