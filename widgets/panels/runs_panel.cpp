#include "widgets/panels/runs_panel.h"

#include "widgets/flow_row.h"
#include "widgets/hint_page.h"
#include "widgets/models/run_list_model.h"
#include "widgets/panels/runs_delegate.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QListView>
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {

RunsPanel::RunsPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("runs"), tr("Runs"), context, parent)
{
    m_list = new QListView;
    m_list->setModel(&runs());
    m_list->setItemDelegate(new RunsDelegate(m_list));
    m_list->setAccessibleName(tr("Runs of the session, newest last"));
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setMouseTracking(true);
    m_list->setDragDropMode(QAbstractItemView::DragDrop);
    m_list->setDefaultDropAction(Qt::CopyAction);
    m_list->setDropIndicatorShown(true);
    m_list->setContextMenuPolicy(Qt::ActionsContextMenu);
    makeActions();

    m_name = new QLabel;
    m_name->setProperty("role", "muted");
    m_name->setTextFormat(Qt::PlainText);
    m_name->setMinimumWidth(40);
    auto* nameRow = new QVBoxLayout;
    nameRow->setContentsMargins(8, 4, 8, 0);
    nameRow->addWidget(m_name);
    auto* bar = new FlowRow;
    bar->setContentsMargins(4, 2, 4, 2);
    bar->setSpacing(2);
    for (QAction* action : {m_show, m_compare, m_note}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setText(action->iconText());
        button->setAccessibleName(action->text());
        bar->addWidget(button);
    }
    m_notes = new QPlainTextEdit;
    m_notes->setPlaceholderText(tr("Notes about the session"));
    m_notes->setAccessibleName(tr("Notes about the session"));
    m_notes->setTabChangesFocus(true);
    m_notes->setFixedHeight(3 * fontMetrics().height() + 10);
    auto* notesRow = new QVBoxLayout;
    notesRow->setContentsMargins(6, 4, 6, 2);
    notesRow->addWidget(m_notes);

    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(nameRow);
    column->addLayout(bar);
    column->addWidget(m_list, 1);
    column->addLayout(notesRow);
    m_pages = new QStackedWidget;
    m_pages->addWidget(
        new HintPage(tr("No runs yet"),
                     tr("Every question and every rollout is listed here and kept on disk at once. Two of "
                        "them can be compared in every panel."),
                     {}));
    m_pages->addWidget(page);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(m_pages);
    setKeyboardPlace(m_list);

    connect(m_list, &QListView::activated, this, [this] { runs().wantShown(currentId()); });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &RunsPanel::showActions);
    connect(&runs(), &QAbstractItemModel::rowsInserted, this, &RunsPanel::showPage);
    connect(&runs(), &QAbstractItemModel::rowsRemoved, this, &RunsPanel::showPage);
    connect(&runs(), &QAbstractItemModel::modelReset, this, &RunsPanel::showPage);
    // A note changes the height of its row.
    connect(&runs(), &QAbstractItemModel::dataChanged, m_list, &QListView::doItemsLayout);
    connect(&runs(), &RunListModel::sessionNameChanged, this, &RunsPanel::showPage);
    connect(&runs(), &RunListModel::sessionNotesChanged, this, [this] {
        if (m_notes->toPlainText() != runs().sessionNotes())
            m_notes->setPlainText(runs().sessionNotes());
    });
    connect(m_notes, &QPlainTextEdit::textChanged, this, [this] { runs().setSessionNotes(m_notes->toPlainText()); });
    showPage();
}

