// What the colours of overlays mean: the uppermost shown layer's title, its scale with lowest and highest value and unit, and
// the patterns of cells that cannot be read. Says why there is nothing when there is nothing.
// Thread rule: GUI thread.
#pragma once

#include "widgets/overlay/overlay_stack.h"

#include <QWidget>

#include <cstdint>

namespace armillary::widgets {

// As shown: "0.0123", "−0.4".
[[nodiscard]] QString scaleNumber(double value);
// One or two sentences for captions and screen readers: title, scale, unit.
[[nodiscard]] QString layerWords(const OverlayLayer& layer);
// "0.0123 weight", "masked: after the query" ... what the uppermost shown layer says of a position; empty: nothing.
[[nodiscard]] QString overlayWords(const OverlayStack& overlays, std::int64_t position);

class OverlayLegend : public QWidget {
    Q_OBJECT
public:
    // OneLine: the scale beside the title, for flat panels. ThreeLines: room for long titles, for narrow ones.
    enum class Form { OneLine, TwoLines, ThreeLines };

    // Explains the uppermost shown layer, or always layer `id`.
    explicit OverlayLegend(const OverlayStack& overlays, Form form = Form::TwoLines, QString id = {},
                           QWidget* parent = nullptr);

    void refresh();
    // Other layers from now on, for locked views; they outlive this.
    void setOverlays(const OverlayStack& overlays);
    [[nodiscard]] QString text() const { return m_text; }
    // Where the gradient lies, for tests; empty without one.
    [[nodiscard]] QRectF gradientRect() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] const OverlayStack::Entry* entry() const;
    [[nodiscard]] double lineHeight() const;
    [[nodiscard]] int lines() const { return static_cast<int>(m_form) + 1; }
    [[nodiscard]] double scaleTop() const { return (lines() - 1) * lineHeight(); }

    const OverlayStack* m_overlays;
    Form m_form;
    QString m_id;
    QString m_text;
    bool m_hasScale = false;
    bool m_hasFuture = false;
    bool m_hasOutside = false;
};

}  // namespace armillary::widgets
