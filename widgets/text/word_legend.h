// The legend of coloured words: what the colours mean, with a scale, its ends and unit; beside another answer also the marks of
// words that only one of the two has.
// Thread rule: GUI thread.
#pragma once

#include "widgets/text/word_colors.h"

#include <QWidget>

namespace armillary::widgets {

class WordLegend : public QWidget {
    Q_OBJECT
public:
    explicit WordLegend(QWidget* parent = nullptr);

    // `lack` says why nothing is coloured; empty where something is.
    void setLegend(const WordScale& scale, bool isDifference, const QString& lack);
    // As shown: "surprisal 0 – 10+ bits".
    [[nodiscard]] QString text() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void paintScale(QPainter& painter, const QRectF& row) const;
    void paintMarks(QPainter& painter, const QRectF& row) const;
    [[nodiscard]] QString titleText() const;
    [[nodiscard]] QString endText(bool highest) const;
    [[nodiscard]] double rowHeight() const;
    [[nodiscard]] int rows() const;

    WordScale m_scale;
    bool m_isDifference = false;
    QString m_lack;
};

}  // namespace armillary::widgets
