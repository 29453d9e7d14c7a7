#include "attention/segment_mass.h"

#include "attention/row_sums.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace armillary::attention {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Positions side by side of one segment.
struct Run {
    std::int64_t segment = 0;
    PositionBlock positions;
};

std::vector<Run> runsOf(const Segmentation& segments)
{
    std::vector<Run> out;
    for (std::size_t i = 0; i < segments.segmentOf.size(); ++i) {
        const auto position = static_cast<std::int64_t>(i);
        if (out.empty() || out.back().segment != segments.segmentOf[i])
            out.push_back({segments.segmentOf[i], {position, position}});
        out.back().positions.end = position + 1;
    }
    return out;
}

struct Sums {
    std::vector<double> mass;             // [H,T,G]
    std::vector<double> lift;             // [H,T,G]
    std::vector<std::int64_t> liftCount;  // [H,T,G] rows that see the segment
    std::vector<std::int64_t> rows;       // [H,T] rows that hold numbers
};

// `groupOf` [P] names the group of each query.
Result<SegmentMass> massByGroup(const RecordAttention& attention, const Segmentation& segments,
                                std::span<const std::int64_t> layers, std::span<const std::int64_t> positions,
                                std::span<const std::int32_t> groupOf, std::int64_t groups, const std::stop_token& stop)
{
    SegmentMass out;
    out.layers.assign(layers.begin(), layers.end());
    if (out.layers.empty()) {
        out.layers.resize(static_cast<std::size_t>(attention.layers()));
        std::iota(out.layers.begin(), out.layers.end(), std::int64_t{0});
    }
    out.heads = attention.heads();
    out.segments = segments;
    out.targets = groups;
    const std::int64_t parts = segments.count();
    const auto cells = static_cast<std::size_t>(out.heads * groups * parts);
    const std::vector<Run> runs = runsOf(segments);
    const SegmentCounts counts(segments);
    std::vector<double> byQuery(positions.size() * static_cast<std::size_t>(out.heads * parts), 0.0);  // [queries,H,G]
    std::vector<std::int64_t> rowsOfQuery(positions.size() * static_cast<std::size_t>(out.heads), 0);

    for (const std::int64_t layer : out.layers) {
        Sums sums{std::vector<double>(cells, 0.0), std::vector<double>(cells, 0.0), std::vector<std::int64_t>(cells, 0),
                  std::vector<std::int64_t>(static_cast<std::size_t>(out.heads * groups), 0)};
        std::vector<std::int64_t> leftOut(static_cast<std::size_t>(out.heads), 0);
        const TileRequest request{{layer}, {positions.begin(), positions.end()}, std::nullopt};
        const auto done = forEachTile(attention, request, stop, [&](const RowTile& tile) {
            at::parallel_for(0, out.heads, 1, [&](std::int64_t firstHead, std::int64_t endHead) {
                std::vector<double> masses(static_cast<std::size_t>(parts));
                for (std::int64_t head = firstHead; head < endHead; ++head) {
                    for (std::size_t i = 0; i < tile.positions.size(); ++i) {
                        const std::span<const float> row = tile.row(head, static_cast<std::int64_t>(i));
                        const PositionBlock keys = attention.visibleKeys(layer, tile.positions[i]);
                        std::fill(masses.begin(), masses.end(), 0.0);
                        for (const Run& run : runs) {
                            const PositionBlock seen{std::max(run.positions.begin, keys.begin),
                                                     std::min(run.positions.end, keys.end)};
                            if (seen.begin < seen.end)
                                masses[static_cast<std::size_t>(run.segment)] += sumOf(row, seen);
                        }
                        if (!std::isfinite(std::accumulate(masses.begin(), masses.end(), 0.0))) {
                            ++leftOut[static_cast<std::size_t>(head)];
                            continue;
                        }
                        const std::int64_t group = groupOf[static_cast<std::size_t>(tile.positions[i])];
                        const auto query = static_cast<std::size_t>(tile.firstIndex) + i;
                        ++sums.rows[static_cast<std::size_t>(head * groups + group)];
                        ++rowsOfQuery[query * static_cast<std::size_t>(out.heads) + static_cast<std::size_t>(head)];
                        for (std::int64_t part = 0; part < parts; ++part) {
                            const double mass = masses[static_cast<std::size_t>(part)];
                            byQuery[(query * static_cast<std::size_t>(out.heads) + static_cast<std::size_t>(head)) *
                                        static_cast<std::size_t>(parts) +
                                    static_cast<std::size_t>(part)] += mass;
                            const std::int64_t seen = counts.inside(part, keys);
                            if (seen == 0)
                                continue;
                            const auto cell = static_cast<std::size_t>((head * groups + group) * parts + part);
                            sums.mass[cell] += mass;
                            sums.lift[cell] +=
                                mass / static_cast<double>(seen) * static_cast<double>(keys.end - keys.begin);
                            ++sums.liftCount[cell];
                        }
                    }
                }
            });
        });
        if (!done)
            return tl::unexpected(done.error());
        for (std::size_t cell = 0; cell < cells; ++cell) {
            const std::int64_t rows = sums.rows[cell / static_cast<std::size_t>(parts)];
            const std::int64_t seeing = sums.liftCount[cell];
            out.mass.push_back(seeing > 0 ? sums.mass[cell] / static_cast<double>(rows) : kNone);
            out.lift.push_back(seeing > 0 ? sums.lift[cell] / static_cast<double>(seeing) : kNone);
        }
        out.rowsLeftOut += std::accumulate(leftOut.begin(), leftOut.end(), std::int64_t{0});
    }

    for (std::size_t query = 0; query < positions.size(); ++query) {
        const auto heads = static_cast<std::size_t>(out.heads);
        const auto* counted = rowsOfQuery.data() + query * heads;
        const std::int64_t rows = std::accumulate(counted, counted + heads, std::int64_t{0});
        for (std::int64_t part = 0; part < parts; ++part) {
            double sum = 0;
            for (std::size_t head = 0; head < heads; ++head)
                sum +=
                    byQuery[(query * heads + head) * static_cast<std::size_t>(parts) + static_cast<std::size_t>(part)];
            out.byQuery.push_back(rows > 0 ? sum / static_cast<double>(rows) : kNone);
        }
    }
    return out;
}

}  // namespace

