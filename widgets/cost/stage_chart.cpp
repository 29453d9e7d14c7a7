#include "widgets/cost/stage_chart.h"

#include "widgets/theme.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr int kMargin = 10;
constexpr int kNumberGap = 12;
constexpr int kIndent = 12;

// 1, 2 or 5 times a power of ten, so that about four ticks fit.
double tickStep(double seconds)
{
    const double raw = seconds / 4;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= raw)
            return factor * power;
    }
    return 10 * power;
}

}  // namespace

StageChart::StageChart(QWidget* parent) : QWidget(parent)
{
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Stages of the run in seconds"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::MinimumExpanding);
}

QColor StageChart::runColor(std::size_t run, bool dark)
{
    // Blue and orange of Okabe and Ito, lighter on dark ground.
    if (run == 0)
        return dark ? QColor(0x56, 0xb4, 0xe9) : QColor(0x00, 0x72, 0xb2);
    return dark ? QColor(0xe6, 0x9f, 0x00) : QColor(0xd5, 0x5e, 0x00);
}

void StageChart::setRuns(std::vector<ChartRun> runs)
{
    m_runs = std::move(runs);
    const std::size_t linesBefore = m_lines.size();
    m_lines.clear();
    m_seconds = 0;
    for (std::size_t run = 0; run < m_runs.size(); ++run) {
        if (!m_runs[run].title.isEmpty())
            m_lines.push_back({LineKind::Title, run, 0});
        for (std::size_t stage = 0; stage < m_runs[run].stages.size(); ++stage) {
            m_lines.push_back({LineKind::Stage, run, stage});
            const StageRow& row = m_runs[run].stages[stage];
            m_seconds = std::max(m_seconds, row.startSeconds + row.durationSeconds);
        }
        if (m_runs[run].computedPositions + m_runs[run].reusedPositions > 0)
            m_lines.push_back({LineKind::Positions, run, 0});
    }
    measureTexts();
    if (m_lines.size() != linesBefore) {
        m_pointed = -1;
        updateGeometry();
    }
    update();
}

void StageChart::setHighlighted(std::vector<QString> stages)
{
    if (m_highlighted == stages)
        return;
    m_highlighted = std::move(stages);
    update();
}

int StageChart::lineHeight() const
{
    return fontMetrics().height() + 6;
}

QRectF StageChart::lineRect(int line) const
{
    return QRectF(0, 4 + line * lineHeight(), width(), lineHeight());
}

void StageChart::measureTexts()
{
    m_namesWidth = fontMetrics().horizontalAdvance(tr("positions"));
    for (const ChartRun& run : m_runs) {
        for (const StageRow& stage : run.stages)
            m_namesWidth = std::max(m_namesWidth, fontMetrics().horizontalAdvance(stage.name) + stage.depth * kIndent);
    }
    // Never less than what a stage comes to have while it runs, so that bars stay where they are.
    m_numbersWidth = fontMetrics().horizontalAdvance(tr("%1 / %2").arg(100).arg(100));
    for (const Line& line : m_lines)
        m_numbersWidth = std::max(m_numbersWidth, fontMetrics().horizontalAdvance(numberOf(line)));
}

void StageChart::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange)
        measureTexts();
    QWidget::changeEvent(event);
}

double StageChart::barsLeft() const
{
    return kMargin + std::min(m_namesWidth, width() * 2 / 5) + 8;
}

QString StageChart::numberOf(const Line& line) const
{
    const ChartRun& run = m_runs[line.run];
    if (line.kind == LineKind::Title)
        return {};
    if (line.kind == LineKind::Positions)
        return QLocale().toString(static_cast<qlonglong>(run.reusedPositions + run.computedPositions));
    const StageRow& stage = run.stages[line.stage];
    return stage.isRunning && stage.total > 0 ? tr("%1 / %2").arg(stage.done).arg(stage.total)
                                              : secondsText(stage.durationSeconds);
}

QRectF StageChart::numberRect(const QRectF& row) const
{
    return {static_cast<double>(width() - kMargin - m_numbersWidth), row.top(), static_cast<double>(m_numbersWidth),
            row.height()};
}

double StageChart::barsWidth() const
{
    return std::max(10.0, width() - barsLeft() - m_numbersWidth - kNumberGap - kMargin);
}

