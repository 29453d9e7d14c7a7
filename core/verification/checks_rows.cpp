#include "verification/checks_rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>
#include <string_view>

namespace armillary::verification {

at::Tensor hostRows(const at::Tensor& rows)
{
    return rows.to(at::kCPU, at::kFloat).contiguous();
}

std::vector<std::vector<std::int64_t>> equalRows(const at::Tensor& rows)
{
    const auto bytes = static_cast<std::size_t>(rows.size(1)) * sizeof(float);
    const auto* data = reinterpret_cast<const char*>(rows.const_data_ptr<float>());
    std::map<std::string_view, std::vector<std::int64_t>> byContent;
    for (std::int64_t row = 0; row < rows.size(0); ++row)
        byContent[{data + static_cast<std::size_t>(row) * bytes, bytes}].push_back(row);
    std::vector<std::vector<std::int64_t>> out;
    for (auto& [content, group] : byContent) {
        if (group.size() > 1)
            out.push_back(std::move(group));
    }
    std::sort(out.begin(), out.end());
    return out;
}

double medianCosine(const at::Tensor& rows)
{
    constexpr std::int64_t kMost = 512;
    const std::int64_t step = (rows.size(0) + kMost - 1) / kMost;
    const at::Tensor some = step > 1 ? rows.slice(0, 0, rows.size(0), step) : rows;
    const at::Tensor unit = some / some.norm(2, 1, true).clamp_min(1e-12);
    const at::Tensor cosines = at::mm(unit, unit.t());
    const at::Tensor upper = at::triu_indices(some.size(0), some.size(0), 1);
    return cosines.index({upper[0], upper[1]}).median().item<double>();
}

std::vector<std::int64_t> positionsByValue(const at::Tensor& values, const std::vector<std::int64_t>& positions)
{
    const at::Tensor host = values.to(at::kCPU, at::kFloat).contiguous();
    const float* const data = host.const_data_ptr<float>();
    std::vector<std::size_t> order(std::min(positions.size(), static_cast<std::size_t>(host.numel())));
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return data[a] > data[b]; });
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < std::min<std::size_t>(order.size(), 16); ++i)
        out.push_back(positions[order[i]]);
    return out;
}

}  // namespace armillary::verification
