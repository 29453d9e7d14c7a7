#include "widgets/hint_page.h"

#include <QImage>
#include <QLabel>
#include <QPixmap>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr QSize kMostPicture(160, 120);

}  // namespace

HintPage::HintPage(const QString& title, const QString& text, const QString& buttonText, QWidget* parent)
    : QWidget(parent)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 12, 20, 12);
    column->setSpacing(6);
    column->addStretch(1);
    m_picture = new QLabel;
    m_picture->setAlignment(Qt::AlignHCenter);
    m_picture->hide();
    column->addWidget(m_picture);
    m_title = new QLabel(title);
    m_title->setProperty("role", "hintTitle");
    m_text = new QLabel(text);
    m_text->setProperty("role", "muted");
    for (QLabel* label : {m_title, m_text}) {
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

void HintPage::setWords(const QString& title, const QString& text)
{
    m_title->setText(title);
    m_text->setText(text);
    fit();
}

void HintPage::setPicture(const QImage& picture)
{
    m_picture->setPixmap(picture.isNull() ? QPixmap()
                                          : QPixmap::fromImage(picture.scaled(kMostPicture, Qt::KeepAspectRatio,
                                                                              Qt::SmoothTransformation)));
    fit();
}

void HintPage::fit()
{
    const QMargins around = layout()->contentsMargins();
    const int wide = std::max(1, width() - around.left() - around.right());
    int left = height() - around.top() - around.bottom() - m_title->heightForWidth(wide);
    if (m_button != nullptr)
        left -= m_button->sizeHint().height() + 6 + layout()->spacing();
    const int text = m_text->heightForWidth(wide) + layout()->spacing();
    const bool hasText = text <= left;
    const int picture = m_picture->pixmap().height() + layout()->spacing();
    m_text->setVisible(hasText);
    m_picture->setVisible(!m_picture->pixmap().isNull() && picture <= left - (hasText ? text : 0));
    setToolTip(hasText ? QString() : m_text->text());
}

void HintPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fit();
}

}  // namespace armillary::widgets