QRectF StageChart::barRect(std::size_t run, std::size_t stage) const
{
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const Line& line = m_lines[i];
        if (line.kind != LineKind::Stage || line.run != run || line.stage != stage || m_seconds <= 0)
            continue;
        const StageRow& row = m_runs[run].stages[stage];
        const QRectF at = lineRect(static_cast<int>(i));
        const double scale = barsWidth() / m_seconds;
        // What took no time to speak of is still there to be seen.
        return {barsLeft() + row.startSeconds * scale, at.top() + 3, std::max(2.0, row.durationSeconds * scale),
                at.height() - 6};
    }
    return {};
}

QSize StageChart::sizeHint() const
{
    return {420, 8 + (static_cast<int>(m_lines.size()) + 1) * lineHeight()};
}

QSize StageChart::minimumSizeHint() const
{
    return {240, sizeHint().height()};
}

void StageChart::paintAxis(QPainter& painter)
{
    const ThemeColors& colors = themeColors(palette());
    if (m_seconds <= 0)
        return;
    const double bottom = lineRect(static_cast<int>(m_lines.size())).top();
    const double step = tickStep(m_seconds);
    double freeFrom = 0;
    for (double at = 0; at <= m_seconds * 1.0001; at += step) {
        const double x = barsLeft() + at / m_seconds * barsWidth();
        painter.setPen(colors.border);
        painter.drawLine(QPointF(x, 4), QPointF(x, bottom));
        const QString text = at == 0 ? tr("0 s") : secondsText(at);
        const double half = fontMetrics().horizontalAdvance(text) / 2.0;
        if (x - half < freeFrom)
            continue;
        freeFrom = x + half + 8;
        painter.setPen(colors.muted);
        painter.drawText(QRectF(x - half - 1, bottom, 2 * half + 2, lineHeight()), Qt::AlignCenter, text);
    }
}

void StageChart::paintStage(QPainter& painter, const Line& line, const QRectF& row)
{
    const ThemeColors& colors = themeColors(palette());
    const StageRow& stage = m_runs[line.run].stages[line.stage];
    const bool isHighlighted = std::find(m_highlighted.begin(), m_highlighted.end(), stage.name) != m_highlighted.end();
    painter.setPen(isHighlighted ? colors.accent : colors.text);
    const double left = kMargin + stage.depth * kIndent;
    painter.drawText(QRectF(left, row.top(), barsLeft() - left - 6, row.height()), Qt::AlignVCenter,
                     fontMetrics().elidedText(stage.name, Qt::ElideRight, static_cast<int>(barsLeft() - left - 6)));
    const QColor color = runColor(line.run, colors.dark);
    const QRectF bar = barRect(line.run, line.stage);
    painter.fillRect(bar, stage.depth > 0 ? color.lighter(130) : color);
    if (stage.isRunning)
        painter.fillRect(bar, QBrush(colors.base, Qt::BDiagPattern));
    if (isHighlighted) {
        painter.setPen(QPen(colors.text, 1.5));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(bar);
    }
    painter.setPen(colors.base);
    for (const double end : m_runs[line.run].stepEnds) {
        const double x = barsLeft() + end / m_seconds * barsWidth();
        if (x > bar.left() + 2 && x < bar.right() - 2)
            painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()));
    }
    painter.setPen(colors.muted);
    painter.drawText(numberRect(row), Qt::AlignRight | Qt::AlignVCenter, numberOf(line));
}

void StageChart::paintPositions(QPainter& painter, const Line& line, const QRectF& row)
{
    const ChartRun& run = m_runs[line.run];
    const ThemeColors& colors = themeColors(palette());
    const QColor color = runColor(line.run, colors.dark);
    const auto all = static_cast<double>(run.reusedPositions + run.computedPositions);
    painter.setPen(colors.text);
    painter.drawText(QRectF(kMargin, row.top(), barsLeft() - kMargin - 6, row.height()), Qt::AlignVCenter,
                     fontMetrics().elidedText(tr("positions"), Qt::ElideRight,
                                              static_cast<int>(barsLeft()) - kMargin - 6));
    const QRectF bar(barsLeft(), row.top() + 5, barsWidth(), row.height() - 10);
    QRectF reused = bar;
    reused.setWidth(bar.width() * static_cast<double>(run.reusedPositions) / all);
    QRectF computed = bar;
    computed.setLeft(reused.right());
    painter.fillRect(computed, color);
    painter.fillRect(reused, colors.raised);
    painter.fillRect(reused, QBrush(color, Qt::Dense6Pattern));
    painter.setPen(colors.border);
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(bar);
    painter.setPen(colors.muted);
    painter.drawText(numberRect(row), Qt::AlignRight | Qt::AlignVCenter, numberOf(line));
}

