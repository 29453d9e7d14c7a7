// Named layouts and the command palette of the view shell.
#include "app/views/view_shell.h"

#include "app/views/workspace_shapes.h"
#include "widgets/shell/command_palette.h"

#include <QAction>
#include <QInputDialog>
#include <QMainWindow>
#include <QMenu>

namespace armillary::app {
namespace {

using widgets::PaletteEntry;
using widgets::Panel;
using widgets::RunRow;

constexpr qsizetype kTitleLength = 70;

QString shortened(const QString& text)
{
    const QString line = text.simplified();
    return line.size() <= kTitleLength ? line : line.left(kTitleLength - 1) + QChar(0x2026);
}

}  // namespace

void ViewShell::fillLayoutMenu(QMenu& menu)
{
    // The first two actions stay; what a person has named follows anew each time.
    const QList<QAction*> before = menu.actions();
    for (qsizetype i = 2; i < before.size(); ++i)
        before[i]->deleteLater();
    for (qsizetype i = 2; i < before.size(); ++i)
        menu.removeAction(before[i]);
    const QStringList names = m_layout.names();
    if (names.isEmpty())
        return;
    menu.addSeparator();
    for (const QString& name : names)
        menu.addAction(name, this, [this, name] { m_layout.open(name); })
            ->setToolTip(tr("Put the panels where “%1” has them").arg(name));
    QMenu* forget = menu.addMenu(tr("&Forget"));
    for (const QString& name : names)
        forget->addAction(name, this, [this, name] { m_layout.forget(name); })
            ->setToolTip(tr("Forget the layout “%1”").arg(name));
}

void ViewShell::askLayoutName()
{
    auto* dialog = new QInputDialog(&m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Save this layout"));
    dialog->setLabelText(tr("Name of the layout; one of the same name is replaced:"));
    dialog->setTextValue(workspaceName(m_layout.workspace()));
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& name) {
        if (!name.trimmed().isEmpty())
            m_layout.saveAs(name.trimmed());
    });
    dialog->open();
}

void ViewShell::showPalette()
{
    if (m_palette->isVisible()) {
        m_palette->hide();
        return;
    }
    std::vector<PaletteEntry> entries = widgets::entriesFromActions(&m_window);
    for (Panel* panel : m_window.findChildren<Panel*>()) {
        const QPointer<Panel> held(panel);
        entries.push_back({tr("Save %1 as a picture").arg(panel->title()),
                           panel->title(),
                           {},
                           tr("PNG or SVG with caption and recipe"),
                           {},
                           true,
                           [this, held] {
                               if (held != nullptr)
                                   m_files.askPanelPicture(*held, QStringLiteral("png"));
                           }});
        entries.push_back({tr("Lock or follow: %1").arg(panel->title()),
                           panel->title(),
                           {},
                           tr("The panel keeps what it shows, or follows again"),
                           {},
                           true,
                           [held] {
                               if (held != nullptr)
                                   held->setLocked(!held->isLocked());
                           }});
    }
    for (const QString& name : m_layout.names())
        entries.push_back({tr("Layout: %1").arg(name),
                           tr("Layouts"),
                           {},
                           tr("Put the panels where it has them"),
                           {},
                           true,
                           [this, name] { m_layout.open(name); }});
    for (const RunRow& row : m_shown.runs.rows()) {
        const bool isWhole = row.problem.isEmpty();
        const QString title = shortened(row.question.isEmpty() ? row.id : row.question);
        entries.push_back({tr("Show run “%1”").arg(title),
                           tr("Runs"),
                           {},
                           shortened(row.answer),
                           row.problem,
                           isWhole,
                           [this, id = row.id] { m_shown.runs.wantShown(id); }});
        entries.push_back({tr("Compare with run “%1”").arg(title),
                           tr("Runs"),
                           {},
                           shortened(row.answer),
                           row.problem,
                           isWhole,
                           [this, id = row.id] { m_shown.runs.wantCompared(id); }});
    }
    m_palette->open(std::move(entries));
}

}  // namespace armillary::app
