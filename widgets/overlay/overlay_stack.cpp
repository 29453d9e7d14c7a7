#include "widgets/overlay/overlay_stack.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {

const OverlayStack::Entry* OverlayStack::find(const QString& id) const
{
    return const_cast<OverlayStack*>(this)->findMutable(id);
}

OverlayStack::Entry* OverlayStack::findMutable(const QString& id)
{
    const auto found =
        std::find_if(m_entries.begin(), m_entries.end(), [&id](const Entry& entry) { return entry.id == id; });
    return found == m_entries.end() ? nullptr : &*found;
}

bool OverlayStack::isShown(const Entry& entry) const
{
    const bool isEmpty = entry.layer.values.empty() && entry.layer.colors.empty();
    return m_isOn && !isEmpty && (m_solo.isEmpty() ? entry.isVisible : entry.id == m_solo);
}

const OverlayStack::Entry* OverlayStack::top() const
{
    const auto found =
        std::find_if(m_entries.rbegin(), m_entries.rend(), [this](const Entry& entry) { return isShown(entry); });
    return found == m_entries.rend() ? nullptr : &*found;
}

void OverlayStack::setLayer(const QString& id, OverlayLayer layer)
{
    Entry* entry = findMutable(id);
    if (entry == nullptr) {
        m_entries.emplace_back();
        entry = &m_entries.back();
        entry->id = id;
    }
    entry->layer = std::move(layer);
    entry->version = ++m_lastVersion;
    Q_EMIT changed();
}

void OverlayStack::removeLayer(const QString& id)
{
    const auto removed = std::erase_if(m_entries, [&id](const Entry& entry) { return entry.id == id; });
    if (removed == 0)
        return;
    if (m_solo == id)
        m_solo.clear();
    Q_EMIT changed();
}

void OverlayStack::setVisible(const QString& id, bool visible)
{
    if (Entry* entry = findMutable(id); entry != nullptr && std::exchange(entry->isVisible, visible) != visible)
        Q_EMIT changed();
}

void OverlayStack::setOpacity(const QString& id, double opacity)
{
    const double clamped = std::clamp(opacity, 0.0, 1.0);
    if (Entry* entry = findMutable(id); entry != nullptr && std::exchange(entry->opacity, clamped) != clamped)
        Q_EMIT changed();
}

void OverlayStack::setSolo(const QString& id)
{
    if (std::exchange(m_solo, id) != id)
        Q_EMIT changed();
}

void OverlayStack::setOn(bool on)
{
    if (std::exchange(m_isOn, on) != on)
        Q_EMIT changed();
}

QRgb overlayColor(const OverlayLayer& layer, std::int64_t position)
{
    const auto at = static_cast<std::size_t>(position);
    if (position < 0)
        return qRgba(0, 0, 0, 0);
    if (!layer.colors.empty())
        return at < layer.colors.size() ? layer.colors[at] : qRgba(0, 0, 0, 0);
    if (at >= layer.values.size() || std::isnan(layer.values[at]) || overlayMark(layer, position) >= CellMark::Future)
        return qRgba(0, 0, 0, 0);
    const double span = static_cast<double>(layer.highest) - layer.lowest;
    const double fraction = span > 0 ? (layer.values[at] - layer.lowest) / span : 0;
    return scaleColor(layer.scale, fraction);
}

CellMark overlayMark(const OverlayLayer& layer, std::int64_t position)
{
    const auto at = static_cast<std::size_t>(position);
    return position >= 0 && at < layer.marks.size() ? layer.marks[at] : CellMark::Visible;
}

}  // namespace armillary::widgets
