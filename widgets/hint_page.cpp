#include "widgets/hint_page.h"

#include <QLabel>
#include <QVBoxLayout>

namespace armillary::widgets {

HintPage::HintPage(const QString& title, const QString& text, const QString& buttonText, QWidget* parent)
    : QWidget(parent)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 12, 20, 12);
    column->setSpacing(6);
    column->addStretch(1);
    auto* titleLabel = new QLabel(title);
    titleLabel->setProperty("role", "hintTitle");
    auto* textLabel = new QLabel(text);
    textLabel->setProperty("role", "muted");
    for (QLabel* label : {titleLabel, textLabel}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        column->addWidget(label);
    }
    if (!buttonText.isEmpty()) {
        m_button = new QPushButton(buttonText);
        column->addSpacing(6);
        column->addWidget(m_button, 0, Qt::AlignHCenter);
    }
    column->addStretch(1);
}

}  // namespace armillary::widgets
