#include "widgets/keys_dialog.h"

#include "widgets/panel.h"

#include <QAction>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace armillary::widgets {
namespace {

// "Token strip" for an action that works inside that panel only.
QString placeOf(const QAction* action)
{
    if (action->shortcutContext() == Qt::WindowShortcut || action->shortcutContext() == Qt::ApplicationShortcut)
        return KeysDialog::tr("everywhere");
    for (const QObject* at = action->parent(); at != nullptr; at = at->parent()) {
        if (const auto* panel = qobject_cast<const Panel*>(at))
            return panel->title();
    }
    return {};
}

QString keysOf(const QAction* action)
{
    QStringList keys;
    for (const QKeySequence& key : action->shortcuts())
        keys << key.toString(QKeySequence::NativeText);
    return keys.join(QStringLiteral(", "));
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
    for (const QAction* action : window->findChildren<QAction*>()) {
        if (action->shortcuts().isEmpty() || action->text().isEmpty())
            continue;
        QString name = action->text();
        name.remove(QLatin1Char('&'));
        new QTreeWidgetItem(m_list, {name, keysOf(action), placeOf(action), action->toolTip()});
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