Result<SegmentMass> segmentMass(const RecordAttention& attention, const Segmentation& segments,
                                std::span<const std::int64_t> layers, std::span<const std::int64_t> positions,
                                const std::stop_token& stop)
{
    const std::vector<std::int32_t> one(static_cast<std::size_t>(attention.positions()), 0);
    return massByGroup(attention, segments, layers, positions, one, 1, stop);
}

Result<CrossModalFlow> crossModalFlow(const RecordAttention& attention, std::span<const std::int64_t> layers,
                                      std::span<const std::int64_t> positions, const std::stop_token& stop)
{
    const Segmentation segments = fourSegments(attention);
    const auto mass = massByGroup(attention, segments, layers, positions, segments.segmentOf, segments.count(), stop);
    if (!mass)
        return tl::unexpected(mass.error());
    CrossModalFlow out{mass->layers, segments, {}, {}, mass->rowsLeftOut};
    const auto meanOverHeads = [&](const std::vector<double>& of, std::int64_t layer, std::int64_t target,
                                   std::int64_t source) {
        double sum = 0;
        std::int64_t heads = 0;
        for (std::int64_t head = 0; head < mass->heads; ++head) {
            const double value = of[mass->index(layer, head, target, source)];
            if (std::isnan(value))
                continue;
            sum += value;
            ++heads;
        }
        return heads > 0 ? sum / static_cast<double>(heads) : kNone;
    };
    for (std::int64_t layer = 0; layer < static_cast<std::int64_t>(out.layers.size()); ++layer) {
        for (std::int64_t target = 0; target < segments.count(); ++target) {
            for (std::int64_t source = 0; source < segments.count(); ++source) {
                out.flow.push_back(meanOverHeads(mass->mass, layer, target, source));
                out.lift.push_back(meanOverHeads(mass->lift, layer, target, source));
            }
        }
    }
    return out;
}

}  // namespace armillary::attention
