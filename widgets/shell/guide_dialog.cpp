#include "widgets/shell/guide_dialog.h"

#include <QDialogButtonBox>
#include <QFile>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace armillary::widgets {

GuideDialog::GuideDialog(const QString& title, const QString& resource, QWidget* parent) : QDialog(parent)
{
    setObjectName(QStringLiteral("guideDialog"));
    setWindowTitle(title);
    m_page = new QTextBrowser;
    m_page->setAccessibleName(title);
    m_page->setOpenLinks(false);
    QFile text(resource);
    if (text.open(QIODevice::ReadOnly))
        m_page->setMarkdown(QString::fromUtf8(text.readAll()));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QPushButton* choose = buttons->addButton(tr("Choose and check folders…"), QDialogButtonBox::ActionRole);
    choose->setProperty("primary", true);
    choose->setToolTip(tr("The dialog that checks the folders before it loads them"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(12);
    column->addWidget(m_page, 1);
    column->addWidget(buttons);
    resize(760, 620);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(choose, &QPushButton::clicked, this, &GuideDialog::foldersWanted);
}

}  // namespace armillary::widgets
