#include "widgets/anatomy/work_row.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace armillary::widgets {

WorkRow::WorkRow(const QString& startText, const QString& startTip, QWidget* parent) : QWidget(parent)
{
    m_start = new QPushButton(startText);
    m_start->setToolTip(startTip);
    m_stop = new QPushButton(tr("Stop"));
    m_stop->setToolTip(tr("Ends the reading; nothing is changed"));
    m_bar = new QProgressBar;
    m_bar->setAccessibleName(tr("Bytes read"));
    m_bar->setRange(0, 1000);
    m_problem = new QLabel;
    m_problem->setProperty("role", "error");
    m_problem->setWordWrap(true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_start);
    row->addWidget(m_bar, 1);
    row->addWidget(m_stop);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 4, 8, 2);
    column->setSpacing(2);
    column->addLayout(row);
    column->addWidget(m_problem);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    connect(m_start, &QPushButton::clicked, this, &WorkRow::startWanted);
    connect(m_stop, &QPushButton::clicked, this, &WorkRow::stopWanted);
    setProblem({});
    show(false);
}

void WorkRow::addField(QWidget* field)
{
    auto* row = qobject_cast<QHBoxLayout*>(layout()->itemAt(0)->layout());
    row->insertWidget(m_fields++, field, 2);
}

void WorkRow::setStartEnabled(bool enabled)
{
    m_start->setEnabled(enabled);
}

void WorkRow::show(bool isWorking)
{
    m_isWorking = isWorking;
    m_start->setVisible(!isWorking);
    m_bar->setVisible(isWorking);
    m_stop->setVisible(isWorking);
}

void WorkRow::begin()
{
    setProblem({});
    m_bar->setValue(0);
    m_bar->setFormat(tr("opening…"));
    show(true);
}

void WorkRow::setProgress(qint64 doneBytes, qint64 totalBytes)
{
    if (!m_isWorking || totalBytes <= 0)
        return;
    const QLocale locale;
    m_bar->setValue(static_cast<int>(static_cast<double>(doneBytes) / static_cast<double>(totalBytes) * 1000));
    m_bar->setFormat(
        tr("%1 of %2").arg(locale.formattedDataSize(doneBytes, 1), locale.formattedDataSize(totalBytes, 1)));
}

void WorkRow::end()
{
    show(false);
}

void WorkRow::setProblem(const QString& sentence)
{
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
}

}  // namespace armillary::widgets
