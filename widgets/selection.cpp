#include "widgets/selection.h"

#include <algorithm>
#include <numeric>

namespace armillary::widgets {
namespace {

void normalise(Positions& positions)
{
    std::sort(positions.begin(), positions.end());
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
}

bool holds(const Positions& positions, std::int64_t position)
{
    return std::binary_search(positions.begin(), positions.end(), position);
}

}  // namespace

bool Selection::isHovered(std::int64_t position) const
{
    return holds(m_hovered, position);
}

bool Selection::isChosen(std::int64_t position) const
{
    return holds(m_chosen, position);
}

std::optional<std::int64_t> Selection::described() const
{
    if (!m_hovered.empty())
        return m_hovered.front();
    if (m_anchor && isChosen(*m_anchor))
        return m_anchor;
    if (!m_chosen.empty())
        return m_chosen.front();
    return std::nullopt;
}

void Selection::hover(Positions positions)
{
    normalise(positions);
    if (positions == m_hovered)
        return;
    m_hovered = std::move(positions);
    Q_EMIT hoverChanged();
}

void Selection::endHover(const Positions& own)
{
    Positions sorted = own;
    normalise(sorted);
    if (sorted == m_hovered)
        hover({});
}

void Selection::choose(Positions positions)
{
    m_anchor = positions.empty() ? std::nullopt : std::optional(positions.front());
    normalise(positions);
    if (positions == m_chosen)
        return;
    m_chosen = std::move(positions);
    Q_EMIT chosenChanged();
}

void Selection::toggle(const Positions& positions)
{
    if (positions.empty())
        return;
    m_anchor = positions.front();
    Positions next;
    const bool allChosen =
        std::all_of(positions.begin(), positions.end(), [this](std::int64_t p) { return isChosen(p); });
    if (allChosen) {
        Positions away = positions;
        normalise(away);
        std::set_difference(m_chosen.begin(), m_chosen.end(), away.begin(), away.end(), std::back_inserter(next));
    } else {
        next = m_chosen;
        next.insert(next.end(), positions.begin(), positions.end());
        normalise(next);
    }
    m_chosen = std::move(next);
    Q_EMIT chosenChanged();
}

void Selection::extendTo(std::int64_t position)
{
    const std::int64_t anchor = m_anchor.value_or(position);
    const auto [low, high] = std::minmax(anchor, position);
    Positions range(static_cast<std::size_t>(high - low + 1));
    std::iota(range.begin(), range.end(), low);
    m_anchor = anchor;
    if (range == m_chosen)
        return;
    m_chosen = std::move(range);
    Q_EMIT chosenChanged();
}

void Selection::setFocus(const Focus& focus)
{
    if (focus == m_focus)
        return;
    m_focus = focus;
    Q_EMIT focusChanged();
}

void Selection::clear()
{
    m_anchor.reset();
    hover({});
    choose({});
}

}  // namespace armillary::widgets
