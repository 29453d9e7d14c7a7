#include "widgets/panels/token_panel.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/canvas/token_strip_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/legend_row.h"
#include "widgets/models/token_table_model.h"
#include "widgets/overlay/overlay_data.h"
#include "widgets/overlay/overlay_legend.h"

#include <QAction>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QScopedValueRollback>
#include <QSplitter>
#include <QStackedLayout>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {

TokenPanel::TokenPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("tokens"), tr("Token strip"), context, parent)
{
    m_strip = new TokenStripCanvas(run(), selection(), overlays());
    m_strip->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_strip, &QWidget::customContextMenuRequested, this, &TokenPanel::showMenu);
    m_legend = new LegendRow(run());
    m_shades = new OverlayLegend(overlays(), OverlayLegend::Form::OneLine);
    m_total = new QLabel;
    m_total->setProperty("role", "muted");
    makeTable();

    auto* header = new QHBoxLayout;
    header->setContentsMargins(12, 4, 8, 0);
    header->setSpacing(2);
    header->addWidget(m_legend, 1);
    header->addWidget(m_total);
    header->addSpacing(6);

    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addLayout(header);
    column->addWidget(m_strip, 1);
    column->addWidget(m_shades);

    auto* split = new QSplitter(Qt::Horizontal);
    split->setChildrenCollapsible(true);
    split->addWidget(left);
    split->addWidget(m_table);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 1);
    split->setSizes({860, 380});

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(
        new HintPage(tr("No sequence yet"),
                     tr("Every position that the language model reads appears here as soon as a question "
                        "is planned: text, image and world tokens, in order, each with the pixels it "
                        "stands for."),
                     {}));
    m_pages->addWidget(split);

    makeActions();
    for (QAction* action : actions()) {
        if (action->property("onToolbar").toBool()) {
            auto* button = new QToolButton;
            button->setDefaultAction(action);
            button->setAutoRaise(true);
            button->setAccessibleName(action->toolTip());
            header->addWidget(button);
        }
    }
    connect(this, &Panel::lockedChanged, this, &TokenPanel::freeze);
    showRun();
}

void TokenPanel::makeTable()
{
    m_model = new TokenTableModel(run(), this);
    m_table = new QTableView;
    m_table->setModel(m_model);
    m_table->setAccessibleName(tr("Positions of the sequence"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setTabKeyNavigation(false);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setWordWrap(false);
    m_table->setMouseTracking(true);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    fitRows(m_table, 6);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setIconSize(QSize(11, 11));
    m_table->setColumnWidth(TokenTableModel::PositionColumn, 48);
    m_table->setColumnWidth(TokenTableModel::KindColumn, 92);
    m_table->setColumnWidth(TokenTableModel::IdColumn, 54);
    m_table->setColumnWidth(TokenTableModel::PieceColumn, 92);
    m_table->setColumnWidth(TokenTableModel::PlaceColumn, 76);
    m_table->setColumnWidth(TokenTableModel::ProbabilityColumn, 56);

    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        if (m_movingTable)
            return;
        Positions rows;
        for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
            rows.push_back(index.row());
        const QScopedValueRollback<bool> own(m_movingTable, true);
        selection().choose(rows);
        if (!rows.empty())
            m_strip->scrollToPosition(rows.front());
    });
    connect(&selection(), &Selection::chosenChanged, this, &TokenPanel::showChosenRows);
    connect(m_table, &QTableView::entered, this,
            [this](const QModelIndex& index) { selection().hover({index.row()}); });
}

void TokenPanel::makeActions()
{
    const auto add = [this](const QString& name, const QList<QKeySequence>& keys, const QString& tip, bool onToolbar,
                            auto change) {
        auto* action = new QAction(name, this);
        action->setShortcuts(keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(tip);
        action->setProperty("onToolbar", onToolbar);
        connect(action, &QAction::triggered, this, change);
        addAction(action);
    };
    add(tr("−"), {Qt::Key_Minus, QKeySequence::ZoomOut}, tr("Smaller cells (−, or Ctrl+wheel)"), true,
        [this] { m_strip->zoomBy(-1); });
    add(tr("+"), {Qt::Key_Plus, QKeySequence::ZoomIn}, tr("Larger cells (+, or Ctrl+wheel)"), true,
        [this] { m_strip->zoomBy(1); });
    add(tr("Fit"), {Qt::Key_F}, tr("Show the whole sequence (F)"), true, [this] { m_strip->zoomToFit(); });
    add(tr("Use as query"), {Qt::Key_Q}, tr("Keep the map of the highlighted position (Q, or Alt+click)"), false,
        [this] { setQuery(selection().described()); });
    add(tr("Drop the query"), {Qt::SHIFT | Qt::Key_Q}, tr("Maps are of what is hovered or chosen again (Shift+Q)"),
        false, [this] { setQuery(std::nullopt); });
    // The table has its own arrow keys; these are the strip's.
    const auto addMove = [this](const QString& name, Qt::Key key, auto step) {
        auto* action = new QAction(name, m_strip);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetShortcut);
        action->setToolTip(name);
        connect(action, &QAction::triggered, this, [this, step] { moveBy(step()); });
        m_strip->addAction(action);
    };
    addMove(tr("Next position"), Qt::Key_Right, [] { return std::int64_t{1}; });
    addMove(tr("Previous position"), Qt::Key_Left, [] { return std::int64_t{-1}; });
    addMove(tr("One row down"), Qt::Key_Down, [this] { return m_strip->stripLayout().columns; });
    addMove(tr("One row up"), Qt::Key_Up, [this] { return -m_strip->stripLayout().columns; });
    addMove(tr("First position"), Qt::Key_Home, [this] { return -shownRun().size(); });
    addMove(tr("Last position"), Qt::Key_End, [this] { return shownRun().size(); });
}

