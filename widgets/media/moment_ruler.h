// The time ruler of a video with the four moments of a grid on it as handles: dragged by the mouse, moved by the keyboard.
// Thread rule: GUI thread.
#pragma once

#include "records/temporal_grid.h"

#include <QWidget>

#include <array>

namespace armillary::widgets {

class MomentRuler : public QWidget {
    Q_OBJECT
public:
    explicit MomentRuler(QWidget* parent = nullptr);

    void setClip(int frameCount, double framesPerSecond);
    void setFrames(const std::array<int, kGridCells>& frames);
    [[nodiscard]] const std::array<int, kGridCells>& frames() const { return m_frames; }
    // The handle that keys move.
    [[nodiscard]] int active() const { return m_active; }
    void setActive(int cell);
    // Cells that are pointed at elsewhere.
    void setHighlighted(std::vector<int> cells);

    [[nodiscard]] QPointF handlePosition(int cell) const;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void framesChanged(const std::array<int, armillary::kGridCells>& frames);
    void activeChanged(int cell);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    [[nodiscard]] double xOf(int frame) const;
    [[nodiscard]] int frameAt(double x) const;
    void move(int cell, int frame);

    int m_frameCount = 1;
    double m_rate = 0;
    std::array<int, kGridCells> m_frames{};
    std::vector<int> m_highlighted;
    int m_active = 0;
    bool m_isDragging = false;
};

// The colour of a cell's handle and border: four hues that stay apart under the common colour-vision deficiencies.
[[nodiscard]] QColor cellColor(int cell, bool dark);

}  // namespace armillary::widgets