void StageChart::paintEvent(QPaintEvent* event)
{
    const ThemeColors& colors = themeColors(palette());
    QPainter painter(this);
    if (m_pointed >= 0 && m_pointed < static_cast<int>(m_lines.size()))
        painter.fillRect(lineRect(m_pointed), colors.soft);
    paintAxis(painter);
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const Line& line = m_lines[i];
        const QRectF row = lineRect(static_cast<int>(i));
        if (!event->region().intersects(row.toAlignedRect()))
            continue;
        if (line.kind == LineKind::Stage) {
            paintStage(painter, line, row);
        } else if (line.kind == LineKind::Positions) {
            paintPositions(painter, line, row);
        } else {
            painter.fillRect(QRectF(kMargin, row.center().y() - 5, 10, 10), runColor(line.run, colors.dark));
            painter.setPen(colors.text);
            painter.drawText(row.adjusted(kMargin + 16, 0, -kMargin, 0), Qt::AlignVCenter,
                             fontMetrics().elidedText(m_runs[line.run].title, Qt::ElideRight,
                                                      width() - 2 * kMargin - 16));
        }
    }
    if (hasFocus()) {
        painter.setPen(colors.accent);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(0, 0, -1, -1));
    }
}

const StageRow* StageChart::stageOf(int line) const
{
    if (line < 0 || line >= static_cast<int>(m_lines.size()) ||
        m_lines[static_cast<std::size_t>(line)].kind != LineKind::Stage)
        return nullptr;
    const Line& at = m_lines[static_cast<std::size_t>(line)];
    return &m_runs[at.run].stages[at.stage];
}

void StageChart::point(int line)
{
    if (line == m_pointed)
        return;
    m_pointed = line;
    const StageRow* stage = stageOf(line);
    Q_EMIT stageHovered(stage == nullptr ? QString() : stage->name);
    update();
}

void StageChart::mouseMoveEvent(QMouseEvent* event)
{
    const int line = static_cast<int>(std::floor((event->position().y() - 4) / lineHeight()));
    point(line >= 0 && line < static_cast<int>(m_lines.size()) ? line : -1);
}

void StageChart::mousePressEvent(QMouseEvent* event)
{
    mouseMoveEvent(event);
    if (const StageRow* stage = stageOf(m_pointed); stage != nullptr && event->button() == Qt::LeftButton)
        Q_EMIT stageActivated(stage->name, event->modifiers());
}

void StageChart::keyPressEvent(QKeyEvent* event)
{
    const int last = static_cast<int>(m_lines.size()) - 1;
    const int step = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
    if (step != 0 && last >= 0) {
        int next = std::clamp(m_pointed + step, 0, last);
        while (stageOf(next) == nullptr && next + step >= 0 && next + step <= last)
            next += step;
        point(next);
    } else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        if (const StageRow* stage = stageOf(m_pointed))
            Q_EMIT stageActivated(stage->name, event->modifiers());
    } else {
        QWidget::keyPressEvent(event);
    }
}

void StageChart::leaveEvent(QEvent*)
{
    point(-1);
}

void StageChart::focusInEvent(QFocusEvent*)
{
    update();
}

void StageChart::focusOutEvent(QFocusEvent*)
{
    update();
}

QString StageChart::tipOf(int line) const
{
    if (line < 0 || line >= static_cast<int>(m_lines.size()))
        return {};
    const ChartRun& run = m_runs[m_lines[static_cast<std::size_t>(line)].run];
    if (m_lines[static_cast<std::size_t>(line)].kind == LineKind::Positions)
        return tr("%1 positions computed now, %2 taken from the cache of earlier runs (dotted)")
            .arg(run.computedPositions)
            .arg(run.reusedPositions);
    const StageRow* stage = stageOf(line);
    if (stage == nullptr)
        return run.title;
    double all = 0;
    for (const StageRow& each : run.stages)
        all = std::max(all, each.startSeconds + each.durationSeconds);
    QString out = tr("%1: from %2, took %3, %4 % of the run")
                      .arg(stage->name, secondsText(stage->startSeconds), secondsText(stage->durationSeconds))
                      .arg(all > 0 ? 100 * stage->durationSeconds / all : 0, 0, 'f', 1);
    if (stage->total > 0)
        out += tr(" · step %1 of %2").arg(stage->done).arg(stage->total);
    return out;
}

bool StageChart::event(QEvent* event)
{
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QString tip = tipOf(static_cast<int>(std::floor((help->pos().y() - 4.0) / lineHeight())));
    if (tip.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(help->globalPos(), tip, this);
    return true;
}

}  // namespace armillary::widgets