void TokenPanel::setQuery(std::optional<std::int64_t> position)
{
    Focus focus = selection().focus();
    focus.query = position;
    selection().setFocus(focus);
}

void TokenPanel::showMenu(const QPoint& point)
{
    const std::optional<std::int64_t> position = m_strip->positionFromPoint(point);
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    if (position) {
        menu->addAction(tr("Use %1 as query").arg(*position), this, [this, position] { setQuery(position); });
        menu->addAction(tr("Choose all of its kind"), this, [this, kind = shownRun().kindAt(*position)] {
            Positions all;
            for (std::int64_t each = 0; each < shownRun().size(); ++each) {
                if (shownRun().kindAt(each) == kind)
                    all.push_back(each);
            }
            selection().choose(all);
        });
    }
    QAction* drop = menu->addAction(tr("Drop the query"), this, [this] { setQuery(std::nullopt); });
    drop->setEnabled(selection().focus().query.has_value());
    QAction* none = menu->addAction(tr("Choose nothing"), this, [this] { selection().choose({}); });
    none->setEnabled(!selection().chosen().empty());
    menu->popup(m_strip->mapToGlobal(point));
}

void TokenPanel::moveBy(std::int64_t step)
{
    if (shownRun().size() == 0)
        return;
    const std::int64_t now =
        selection().chosen().empty() ? (step > 0 ? -1 : shownRun().size()) : selection().chosen().front();
    const std::int64_t next = std::clamp<std::int64_t>(now + step, 0, shownRun().size() - 1);
    selection().choose({next});
    m_strip->scrollToPosition(next);
}

void TokenPanel::refresh()
{
    m_strip->refresh();
    m_legend->refresh();
    m_total->setText(tr("%1 positions").arg(QLocale().toString(static_cast<qlonglong>(shownRun().size()))));
}

void TokenPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    // Every kind's own number stands before it, and in a narrow panel the legend needs the room.
    m_total->setVisible(width() >= 170 * fontMetrics().averageCharWidth());
}

void TokenPanel::showRun()
{
    m_pages->setCurrentIndex(shownRun().size() == 0 ? 0 : 1);
    m_model->reload();
    refresh();
}

void TokenPanel::showNewTokens(qint64, qint64)
{
    m_model->grow();
    refresh();
}

void TokenPanel::showState()
{
    m_strip->update();
}

void TokenPanel::showSelection()
{
    m_strip->update();
}

void TokenPanel::showFocus()
{
    m_strip->update();
}

void TokenPanel::showOverlays()
{
    m_shades->refresh();
    m_strip->update();
}

QString TokenPanel::caption() const
{
    const OverlayStack::Entry* top = shownOverlays().top();
    const QString shades = top != nullptr ? tr("Shaded by: %1").arg(layerWords(top->layer)) : QString();
    return tr("%1. Kinds: %2. %3").arg(Panel::caption(), m_legend->text(), shades).trimmed();
}

void TokenPanel::freeze(bool locked)
{
    m_frozen = locked ? frozenView(run(), overlays()) : nullptr;
    m_strip->setSources(shownRun(), shownOverlays());
    m_legend->setRun(shownRun());
    m_shades->setOverlays(shownOverlays());
    m_model->setRun(shownRun());
    showRun();
}

const ShownRun& TokenPanel::shownRun() const
{
    return m_frozen ? m_frozen->run : run();
}

const OverlayStack& TokenPanel::shownOverlays() const
{
    return m_frozen ? m_frozen->overlays : overlays();
}

std::optional<AnalysisResult> TokenPanel::viewData() const
{
    return overlayData(shownOverlays());
}

void TokenPanel::showChosenRows()
{
    if (m_movingTable)
        return;
    const QScopedValueRollback<bool> own(m_movingTable, true);
    const Positions& chosen = selection().chosen();
    m_table->selectionModel()->clearSelection();
    if (chosen.empty() || chosen.back() >= m_model->rowCount())
        return;
    // Ranges, not single rows: a chosen span may hold thousands.
    QItemSelection rows;
    for (std::size_t i = 0; i < chosen.size();) {
        std::size_t j = i;
        while (j + 1 < chosen.size() && chosen[j + 1] == chosen[j] + 1)
            ++j;
        rows.select(m_model->index(static_cast<int>(chosen[i]), 0),
                    m_model->index(static_cast<int>(chosen[j]), TokenTableModel::ColumnCount - 1));
        i = j + 1;
    }
    m_table->selectionModel()->select(rows, QItemSelectionModel::Select);
    m_table->scrollTo(m_model->index(static_cast<int>(chosen.front()), 0));
}

}  // namespace armillary::widgets
