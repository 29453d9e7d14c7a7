// Attention as an overlay layer: which word's map is shown when, what a patch's readers are, and what is said where there is no map.
#include "support/attention_scene.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/overlay/attention_layer.h"
#include "widgets/overlay/attention_overlay.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::test {
namespace {

using namespace widgets;

class OverlayOfAttention : public testing::Test {
protected:
    void SetUp() override
    {
        m_overlay = std::make_unique<AttentionOverlay>(m_stage.context());
        m_stage.run.showRecord(m_scene.record);
        ASSERT_TRUE(waitUntil([this] { return hasMap(); }));
    }
    void TearDown() override { m_overlay.reset(); }

    [[nodiscard]] const OverlayStack::Entry* map() const
    {
        return m_stage.overlays.find(AttentionOverlay::kAttentionId);
    }
    [[nodiscard]] const OverlayStack::Entry* readers() const
    {
        return m_stage.overlays.find(AttentionOverlay::kReadersId);
    }
    [[nodiscard]] bool hasMap() const { return map() != nullptr && !map()->layer.values.empty(); }
    [[nodiscard]] bool titleHas(const QString& words) const { return map()->layer.title.contains(words); }
    void setFocus(const Focus& focus) { m_stage.selection.setFocus(focus); }
    void expectMapOf(int word) const
    {
        ASSERT_TRUE(hasMap());
        const OverlayLayer& layer = map()->layer;
        ASSERT_EQ(layer.values.size(), static_cast<std::size_t>(m_scene.positions()));
        float highest = 0;
        for (std::int64_t key = 0; key < m_scene.positions(); ++key) {
            EXPECT_NEAR(layer.values[static_cast<std::size_t>(key)], m_scene.meanWeight(word, key), 1e-6) << key;
            if (key >= m_scene.world && key < m_scene.image + 24 && key != m_scene.image - 1)
                highest = std::max(highest, m_scene.meanWeight(word, key));
        }
        EXPECT_FLOAT_EQ(layer.highest, highest) << "the scale is that of image and world tokens, not of sinks";
        EXPECT_EQ(layer.lowest, 0);
    }

