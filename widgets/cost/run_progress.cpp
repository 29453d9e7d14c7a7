#include "widgets/cost/run_progress.h"

#include "widgets/cost/memory_figures.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kStageWidth = 300;
// Before that an estimate says more about the beginning than about the rest.
constexpr qint64 kEstimateAfterMilliseconds = 1500;

QString clockText(qint64 milliseconds)
{
    const qint64 seconds = (milliseconds + 999) / 1000;
    return QStringLiteral("%1:%2").arg(seconds / 60).arg(seconds % 60, 2, 10, QLatin1Char('0'));
}

}  // namespace

RunProgress::RunProgress(QWidget* parent) : QWidget(parent)
{
    m_stage = new QLabel;
    m_stage->setObjectName(QStringLiteral("stage"));
    m_stage->setAccessibleName(tr("Stage"));
    m_bar = new QProgressBar;
    m_bar->setTextVisible(false);
    m_bar->setFixedWidth(150);
    m_bar->setAccessibleName(tr("Progress of the stage"));
    m_bar->hide();
    m_numbers = new QLabel;
    m_numbers->setAccessibleName(tr("Elapsed"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(6, 0, 6, 0);
    row->setSpacing(10);
    row->addWidget(m_stage);
    row->addWidget(m_bar);
    row->addWidget(m_numbers);
    m_tick.setInterval(250);
    connect(&m_tick, &QTimer::timeout, this, &RunProgress::showNumbers);
}

void RunProgress::start(const QString& what)
{
    m_running = true;
    m_done = m_total = m_tokens = 0;
    m_clock.start();
    m_tokenClock.invalidate();
    m_tick.start();
    m_bar->setRange(0, 0);
    m_bar->show();
    m_stageClock.start();
    setStageText(what);
    showNumbers();
}

void RunProgress::setStage(const QString& stage, qint64 done, qint64 total)
{
    if (stage != m_stageText)
        m_stageClock.start();
    m_done = done;
    m_total = total;
    setStageText(stage);
    // The bar counts in thousandths: a stage may count bytes.
    m_bar->setRange(0, total > 0 ? 1000 : 0);
    if (total > 0)
        m_bar->setValue(static_cast<int>(1000 * done / total));
    showNumbers();
}

void RunProgress::setTokens(qint64 count)
{
    if (!m_tokenClock.isValid() && count > 0)
        m_tokenClock.start();
    m_tokens = count;
}

void RunProgress::showNumbers()
{
    QStringList parts;
    if (m_total > 0)
        parts << tr("%1 of %2").arg(m_done).arg(m_total);
    if (m_tokens > 1 && m_tokenClock.elapsed() > 0)
        parts << tr("%1 tokens/s")
                     .arg(1000.0 * static_cast<double>(m_tokens - 1) / static_cast<double>(m_tokenClock.elapsed()), 0,
                          'f', 1);
    parts << tr("%1 s").arg(static_cast<double>(m_clock.elapsed()) / 1000, 0, 'f', 1);
    const qint64 inStage = m_stageClock.elapsed();
    if (m_done > 0 && m_done < m_total && inStage > kEstimateAfterMilliseconds)
        parts << tr("%1 left").arg(clockText(inStage * (m_total - m_done) / m_done));
    if (const std::optional<std::int64_t> bytes = residentBytes())
        parts << QLocale().formattedDataSize(*bytes, 0);
    m_numbers->setText(parts.join(QStringLiteral(" · ")));
}

void RunProgress::finish(const QString& summary)
{
    m_running = false;
    m_tick.stop();
    m_bar->hide();
    m_numbers->clear();
    setStageText(summary);
}

void RunProgress::setStageText(const QString& text)
{
    m_stageText = text;
    // What is pointed at needs the room more than a run that has ended; of its summary the last parts go first.
    const int room = std::max(kStageWidth, window()->width() / (m_running ? 3 : 5));
    QString shown = text;
    while (m_stage->fontMetrics().horizontalAdvance(shown) > room && shown.contains(QStringLiteral(" · ")))
        shown.truncate(shown.lastIndexOf(QStringLiteral(" · ")));
    m_stage->setText(m_stage->fontMetrics().elidedText(shown, Qt::ElideRight, room));
    m_stage->setToolTip(text);
    m_stage->setAccessibleDescription(text);
}

QString RunProgress::text() const
{
    return m_stageText + (m_numbers->text().isEmpty() ? QString() : QStringLiteral(" · ") + m_numbers->text());
}

}  // namespace armillary::widgets
