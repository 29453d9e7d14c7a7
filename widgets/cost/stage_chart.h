// Stages of one or two runs as bars over a common axis of seconds, one row a stage; below each run how many positions of its
// prefill were computed and how many taken from the cache.
// Thread rule: GUI thread.
#pragma once

#include "widgets/cost/stage_timing.h"

#include <QColor>
#include <QWidget>

#include <vector>

namespace armillary::widgets {

struct ChartRun {
    QString title;  // shown above its stages; empty: none
    std::vector<StageRow> stages;
    std::int64_t reusedPositions = 0;
    std::int64_t computedPositions = 0;
    std::vector<double> stepEnds;  // seconds, inside their stage: denoise steps
};

class StageChart : public QWidget {
    Q_OBJECT
public:
    explicit StageChart(QWidget* parent = nullptr);

    void setRuns(std::vector<ChartRun> runs);
    [[nodiscard]] const std::vector<ChartRun>& runs() const { return m_runs; }
    // Stages whose tokens are highlighted elsewhere.
    void setHighlighted(std::vector<QString> stages);

    // Where the bar of a stage is drawn; empty if there is none.
    [[nodiscard]] QRectF barRect(std::size_t run, std::size_t stage) const;
    // Its color, without hatching.
    [[nodiscard]] static QColor runColor(std::size_t run, bool dark);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    // A stage is pointed at; an empty name ends it.
    void stageHovered(const QString& name);
    void stageActivated(const QString& name, Qt::KeyboardModifiers modifiers);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    enum class LineKind { Title, Stage, Positions };
    struct Line {
        LineKind kind = LineKind::Stage;
        std::size_t run = 0;
        std::size_t stage = 0;
    };

    void point(int line);
    void paintStage(QPainter& painter, const Line& line, const QRectF& row);
    void paintPositions(QPainter& painter, const Line& line, const QRectF& row);
    void paintAxis(QPainter& painter);
    [[nodiscard]] const StageRow* stageOf(int line) const;
    [[nodiscard]] QString tipOf(int line) const;
    // What stands behind a line's bar, and where in a row.
    [[nodiscard]] QString numberOf(const Line& line) const;
    [[nodiscard]] QRectF numberRect(const QRectF& row) const;
    void measureTexts();
    [[nodiscard]] QRectF lineRect(int line) const;
    [[nodiscard]] double barsLeft() const;
    [[nodiscard]] double barsWidth() const;
    [[nodiscard]] int lineHeight() const;

    std::vector<ChartRun> m_runs;
    std::vector<Line> m_lines;
    std::vector<QString> m_highlighted;
    double m_seconds = 0;  // the end of the axis
    int m_namesWidth = 0;  // of the widest
    int m_numbersWidth = 0;
    int m_pointed = -1;
};

}  // namespace armillary::widgets
