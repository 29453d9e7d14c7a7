// The picture of a temporal grid as SigLIP will see it, each cell named by its place and moment.
// Thread rule: GUI thread.
#pragma once

#include "records/temporal_grid.h"

#include <QImage>
#include <QWidget>

#include <memory>
#include <vector>

namespace armillary::widgets {

class GridPreview : public QWidget {
    Q_OBJECT
public:
    explicit GridPreview(QWidget* parent = nullptr);

    // `picture` may still be empty, or that of an earlier recipe. `frameSize` is that of the clip's frames.
    void setGrid(std::shared_ptr<const TemporalGrid> grid, const QImage& picture, const QSize& frameSize, double rate);
    // Cells of hovered or chosen tokens, and the one that keys move.
    void setHighlighted(std::vector<int> cells);
    void setActive(int cell);

    // In widget coordinates; empty without a grid.
    [[nodiscard]] QRectF cellRect(int cell) const;
    [[nodiscard]] QString cellWords(int cell) const;

    [[nodiscard]] QSize sizeHint() const override { return {200, 140}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, 140}; }

Q_SIGNALS:
    void cellHovered(int cell);  // -1: none
    void cellPressed(int cell, Qt::KeyboardModifiers modifiers);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] QRectF pictureRect() const;
    [[nodiscard]] int cellAt(const QPointF& point) const;

    std::shared_ptr<const TemporalGrid> m_grid;
    QImage m_picture;
    GridSizes m_sizes;
    double m_rate = 0;
    std::vector<int> m_highlighted;
    int m_active = -1;
    int m_pointed = -1;
};

}  // namespace armillary::widgets
