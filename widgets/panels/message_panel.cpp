#include "widgets/panels/message_panel.h"

#include "widgets/hint_page.h"
#include "widgets/models/message_list_model.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QStackedLayout>
#include <QTableView>

namespace armillary::widgets {

MessagePanel::MessagePanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("messages"), tr("Messages"), context, parent)
{
    m_table = new QTableView;
    m_table->setModel(&messages());
    m_table->setAccessibleName(tr("Messages, newest first"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setTabKeyNavigation(false);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setWordWrap(true);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->setColumnWidth(MessageListModel::TimeColumn, 84);
    m_table->setColumnWidth(MessageListModel::KindColumn, 80);

    auto* copy = new QAction(tr("Copy"), this);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    copy->setToolTip(tr("Copy the selected messages (Ctrl+C)"));
    auto* clear = new QAction(tr("Clear"), this);
    clear->setToolTip(tr("Empty the list"));
    m_table->addActions({copy, clear});
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("Nothing to report"),
                                    tr("Errors and warnings are listed here and in the status line; no box pops up."),
                                    {}));
    m_pages->addWidget(m_table);

    connect(copy, &QAction::triggered, this, &MessagePanel::copySelected);
    connect(clear, &QAction::triggered, &messages(), &MessageListModel::clear);
    connect(&messages(), &QAbstractItemModel::rowsInserted, this, &MessagePanel::showPage);
    connect(&messages(), &QAbstractItemModel::modelReset, this, &MessagePanel::showPage);
    showPage();
}

void MessagePanel::showPage()
{
    m_pages->setCurrentIndex(messages().rowCount() == 0 ? 0 : 1);
}

void MessagePanel::copySelected() const
{
    QStringList lines;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows(MessageListModel::TextColumn))
        lines << index.data().toString();
    QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

}  // namespace armillary::widgets
