#include "inspect/weight_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace armillary::inspect {
namespace {

bool isTable(const std::string& module)
{
    return module.find("embed") != std::string::npos || module == "lm_head" || module == "head" || module == "shared";
}

// Numbers of `bits` bits by rows, each group with a scale; odd halves of a byte are filled up.
std::int64_t quantised(const std::vector<std::int64_t>& shape, std::int64_t elements, int bits, std::int64_t group,
                       std::int64_t scaleBytes)
{
    const std::int64_t rows = std::max<std::int64_t>(shape.front(), 1);
    const std::int64_t length = elements / rows;
    const std::int64_t groups = length == 0 ? 0 : group <= 0 ? 1 : (length + group - 1) / group;
    return rows * ((length * bits + 7) / 8 + groups * scaleBytes);
}

void addTensor(const SnapshotTensor& tensor, bool isOfTable, const QuantisationRule& rule, WeightMemoryRow& row)
{
    row.stored += tensor.bytes;
    if (!tensor.sameAs.empty())
        return;
    row.parameters += tensor.elements;
    row.float32 += 4 * tensor.elements;
    row.bfloat16 += 2 * tensor.elements;
    if (tensor.shape.size() < 2 || (isOfTable && rule.keepsTables)) {
        row.int8 += 2 * tensor.elements;
        row.int4 += 2 * tensor.elements;
        return;
    }
    row.int8 += quantised(tensor.shape, tensor.elements, 8, rule.int8Group, rule.scaleBytes);
    row.int4 += quantised(tensor.shape, tensor.elements, 4, rule.int4Group, rule.scaleBytes);
}

void addModule(const SnapshotModule& module, const QuantisationRule& rule, WeightMemoryRow& row)
{
    for (const SnapshotTensor& tensor : module.tensors)
        addTensor(tensor, isTable(module.name), rule, row);
    for (const SnapshotModule& child : module.modules)
        addModule(child, rule, row);
}

void addParts(const SnapshotModule& root, const QuantisationRule& rule, std::vector<WeightMemoryRow>& rows)
{
    for (const SnapshotModule& child : root.modules) {
        // Names in memory have everything below one "model".
        if (child.name == "model") {
            addParts(child, rule, rows);
            continue;
        }
        WeightMemoryRow row;
        row.part = child.name;
        addModule(child, rule, row);
        rows.push_back(std::move(row));
    }
    if (root.tensors.empty())
        return;
    WeightMemoryRow row;
    row.part = "(no module)";
    for (const SnapshotTensor& tensor : root.tensors)
        addTensor(tensor, false, rule, row);
    rows.push_back(std::move(row));
}

}  // namespace

std::vector<WeightMemoryRow> weightMemory(const SnapshotContents& contents, const QuantisationRule& rule)
{
    std::vector<WeightMemoryRow> rows;
    addParts(contents.root, rule, rows);
    std::stable_sort(rows.begin(), rows.end(), [](const WeightMemoryRow& left, const WeightMemoryRow& right) {
        return left.parameters > right.parameters;
    });
    WeightMemoryRow whole;
    whole.part = "all";
    for (const WeightMemoryRow& row : rows) {
        whole.parameters += row.parameters;
        whole.stored += row.stored;
        whole.float32 += row.float32;
        whole.bfloat16 += row.bfloat16;
        whole.int8 += row.int8;
        whole.int4 += row.int4;
    }
    rows.push_back(std::move(whole));
    return rows;
}

std::string sentenceOf(const QuantisationRule& rule)
{
    const auto group = [](std::int64_t size) {
        return size <= 0 ? std::string("a row") : fmt::format("{} numbers of a row", size);
    };
    return fmt::format("int8: one {}-byte scale for {}; int4: one for {}; no zero points; vectors stay bfloat16, "
                       "embedding tables {}; a tied table counts once; activations and caches not included",
                       rule.scaleBytes, group(rule.int8Group), group(rule.int4Group),
                       rule.keepsTables ? "too" : "do not");
}

}  // namespace armillary::inspect
