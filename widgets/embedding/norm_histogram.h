// Norms of every segment's vectors on one axis: how tall a step is says which share of its segment lies there. Colours are those of
// the kinds.
// Thread rule: GUI thread.
#pragma once

#include "records/analysis.h"

#include <QColor>
#include <QString>
#include <QWidget>

#include <vector>

namespace armillary::widgets {

class NormHistogram : public QWidget {
    Q_OBJECT
public:
    explicit NormHistogram(QWidget* parent = nullptr);

    // Of embedding-norms, its first layer.
    void setResult(const AnalysisResult& result);
    void clear();
    // Segments as shown, and where the highest step of one stands, for tests.
    [[nodiscard]] QStringList segments() const;
    [[nodiscard]] QPointF peakOf(int segment) const;

    [[nodiscard]] QSize sizeHint() const override { return {400, 170}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 90}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Segment {
        QString name;
        std::vector<double> shares;  // by bin
        double total = 0;
    };

    [[nodiscard]] QRectF plot() const;
    [[nodiscard]] QColor colorOf(const Segment& segment) const;
    [[nodiscard]] double binX(std::size_t bin) const;

    std::vector<Segment> m_segments;
    double m_low = 0, m_high = 1;
    double m_tallest = 1;
};

}  // namespace armillary::widgets
