// One run's time as nested bars: stages, below them passes and denoise steps, below them layers. Wheel, W and S zoom, dragging, A and D
// move, F shows everything.
// Thread rule: GUI thread.
#pragma once

#include "inspect/run_timing.h"

#include <QWidget>

#include <optional>
#include <vector>

namespace armillary::widgets {

class FlameChart : public QWidget {
    Q_OBJECT
public:
    explicit FlameChart(QWidget* parent = nullptr);

    void setSlices(std::vector<inspect::TimeSlice> slices);
    [[nodiscard]] const std::vector<inspect::TimeSlice>& slices() const { return m_slices; }
    // Of the language model; -1: none. Its slices keep their colour while other layers turn grey.
    void setFocusedLayer(int layer);
    // Everything is shown again.
    void fit();
    // Around the middle, or around `seconds`; less than 1 shows more time.
    void zoom(double factor, std::optional<double> seconds = std::nullopt);
    // By a share of what is shown; positive: later.
    void move(double share);

    // Where a slice is drawn; empty when it is out of sight.
    [[nodiscard]] QRectF rectOf(std::size_t slice) const;
    // The slice there; nothing: none.
    [[nodiscard]] std::optional<std::size_t> sliceAt(QPointF point) const;
    [[nodiscard]] static QColor stageColor(int stage, bool dark);
    [[nodiscard]] double firstSecond() const { return m_from; }
    [[nodiscard]] double lastSecond() const { return m_to; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void sliceActivated(const QString& stage, int layer);

protected:
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] double plotWidth() const;
    [[nodiscard]] double secondsAt(double x) const;
    [[nodiscard]] int lineHeight() const;
    [[nodiscard]] int lines() const;
    [[nodiscard]] QColor colorOf(const inspect::TimeSlice& slice) const;
    [[nodiscard]] QString tipOf(const inspect::TimeSlice& slice) const;
    void paintAxis(QPainter& painter);

    std::vector<inspect::TimeSlice> m_slices;
    std::vector<int> m_stages;  // number of each slice's stage, for its colour
    double m_end = 0;
    double m_from = 0;
    double m_to = 0;
    int m_focused = -1;
    std::optional<std::size_t> m_chosen;
    std::optional<QPointF> m_grabbed;
    bool m_isDragged = false;
};

}  // namespace armillary::widgets
