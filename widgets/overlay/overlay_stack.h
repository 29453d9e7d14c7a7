// What tokens are painted with, in every panel at once: layers of values or colours by sequence position, each with one scale for all
// pictures and latent frames. The panel that knows the values sets its layer; pictures, filmstrip, token strip and maps draw
// all visible ones, lowest first.
// Thread rule: GUI thread.
#pragma once

#include "widgets/colormap.h"

#include <QObject>
#include <QRgb>
#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::widgets {

// Numbers are those of the states that attention analyses give.
enum class CellMark : std::uint8_t { Visible = 0, NearZero = 1, Future = 2, OutsideWindow = 3 };

struct OverlayLayer {
    QString title;  // "Attention of "left", layer 12, mean of heads"
    QString unit;   // of the legend: "weight", "bits", ""
    // By sequence position; shorter than the sequence: nothing there. Colours win over values; values may be NaN = nothing.
    std::vector<float> values;
    std::vector<QRgb> colors;
    std::vector<CellMark> marks;  // empty: all Visible
    float lowest = 0;             // one scale everywhere
    float highest = 1;
    ColorScale scale = ColorScale::Magnitude;
};

class OverlayStack : public QObject {
    Q_OBJECT
public:
    struct Entry {
        QString id;
        OverlayLayer layer;
        bool isVisible = true;
        double opacity = 0.75;
        quint64 version = 0;  // changes with every setLayer: pictures made of it are kept by this
    };

    using QObject::QObject;

    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }
    [[nodiscard]] const Entry* find(const QString& id) const;
    // The uppermost visible layer: what legends explain and the token strip shades by; null without one or while all are off.
    [[nodiscard]] const Entry* top() const;
    // All layers off (V), their own switches stay as they are.
    [[nodiscard]] bool isOn() const { return m_isOn; }
    // What is to be drawn of `entry`.
    [[nodiscard]] bool isShown(const Entry& entry) const;

    // A new id goes on top; a known one keeps its place, switch and opacity.
    void setLayer(const QString& id, OverlayLayer layer);
    void removeLayer(const QString& id);
    void setVisible(const QString& id, bool visible);
    void setOpacity(const QString& id, double opacity);  // 0 ... 1
    // Only this layer is shown; an empty id ends it.
    void setSolo(const QString& id);
    [[nodiscard]] const QString& solo() const { return m_solo; }
    void setOn(bool on);

Q_SIGNALS:
    void changed();

private:
    [[nodiscard]] Entry* findMutable(const QString& id);

    std::vector<Entry> m_entries;
    QString m_solo;
    quint64 m_lastVersion = 0;
    bool m_isOn = true;
};

// The colour of position `position` in `layer`, transparent where there is nothing.
[[nodiscard]] QRgb overlayColor(const OverlayLayer& layer, std::int64_t position);
[[nodiscard]] CellMark overlayMark(const OverlayLayer& layer, std::int64_t position);

}  // namespace armillary::widgets