void RunsPanel::makeActions()
{
    const auto make = [this](const QString& name, const QString& shortName, const QKeySequence& key, const QString& tip,
                             auto slot) {
        auto* action = new QAction(name, this);
        action->setIconText(shortName);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(key.isEmpty() ? tip
                                         : QStringLiteral("%1 (%2)").arg(tip, key.toString(QKeySequence::NativeText)));
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
        m_list->addAction(action);
        return action;
    };
    m_show = make(tr("Show the run"), tr("Show"), {}, tr("Show the run in every panel, as A (Enter)"),
                  [this] { runs().wantShown(currentId()); });
    m_compare = make(tr("Compare the run"), tr("Compare"), Qt::CTRL | Qt::Key_B,
                     tr("Put the run beside the shown one, as B; dragging one run onto another does it too"),
                     [this] { runs().wantCompared(currentId()); });
    m_note = make(tr("Write a note about the run"), tr("Note"), Qt::Key_F2, tr("Write what is worth remembering of it"),
                  [this] { m_list->edit(m_list->currentIndex()); });
    m_copy = make(tr("Copy the question of the run"), tr("Copy"), {}, tr("Copy what was asked"), [this] {
        if (const RunRow* row = runs().find(currentId()))
            QApplication::clipboard()->setText(row->question);
    });
    m_export = make(tr("Export the record of the run…"), tr("Export"), {},
                    tr("Write everything that is kept of the run as safetensors or npz"), [this] { exportCurrent(); });
    m_reveal = make(tr("Show the file of the run"), tr("File"), {}, tr("Open the folder that its record lies in"),
                    [this] { runs().wantRevealed(currentId()); });
}

QString RunsPanel::currentId() const
{
    return m_list->currentIndex().data(RunListModel::IdRole).toString();
}

void RunsPanel::exportCurrent()
{
    const QString id = currentId();
    auto* dialog = new QFileDialog(this, tr("Export the record"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("safetensors (*.safetensors)"), tr("NumPy (*.npz)")});
    dialog->setDefaultSuffix(QStringLiteral("safetensors"));
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString& filter) {
        dialog->setDefaultSuffix(filter.contains(QLatin1String("npz")) ? QStringLiteral("npz")
                                                                       : QStringLiteral("safetensors"));
    });
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, id](const QString& path) { runs().wantExported(id, path); });
    dialog->open();
}

void RunsPanel::showPage()
{
    m_pages->setCurrentIndex(runs().rowCount() == 0 ? 0 : 1);
    showName();
    showActions();
}

void RunsPanel::showName()
{
    const QString path = runs().sessionName();
    const QString name = path.isEmpty() ? tr("New session") : QFileInfo(path).completeBaseName();
    m_name->setText(m_name->fontMetrics().elidedText(name, Qt::ElideMiddle, std::max(60, width() - 20)));
    m_name->setToolTip(path.isEmpty() ? tr("It is kept in your data folder from its first run on.") : path);
}

void RunsPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    showName();
}

void RunsPanel::showActions()
{
    const bool isRun = m_list->currentIndex().isValid();
    for (QAction* action : {m_show, m_compare, m_note, m_copy, m_export, m_reveal})
        action->setEnabled(isRun);
}

void RunsPanel::showPair()
{
    // Another run is shown: the list points at it, unless somebody is in the list.
    const int row = runs().indexOf(pair().a().id);
    if (row >= 0 && !m_list->hasFocus())
        m_list->setCurrentIndex(runs().index(row));
}

QString RunsPanel::caption() const
{
    return tr("%n run(s) of the session %1", nullptr, runs().rowCount()).arg(runs().sessionName());
}

std::optional<AnalysisResult> RunsPanel::viewData() const
{
    AnalysisResult out;
    out.request.name = "runs";
    AnalysisTable table{"runs",
                        {"id", "side", "question", "answer", "outcome", "created", "positions", "tokens", "note"},
                        {}};
    for (const RunRow& row : runs().rows())
        table.rows.push_back({row.id.toStdString(),
                              (row.id == runs().sideA()   ? "A"
                               : row.id == runs().sideB() ? "B"
                                                          : ""),
                              row.question.toStdString(), row.answer.toStdString(), row.outcome.toStdString(),
                              row.createdUtc.toStdString(), static_cast<double>(row.promptPositions),
                              static_cast<double>(row.generatedTokens), row.note.toStdString()});
    out.tables.push_back(std::move(table));
    return out;
}

}  // namespace armillary::widgets
