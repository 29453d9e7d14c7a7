// How the numbers of a tensor or a part are spread: by value around their mean, or by magnitude in powers of two.
// Thread rule: GUI thread.
#pragma once

#include "records/weight_health.h"

#include <QString>
#include <QWidget>

namespace armillary::widgets {

class HistogramPlot : public QWidget {
    Q_OBJECT
public:
    explicit HistogramPlot(QWidget* parent = nullptr);

    // Nothing is drawn without numbers.
    void setHealth(const QString& title, const WeightHealth& health);
    void clear();
    // By powers of two, with logarithmic counts: where small formats run out of range.
    void setByMagnitude(bool byMagnitude);
    [[nodiscard]] bool isByMagnitude() const { return m_byMagnitude; }
    [[nodiscard]] QString title() const { return m_title; }
    // Where the bar of bin `bin` is drawn; empty if there is none.
    [[nodiscard]] QRectF barRect(std::size_t bin) const;
    [[nodiscard]] std::size_t bins() const { return counts().size(); }

    [[nodiscard]] QSize sizeHint() const override { return {300, 140}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 72}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] const std::vector<std::int64_t>& counts() const
    {
        return m_byMagnitude ? m_health.byExponent : m_health.histogram;
    }
    [[nodiscard]] QRectF ground() const;
    // 0 ... 1 of the highest bar.
    [[nodiscard]] double heightOf(std::int64_t count) const;
    [[nodiscard]] QString tipAt(double x) const;

    QString m_title;
    WeightHealth m_health;
    std::int64_t m_most = 0;
    bool m_byMagnitude = false;
};

}  // namespace armillary::widgets
