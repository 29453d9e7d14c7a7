// Small heat maps side by side with one colour scale and its legend: responses to spots, differences of cells, blocks.
// Thread rule: GUI thread.
#pragma once

#include "widgets/colormap.h"

#include <QImage>
#include <QPoint>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace armillary::widgets {

struct GridMap {
    QString title;
    int rows = 0;
    int columns = 0;
    std::vector<float> values;       // row-major; NaN: nothing was measured there (hatched)
    std::optional<QPoint> expected;  // x column, y row: framed
    std::optional<QPoint> peak;      // crossed
};

class GridMaps : public QWidget {
    Q_OBJECT
public:
    explicit GridMaps(QWidget* parent = nullptr);

    // A signed scale is symmetric around 0.
    void setMaps(std::vector<GridMap> maps, const QString& unit, ColorScale scale = ColorScale::Magnitude);
    void clear() { setMaps({}, {}); }
    [[nodiscard]] const std::vector<GridMap>& maps() const { return m_maps; }
    [[nodiscard]] float lowest() const { return m_lowest; }
    [[nodiscard]] float highest() const { return m_highest; }

    [[nodiscard]] QRect cellRect(int map, int row, int column) const;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 120}; }

Q_SIGNALS:
    void cellHovered(int map, int row, int column);  // map -1: none
    void cellClicked(int map, int row, int column);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Cell {
        int map = -1;
        int row = 0;
        int column = 0;
        bool operator==(const Cell&) const = default;
    };

    [[nodiscard]] QRectF mapRect(int map) const;
    [[nodiscard]] Cell cellAt(const QPointF& point) const;
    [[nodiscard]] QString textOf(const Cell& cell) const;
    void drawMap(QPainter& painter, int map) const;
    void drawLegend(QPainter& painter) const;
    // Scale, unit and marks side by side; what does not fit goes below.
    struct Legend {
        int barWidth = 0;
        bool isUnitBelow = false;
        bool areMarksBelow = false;
        [[nodiscard]] int lines() const { return 1 + (isUnitBelow ? 1 : 0) + (areMarksBelow ? 1 : 0); }
    };
    [[nodiscard]] Legend legend() const;
    [[nodiscard]] int marksWidth() const;
    void hoverCell(const Cell& cell);

    std::vector<GridMap> m_maps;
    std::vector<QImage> m_images;
    QString m_unit;
    ColorScale m_scale = ColorScale::Magnitude;
    float m_lowest = 0;
    float m_highest = 1;
    bool m_hasMarks = false;
    Cell m_hovered;
};

}  // namespace armillary::widgets
