// A small chart of numbers over a row of places (layers, tokens, bins): lines or bars with axis titles, units, a legend and the
// numbers under the pointer. Series differ by colour and by dashes.
// Thread rule: GUI thread.
#pragma once

#include <QColor>
#include <QString>
#include <QStringList>
#include <QWidget>

#include <optional>
#include <vector>

namespace armillary::widgets {

struct ChartSeries {
    QString title;
    std::vector<double> values;  // one a place; NaN: nothing there
    QColor color;
    bool isControl = false;  // dashed and thin: what the series of that colour is read beside
};

struct ChartLevel {
    double value = 0;
    QString title;
};

struct Chart {
    enum class Form { Lines, Bars };

    Form form = Form::Lines;
    QStringList places;
    QString placeTitle;  // "layer"
    QString valueTitle;  // "surprisal change (bits)"
    std::vector<ChartSeries> series;
    std::vector<ChartLevel> levels;  // lines across, such as thresholds
};

// Colours that stay apart for colour-blind eyes, by the number of the series.
[[nodiscard]] QColor seriesColor(int index, bool dark);

class SeriesChart : public QWidget {
    Q_OBJECT
public:
    explicit SeriesChart(QWidget* parent = nullptr);

    void setChart(Chart chart);
    void clear() { setChart({}); }
    [[nodiscard]] const Chart& chart() const { return m_chart; }
    // The place that stands out, such as the focused layer; empty: none.
    void setMarked(std::optional<int> place);
    [[nodiscard]] std::optional<int> marked() const { return m_marked; }

    // Where a number is drawn, for tests and tooltips.
    [[nodiscard]] QPointF pointOf(std::size_t series, int place) const;
    // What the tooltip says of a place.
    [[nodiscard]] QString textOf(int place) const;

    [[nodiscard]] QSize sizeHint() const override { return {420, 220}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 90}; }

Q_SIGNALS:
    void placeHovered(int place);  // -1: none
    void placeClicked(int place);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] QRectF plotArea() const;
    [[nodiscard]] double xOf(int place) const;
    [[nodiscard]] double yOf(double value) const;
    [[nodiscard]] int placeAt(const QPointF& point) const;
    [[nodiscard]] int legendRows() const;
    [[nodiscard]] int valueLabelWidth() const;
    void measure();
    void drawAxes(QPainter& painter) const;
    void drawLegend(QPainter& painter) const;
    void drawLines(QPainter& painter) const;
    void drawBars(QPainter& painter) const;
    void hoverPlace(int place);

    Chart m_chart;
    double m_lowest = 0;
    double m_highest = 1;
    double m_step = 1;
    int m_hovered = -1;
    std::optional<int> m_marked;
};

}  // namespace armillary::widgets
