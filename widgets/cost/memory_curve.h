// Memory over the time of the session as a curve, with lines for what a plan forecasts and for the peak of the shown run.
// Thread rule: GUI thread.
#pragma once

#include <QRectF>
#include <QString>
#include <QWidget>

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::widgets {

struct MemorySample {
    double seconds = 0;
    std::int64_t bytes = 0;
};

class MemoryCurve : public QWidget {
    Q_OBJECT
public:
    struct AxisLabel {
        QRectF place;
        QString text;
    };

    explicit MemoryCurve(QWidget* parent = nullptr);

    // Times rise. Old samples are thinned, so that a session of days stays small.
    void add(const MemorySample& sample);
    // A gap: nothing was measured for a while.
    [[nodiscard]] const std::vector<MemorySample>& samples() const { return m_samples; }
    void setForecast(std::optional<std::int64_t> bytes);
    void setPeak(std::optional<std::int64_t> bytes);
    [[nodiscard]] std::optional<std::int64_t> forecast() const { return m_forecast; }
    [[nodiscard]] std::optional<std::int64_t> peak() const { return m_peak; }

    // Where a value lies, in pixels from the top.
    [[nodiscard]] double yOf(std::int64_t bytes) const;
    // Those that are painted, the most telling first: one that would touch another is left out.
    [[nodiscard]] std::vector<AxisLabel> axisLabels() const;

    [[nodiscard]] QSize sizeHint() const override { return {420, 130}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 96}; }

    static constexpr std::size_t kMostSamples = 4096;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] QRectF plot() const;
    [[nodiscard]] double xIn(const QRectF& area, double seconds) const;
    [[nodiscard]] double yIn(const QRectF& area, double bytes) const;
    // What stands at this share of the axis.
    [[nodiscard]] QString bytesAt(double share) const;
    [[nodiscard]] std::int64_t top() const;
    [[nodiscard]] std::vector<AxisLabel> axisLabelsIn(const QRectF& area) const;
    void paintAxis(QPainter& painter, const QRectF& area);
    void paintLegend(QPainter& painter);

    std::vector<MemorySample> m_samples;
    std::int64_t m_most = 1;  // bytes, of all that came
    std::optional<std::int64_t> m_forecast;
    std::optional<std::int64_t> m_peak;
};

}  // namespace armillary::widgets
