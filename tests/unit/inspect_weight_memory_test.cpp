#include "inspect/weight_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::inspect {
namespace {

using ::testing::HasSubstr;

SnapshotModule moduleOf(const std::string& name, std::vector<std::int64_t> shape, const std::string& sameAs = {})
{
    SnapshotTensor tensor;
    tensor.name = "weight";
    tensor.type = ElementType::Float32;
    tensor.elements = 1;
    for (const std::int64_t size : shape)
        tensor.elements *= size;
    tensor.bytes = 4 * tensor.elements;
    tensor.shape = std::move(shape);
    tensor.sameAs = sameAs;
    SnapshotModule out;
    out.name = name;
    out.elements = tensor.elements;
    out.bytes = tensor.bytes;
    out.tensors.push_back(std::move(tensor));
    return out;
}

SnapshotContents contents()
{
    SnapshotContents out;
    SnapshotModule model;
    model.name = "model";
    model.modules = {moduleOf("embed_tokens", {10, 300}), moduleOf("proj", {4, 200}), moduleOf("norm", {7})};
    out.root.modules = {std::move(model), moduleOf("lm_head", {10, 300}, "model.embed_tokens.weight")};
    return out;
}

const WeightMemoryRow& rowOf(const std::vector<WeightMemoryRow>& rows, const std::string& part)
{
    for (const WeightMemoryRow& row : rows) {
        if (row.part == part)
            return row;
    }
    throw std::runtime_error("no part " + part);
}

TEST(WeightMemory, CountsScalesAndTiedTablesOnce)
{
    const auto rows = weightMemory(contents(), {});
    ASSERT_EQ(rows.size(), 5U);
    EXPECT_EQ(rows.front().part, "embed_tokens") << "the largest first";
    const WeightMemoryRow& table = rowOf(rows, "embed_tokens");
    EXPECT_EQ(table.parameters, 3000);
    EXPECT_EQ(table.float32, 12000);
    EXPECT_EQ(table.bfloat16, 6000);
    EXPECT_EQ(table.int8, 3000 + 10 * 2);
    // 300 numbers of a row are three groups of at most 128.
    EXPECT_EQ(table.int4, 1500 + 10 * 3 * 2);
    const WeightMemoryRow& norm = rowOf(rows, "norm");
    EXPECT_EQ(norm.int8, 14) << "vectors stay bfloat16";
    EXPECT_EQ(norm.int4, 14);
    const WeightMemoryRow& head = rowOf(rows, "lm_head");
    EXPECT_EQ(head.parameters, 0);
    EXPECT_EQ(head.stored, 12000);
    EXPECT_EQ(head.float32, 0);
    const WeightMemoryRow& all = rows.back();
    EXPECT_EQ(all.part, "all");
    EXPECT_EQ(all.parameters, 3000 + 800 + 7);
    EXPECT_EQ(all.stored, 4 * (6000 + 800 + 7));
    EXPECT_EQ(all.int4, 1560 + 400 + 4 * 2 * 2 + 14);
}

TEST(WeightMemory, RulesChangeIt)
{
    QuantisationRule rule;
    rule.keepsTables = true;
    rule.int4Group = 32;
    rule.int8Group = 64;
    const auto rows = weightMemory(contents(), rule);
    EXPECT_EQ(rowOf(rows, "embed_tokens").int4, 6000);
    EXPECT_EQ(rowOf(rows, "proj").int4, 400 + 4 * 7 * 2);
    EXPECT_EQ(rowOf(rows, "proj").int8, 800 + 4 * 4 * 2);
    EXPECT_THAT(sentenceOf(rule), HasSubstr("one for 32 numbers of a row"));
    EXPECT_THAT(sentenceOf(rule), HasSubstr("embedding tables too"));
    EXPECT_THAT(sentenceOf({}), HasSubstr("one 2-byte scale for a row"));
}

TEST(WeightMemory, OddRowsAreFilledUp)
{
    SnapshotContents odd;
    odd.root.modules = {moduleOf("w", {3, 5})};
    EXPECT_EQ(weightMemory(odd, {}).back().int4, 3 * (3 + 2));
    EXPECT_EQ(weightMemory(SnapshotContents(), {}).back().parameters, 0);
}

}  // namespace
}  // namespace armillary::inspect
