#include "app/session/carried_positions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace armillary::app {
namespace {

auto placeOf(const TokenLayout& layout, std::int64_t position)
{
    const auto at = static_cast<std::size_t>(position);
    const TokenOrigin& origin = layout.origins[at];
    return std::tuple(layout.kinds[at], origin.media, origin.crop, origin.latentFrame, origin.row, origin.column);
}

bool hasPlace(const TokenLayout& layout, std::int64_t position)
{
    const TokenKind kind = layout.kinds[static_cast<std::size_t>(position)];
    return kind == TokenKind::Image || kind == TokenKind::World;
}

bool sameWord(const TokenLayout& from, std::int64_t position, const TokenLayout& to, std::int64_t other)
{
    if (other < 0 || other >= to.size())
        return false;
    const auto a = static_cast<std::size_t>(position);
    const auto b = static_cast<std::size_t>(other);
    return from.kinds[a] == to.kinds[b] && from.ids[a] == to.ids[b] && from.pieces[a] == to.pieces[b];
}

}  // namespace

widgets::Positions carriedPositions(const widgets::Positions& positions, const TokenLayout& from, const TokenLayout& to,
                                    std::int64_t generated)
{
    using Place = decltype(placeOf(to, 0));
    std::optional<std::map<Place, std::int64_t>> places;  // made when the first is asked for
    widgets::Positions out;
    for (const std::int64_t position : positions) {
        if (position >= from.size()) {
            if (position - from.size() < generated)
                out.push_back(to.size() + position - from.size());
        } else if (hasPlace(from, position)) {
            if (!places) {
                places.emplace();
                for (std::int64_t each = 0; each < to.size(); ++each) {
                    if (hasPlace(to, each))
                        places->emplace(placeOf(to, each), each);
                }
            }
            if (const auto found = places->find(placeOf(from, position)); found != places->end())
                out.push_back(found->second);
        } else if (const std::int64_t fromEnd = to.size() - (from.size() - position);
                   sameWord(from, position, to, fromEnd)) {
            out.push_back(fromEnd);
        } else if (sameWord(from, position, to, position)) {
            out.push_back(position);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace armillary::app
