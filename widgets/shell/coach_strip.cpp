#include "widgets/shell/coach_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QVBoxLayout>

namespace armillary::widgets {

CoachStrip::CoachStrip(QWidget* parent) : QFrame(parent)
{
    setObjectName(QStringLiteral("coach"));
    setAccessibleName(tr("Guided tour"));
    m_title = new QLabel;
    m_title->setObjectName(QStringLiteral("coachTitle"));
    m_words = new QLabel;
    m_words->setObjectName(QStringLiteral("coachWords"));
    m_words->setWordWrap(true);
    m_words->setTextFormat(Qt::PlainText);
    m_mark = new QLabel;
    m_mark->setObjectName(QStringLiteral("coachMark"));
    m_count = new QLabel;
    m_count->setProperty("role", "muted");
    m_back = new QPushButton(tr("&Back"));
    m_back->setToolTip(tr("The step before (Page Up)"));
    m_next = new QPushButton(tr("&Next"));
    m_next->setProperty("primary", true);
    m_next->setToolTip(tr("The next step (Page Down)"));
    m_end = new QPushButton(tr("En&d"));
    m_end->setToolTip(tr("End the tour; everything stays as it is (F8)"));

    auto* head = new QHBoxLayout;
    head->setSpacing(10);
    head->addWidget(m_title);
    head->addWidget(m_mark);
    head->addStretch(1);
    auto* text = new QVBoxLayout;
    text->setSpacing(2);
    text->addLayout(head);
    text->addWidget(m_words, 1);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 8, 12, 8);
    row->setSpacing(8);
    row->addLayout(text, 1);
    row->addWidget(m_count);
    for (QPushButton* button : {m_back, m_next, m_end}) {
        button->setAutoDefault(true);  // Return presses the focused one, as in a dialog
        row->addWidget(button);
    }
    setMark(Mark::None);
}

void CoachStrip::setStep(int number, int count, const QString& title)
{
    m_title->setText(title);
    m_count->setText(tr("%1 of %2").arg(number).arg(count));
    m_back->setEnabled(number > 1);
    m_next->setText(number == count ? tr("Do&ne") : tr("&Next"));
}

void CoachStrip::setWords(const QString& words)
{
    m_words->setText(words);
    m_words->setAccessibleName(words);
}

void CoachStrip::setMark(Mark mark)
{
    m_shownMark = mark;
    m_mark->setVisible(mark != Mark::None);
    m_mark->setText(mark == Mark::Live ? tr("live") : tr("recorded"));
    m_mark->setToolTip(mark == Mark::Live ? tr("The model answered just now, on this machine")
                                          : tr("Made before and carried by the program; nothing was computed now"));
    m_mark->setProperty("mark", mark == Mark::Live ? "live" : "recorded");
    style()->unpolish(m_mark);
    style()->polish(m_mark);
}

void CoachStrip::setLarge(bool large)
{
    QFont title = font();
    title.setBold(true);
    title.setPointSizeF(font().pointSizeF() * (large ? 1.5 : 1.15));
    m_title->setFont(title);
    QFont words = font();
    words.setPointSizeF(font().pointSizeF() * (large ? 1.3 : 1.0));
    m_words->setFont(words);
}

QString CoachStrip::title() const
{
    return m_title->text();
}

QString CoachStrip::words() const
{
    return m_words->text();
}

}  // namespace armillary::widgets
