#include "widgets/shell/notice_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace armillary::widgets {

NoticeStrip::NoticeStrip(QWidget* parent) : QFrame(parent)
{
    setObjectName(QStringLiteral("notice"));
    m_text = new QLabel;
    m_text->setWordWrap(true);
    m_button = new QPushButton;
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 6, 8, 6);
    row->setSpacing(12);
    row->addWidget(m_text, 1);
    row->addWidget(m_button);
    hide();
}

void NoticeStrip::setNotice(const QString& text, const QString& buttonText)
{
    m_text->setText(text);
    m_button->setText(buttonText);
    setAccessibleName(text);
    setVisible(!text.isEmpty());
}

QString NoticeStrip::text() const
{
    return m_text->text();
}

}  // namespace armillary::widgets
