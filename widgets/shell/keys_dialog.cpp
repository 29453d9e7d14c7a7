#include "widgets/shell/keys_dialog.h"

#include "widgets/shell/command_palette.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <set>

namespace armillary::widgets {
namespace {

QString whereOf(const QAction* action)
{
    const QString place = placeOf(action);
    return place.isEmpty() ? KeysDialog::tr("everywhere") : place;
}

}  // namespace

KeysDialog::KeysDialog(QWidget* window) : QDialog(window)
{
    setWindowTitle(tr("All keys"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* field = new QLineEdit;
    field->setPlaceholderText(tr("Find an action …"));
    field->setClearButtonEnabled(true);
    m_list = new QTreeWidget;
    m_list->setHeaderLabels({tr("Action"), tr("Key"), tr("Where"), tr("What it does")});
    m_list->setRootIsDecorated(false);
    m_list->setAlternatingRowColors(true);
    m_list->setAccessibleName(tr("Actions and their keys"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 14);
    column->addWidget(field);
    column->addWidget(m_list, 1);
    column->addWidget(buttons);
    resize(760, 520);
    fill(window);
    connect(field, &QLineEdit::textChanged, this, &KeysDialog::filter);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void KeysDialog::fill(const QWidget* window)
{
    std::set<QStringList> seen;
    for (const QAction* action : namedActions(window)) {
        if (action->shortcuts().isEmpty())
            continue;
        const QStringList row{plainName(action), keysOf(action), whereOf(action), action->toolTip()};
        if (seen.insert(row).second)
            new QTreeWidgetItem(m_list, row);
    }
    m_list->sortItems(2, Qt::AscendingOrder);
    for (int column = 0; column < 3; ++column)
        m_list->resizeColumnToContents(column);
}

void KeysDialog::filter(const QString& words)
{
    for (int i = 0; i < m_list->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = m_list->topLevelItem(i);
        bool found = false;
        for (int column = 0; column < item->columnCount(); ++column)
            found = found || item->text(column).contains(words, Qt::CaseInsensitive);
        item->setHidden(!found);
    }
}

}  // namespace armillary::widgets
