#include "widgets/analysis/offer_page.h"

#include <QAction>
#include <QLabel>
#include <QVBoxLayout>

namespace armillary::widgets {

OfferPage::OfferPage(const QString& title, const QString& text, QAction* start, QWidget* parent) : QWidget(parent)
{
    m_title = new QLabel;
    m_title->setProperty("role", "hintTitle");
    m_text = new QLabel;
    m_text->setProperty("role", "muted");
    m_button = new QPushButton;
    m_button->setProperty("primary", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 8, 20, 8);
    column->setSpacing(6);
    column->addStretch(1);
    for (QLabel* label : {m_title, m_text}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        column->addWidget(label);
    }
    column->addSpacing(4);
    column->addWidget(m_button, 0, Qt::AlignHCenter);
    column->addStretch(1);
    setText(title, text);
    const auto show = [this, start] {
        m_button->setText(start->text());
        m_button->setToolTip(start->toolTip());
        m_button->setVisible(start->isEnabled());
    };
    connect(start, &QAction::changed, this, show);
    connect(m_button, &QPushButton::clicked, start, &QAction::trigger);
    show();
}

void OfferPage::setText(const QString& title, const QString& text)
{
    m_title->setText(title);
    m_text->setText(text);
}

}  // namespace armillary::widgets