    AttentionScene m_scene;
    PanelStage m_stage;
    std::unique_ptr<AttentionOverlay> m_overlay;
};

TEST_F(OverlayOfAttention, TheLastWordIsShownUntilAnotherIsPointedAt)
{
    EXPECT_EQ(m_overlay->query(), m_scene.prefill + 5);
    expectMapOf(5);
    EXPECT_TRUE(titleHas(QStringLiteral("choosing “.”"))) << map()->layer.title.toStdString();
    EXPECT_TRUE(titleHas(QStringLiteral("mean of 2 layers · mean of 2 heads · raw")));
    const auto asked = m_stage.desk.requests().size();
    m_stage.selection.hover({m_scene.prefill + 1});
    // A look-up: it is there when the hover returns.
    expectMapOf(1);
    EXPECT_TRUE(titleHas(QStringLiteral("choosing “red”")));
    m_stage.selection.hover({m_scene.prefill});
    expectMapOf(0);
    m_stage.selection.hover({});
    expectMapOf(5);
    EXPECT_EQ(m_stage.desk.requests().size(), asked) << "hovering computes nothing";
}

TEST_F(OverlayOfAttention, MasksAreThoseThatEveryLayerHas)
{
    const OverlayLayer& mean = map()->layer;
    const auto query = static_cast<std::size_t>(m_scene.prefill + 4);
    EXPECT_EQ(mean.marks[0], CellMark::Visible) << "the global layer sees the begin";
    EXPECT_LE(mean.marks[query], CellMark::NearZero);
    m_stage.selection.hover({m_scene.prefill});
    EXPECT_EQ(map()->layer.marks[static_cast<std::size_t>(m_scene.prefill)], CellMark::Future);
    Focus focus;
    focus.layer = 0;
    setFocus(focus);
    ASSERT_TRUE(waitUntil([this] { return titleHas(QStringLiteral("layer 0 (local)")); }));
    EXPECT_EQ(map()->layer.marks[0], CellMark::OutsideWindow);
    EXPECT_EQ(overlayColor(map()->layer, 0), qRgba(0, 0, 0, 0)) << "a masked cell has a pattern, not a colour";
}

TEST_F(OverlayOfAttention, LayerAndHeadComeFromTheFocus)
{
    Focus focus;
    focus.layer = 1;
    focus.head = 1;
    setFocus(focus);
    ASSERT_TRUE(waitUntil([this] { return titleHas(QStringLiteral("layer 1 (global) · head 1 · raw")); }));
    const auto cell = static_cast<std::size_t>(m_scene.worldCellOf(5, 1));
    EXPECT_NEAR(map()->layer.values[cell], m_scene.weight(1, 1, 5, static_cast<std::int64_t>(cell)), 1e-6);
    focus.sinksRemoved = true;
    setFocus(focus);
    ASSERT_TRUE(waitUntil([this] { return titleHas(QStringLiteral("sinks removed")); }));
}

TEST_F(OverlayOfAttention, QueryAndChosenWordsKeepTheMap)
{
    m_stage.selection.choose({m_scene.prefill + 2});
    expectMapOf(2);
    m_stage.selection.hover({m_scene.prefill + 3});
    expectMapOf(3);
    m_stage.selection.hover({});
    expectMapOf(2);
    Focus focus;
    focus.query = m_scene.prefill + 1;
    setFocus(focus);
    expectMapOf(1);
    // Patches are no words: pointing at one changes the readers, not the map.
    m_stage.selection.hover({m_scene.image});
    expectMapOf(1);
}

TEST_F(OverlayOfAttention, APatchIsReadByTheWordsThatLookAtIt)
{
    EXPECT_TRUE(readers()->layer.values.empty());
    EXPECT_EQ(m_stage.overlays.top(), map());
    const std::int64_t cell = m_scene.imageCellOf(3, 0);
    m_stage.selection.hover({cell});
    ASSERT_FALSE(readers()->layer.values.empty());
    EXPECT_EQ(m_stage.overlays.top(), readers());
    for (int word = 0; word < 6; ++word)
        EXPECT_NEAR(readers()->layer.values[static_cast<std::size_t>(m_scene.prefill + word)],
                    m_scene.meanWeight(word, cell), 1e-6)
            << word;
    EXPECT_TRUE(std::isnan(readers()->layer.values[static_cast<std::size_t>(cell)]));
    // Several patches are read together.
    m_stage.selection.hover({cell, m_scene.world});
    EXPECT_NEAR(readers()->layer.values[static_cast<std::size_t>(m_scene.prefill + 3)],
                m_scene.meanWeight(3, cell) + m_scene.meanWeight(3, m_scene.world), 1e-6);
    m_stage.selection.hover({});
    EXPECT_TRUE(readers()->layer.values.empty());
    m_stage.selection.choose({cell});
    EXPECT_FALSE(readers()->layer.values.empty()) << "a chosen patch keeps its readers";
}

TEST_F(OverlayOfAttention, WhatCannotBeHadIsSaid)
{
    const std::int64_t word = m_scene.prefill - 3;
    m_stage.selection.hover({word});
    // A word of the prompt has no row in this record.
    ASSERT_TRUE(waitUntil([this] { return titleHas(QStringLiteral("capture qkv")); }))
        << map()->layer.title.toStdString();
    EXPECT_FALSE(hasMap());
    m_stage.selection.hover({});
    expectMapOf(5);
    Focus focus;
    focus.method = AttentionMethod::Rollout;
    setFocus(focus);
    ASSERT_TRUE(waitUntil([this] { return !hasMap() && titleHas(QStringLiteral("capture qkv")); }))
        << map()->layer.title.toStdString();
    focus.method = AttentionMethod::Relevancy;
    setFocus(focus);
    ASSERT_TRUE(waitUntil([this] { return titleHas(QStringLiteral("needs the models")); }));
    focus.query = 0;
    setFocus(focus);
    EXPECT_TRUE(titleHas(QStringLiteral("Relevancy is of a word of the answer")));
}

TEST_F(OverlayOfAttention, RelevancyAndValuesComeFromTheDesk)
{
    const auto floats = [](std::vector<std::int64_t> shape, const std::vector<float>& values) {
        auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
        std::memcpy(bytes->data(), values.data(), bytes->size());
        return TensorSnapshot{ElementType::Float32, std::move(shape), std::move(bytes)};
    };
    const auto count = static_cast<std::size_t>(m_scene.positions());
    std::vector<float> relevancy(count, 0.01F);
    relevancy[static_cast<std::size_t>(m_scene.image + 2)] = 0.7F;
    AnalysisResult given;
    given.request.name = "relevancy";
    given.arrays["relevancy"] = {{"position"}, floats({m_scene.positions()}, relevancy)};
    m_stage.desk.give(given);
    Focus focus;
    focus.method = AttentionMethod::Relevancy;
    setFocus(focus);
    ASSERT_TRUE(titleHas(QStringLiteral("Relevancy · choosing “.”"))) << map()->layer.title.toStdString();
    EXPECT_FLOAT_EQ(map()->layer.highest, 0.7F);
    EXPECT_EQ(map()->layer.unit, QStringLiteral("relevancy"));

    std::vector<float> norms(2 * count, std::nanf(""));
    for (std::size_t key = 0; key < count; ++key)
        norms[count + key] = 2;
    norms[static_cast<std::size_t>(m_scene.image)] = 4;
    given = {};
    given.request.name = "value-weighted-attention";
    given.arrays["norms"] = {{"layer", "key"}, floats({2, m_scene.positions()}, norms)};
    m_stage.desk.give(given);
    focus.method = AttentionMethod::ValueWeighted;
    setFocus(focus);
    ASSERT_TRUE(titleHas(QStringLiteral("Value-weighted attention"))) << map()->layer.title.toStdString();
    EXPECT_FLOAT_EQ(map()->layer.values[static_cast<std::size_t>(m_scene.image)], 3);
    EXPECT_FLOAT_EQ(map()->layer.values[0], 1) << "a layer that does not see the key adds nothing";
}

TEST_F(OverlayOfAttention, ADifferenceIsSignedAndSaysSo)
{
    AttentionScene other;
    m_stage.pair.setA({m_scene.record, QStringLiteral("a"), QStringLiteral("A")});
    m_stage.pair.setB({other.record, QStringLiteral("b"), QStringLiteral("B")});
    m_stage.pair.setSide(PairSide::Difference);
    ASSERT_TRUE(waitUntil([this] { return titleHas(QStringLiteral("A − B")); })) << map()->layer.title.toStdString();
    EXPECT_EQ(map()->layer.scale, ColorScale::Signed);
    EXPECT_FLOAT_EQ(map()->layer.lowest, -map()->layer.highest);
    EXPECT_NEAR(map()->layer.values[static_cast<std::size_t>(m_scene.image)], 0, 1e-7) << "equal runs differ nowhere";
}

TEST_F(OverlayOfAttention, NoRunLeavesNoLayer)
{
    m_stage.run.clear();
    EXPECT_EQ(map(), nullptr);
    EXPECT_EQ(readers(), nullptr);
    EXPECT_FALSE(m_overlay->query());
}

TEST(AttentionLayer, RowsOfOneQueryJoinTheMasksOfTheirLayers)
{
    const auto bytes = [](const auto& values) {
        auto out = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(values[0]));
        std::memcpy(out->data(), values.data(), out->size());
        return out;
    };
    TokenLayout layout;
    layout.kinds = {TokenKind::Image, TokenKind::Image, TokenKind::Text, TokenKind::Text};
    AnalysisResult row;
    row.arrays["mean"] = {{"key"}, {ElementType::Float32, {4}, bytes(std::vector<float>{0.1F, 0.3F, 0.6F, 0})}};
    // Two layers, one head: the first ends its window before key 1.
    row.arrays["states"] = {{"layer", "head", "key"},
                            {ElementType::UInt8, {2, 1, 4}, bytes(std::vector<std::uint8_t>{3, 0, 0, 2, 3, 3, 1, 2})}};
    const OverlayLayer layer = layerFromRow(row, layout, false);
    EXPECT_EQ(layer.marks,
              (std::vector<CellMark>{CellMark::OutsideWindow, CellMark::Visible, CellMark::Visible, CellMark::Future}));
    EXPECT_FLOAT_EQ(layer.highest, 0.3F);
    EXPECT_EQ(rowFromPosition(3, 4), 3);
    EXPECT_EQ(rowFromPosition(4, 4), 3) << "the first word is chosen from the prompt's last row";
}

}  // namespace
}  // namespace armillary::test
