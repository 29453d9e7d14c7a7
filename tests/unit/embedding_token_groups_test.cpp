#include "embedding/grid_pairing.h"
#include "embedding/token_groups.h"
#include "embedding/token_norms.h"
#include "support/record_builder.h"

#include <gtest/gtest.h>

#include <cmath>

namespace armillary::embedding {
namespace {

// A record whose tensors are given; vectors of `width` numbers that name their own row: row i is (i, i, ...).
RunRecord recordWith(const test::RecordBuilder& builder, const std::map<std::string, std::vector<std::int64_t>>& shapes)
{
    RunRecord record = *builder.build();
    for (const auto& [name, shape] : shapes) {
        TensorSnapshot like{ElementType::Float32, shape, nullptr};
        std::vector<float> values;
        for (std::int64_t i = 0; i < like.elementCount(); ++i)
            values.push_back(static_cast<float>(i / shape.back()));
        record.tensors[name] = snapshotFromFloats(shape, values);
    }
    return record;
}

TEST(TokenVectors, OfTheSequenceKnowKindsAndAnswers)
{
    const auto builder = test::RecordBuilder::typical(3, 2);
    const std::int64_t prefill = builder.layout().size();
    const RunRecord record = recordWith(builder, {{"hidden.2", {prefill + 4, 5}}, {"hidden.10", {prefill, 5}}});
    const auto got = tokenVectors(record, "hidden.2");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->size(), prefill + 4);
    EXPECT_EQ(got->kinds[2], TokenKind::World);
    EXPECT_EQ(got->origins[3].column, 1);
    EXPECT_EQ(got->kinds.back(), TokenKind::Generated);
    EXPECT_EQ(got->pieces[static_cast<std::size_t>(prefill)], "A");
    EXPECT_EQ(hiddenTensors(record), (std::vector<std::string>{"hidden.2", "hidden.10"})) << "in order of numbers";
    EXPECT_FALSE(tokenVectors(record, "auto")) << "neither embeds nor hidden.0 were captured";
}

TEST(TokenVectors, AutomaticTakesTheInputOrJoinsWhatEveryRecordHas)
{
    const auto builder = test::RecordBuilder::typical(3, 2);
    RunRecord record = recordWith(builder, {{"image.embeds", {4, 5}}, {"world.embeds", {9, 5}}});
    const auto joined = tokenVectors(record, "auto");
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->size(), 13);
    EXPECT_EQ(joined->kinds.front(), TokenKind::Image);
    EXPECT_EQ(joined->positions[4], 2) << "the first world token stands after <bos> and its bracket";
    record.tensors["inputs.embeds"] =
        recordWith(builder, {{"x.embeds", {builder.layout().size(), 5}}}).tensors["x.embeds"];
    EXPECT_EQ(tokenVectors(record, "auto")->size(), builder.layout().size());
    EXPECT_EQ(tokenVectors(record, "auto")->tensor, "inputs.embeds");
}

TEST(TokenVectors, OfPatchesAndLatentsHaveTheirOwnGrids)
{
    const auto builder = test::RecordBuilder::typical(3, 2);
    RunRecord record = recordWith(builder, {{"siglip.0.last_hidden_state", {1, 16, 5}}});
    std::vector<float> latents;
    for (int channel = 0; channel < 2; ++channel) {
        for (int place = 0; place < 9; ++place)
            latents.push_back(static_cast<float>(100 * channel + place));
    }
    record.tensors["world.latents"] = snapshotFromFloats({2, 1, 3, 3}, latents);
    const auto patches = tokenVectors(record, "siglip.0.last_hidden_state");
    ASSERT_TRUE(patches);
    EXPECT_EQ(patches->size(), 16);
    EXPECT_EQ(patches->positions[5], -1);
    EXPECT_EQ(patches->origins[5].row, 1);
    EXPECT_EQ(patches->origins[5].column, 1);
    ASSERT_EQ(patches->grids.size(), 1U);
    EXPECT_EQ(patches->grids[0].rows, 4);
    const auto cells = tokenVectors(record, "world.latents");
    ASSERT_TRUE(cells);
    EXPECT_EQ(cells->size(), 9);
    EXPECT_EQ(cells->vectors.columns, 2);
    EXPECT_EQ(cells->vectors.row(4)[1], 104);
    EXPECT_EQ(cells->positions[4], 6) << "as many latent pixels as world tokens: the pixel is its token";
}

TEST(TokenVectors, SayWhatIsMissingOrDoesNotFit)
{
    const auto builder = test::RecordBuilder::typical(3, 2);
    RunRecord record = recordWith(builder, {{"hidden.1", {4, 5}}, {"world.embeds", {8, 5}}});
    for (const char* name :
         {"hidden.0", "hidden.1", "world.embeds", "image.embeds", "logits", "siglip.x", "world.latents"}) {
        const auto got = tokenVectors(record, name);
        ASSERT_FALSE(got) << name;
        EXPECT_EQ(got.error().code, ErrorCode::InvalidInput);
    }
    EXPECT_NE(tokenVectors(record, "hidden.7").error().message.find("hidden.1"), std::string::npos)
        << "what there is, is named";
    record.tensors["hidden.0"] = {ElementType::Float32, {builder.layout().size(), 5}, nullptr};
    EXPECT_FALSE(tokenVectors(record, "hidden.0")) << "a tensor without its bytes";
    EXPECT_FALSE(tokenVectors(RunRecord{}, "auto"));
}

TEST(TokenGroups, GatherByKindSpanPictureAndFrame)
{
    test::RecordBuilder builder;
    const int picture = builder.addPicture("a.png", 10, 10);
    builder.text({"x"}).worldTokens(picture, 2, 1, 2).text({"y", "z"}).imageTokens(picture, 1, 2);
    const RunRecord record = recordWith(builder, {{"inputs.embeds", {9, 3}}});
    const auto tokens = tokenVectors(record, "auto");
    ASSERT_TRUE(tokens);
    const auto names = [&](const std::string& segments, GroupBy by) {
        std::vector<std::string> out;
        const auto groups = tokenGroups(*tokens, segments, by);
        for (const TokenGroup& group : *groups)
            out.push_back(group.name + " " + std::to_string(group.rows.size()));
        return out;
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(names("all", GroupBy::Kind), (Names{"text 3", "world 4", "image 2"}));
    EXPECT_EQ(names("all", GroupBy::Span), (Names{"text @0 1", "world 0 @1 4", "text @5 2", "image 0 @7 2"}));
    EXPECT_EQ(names("all", GroupBy::Picture), (Names{"text 3", "world 0 4", "image 0 2"}));
    EXPECT_EQ(names("world,image", GroupBy::Frame), (Names{"world 0 frame 0 2", "world 0 frame 1 2", "image 2"}));
    EXPECT_FALSE(tokenGroups(*tokens, "generated", GroupBy::Kind));
    EXPECT_FALSE(tokenGroups(*tokens, "words", GroupBy::Kind));
    EXPECT_EQ(tokenLabel(*tokens, 0), "x");
    EXPECT_EQ(tokenLabel(*tokens, 4), "world 0 frame 1 row 0 column 1");
    EXPECT_EQ(tokenLabel(*tokens, 8), "image 0 row 0 column 1");
}

TEST(TokenGroups, ThinningKeepsEverySegmentAndBrokenRowsAreLeftOut)
{
    test::RecordBuilder builder;
    builder.text({"x"}).worldTokens(builder.addPicture("a.png", 10, 10), 1, 10, 10);
    RunRecord record = recordWith(builder, {{"inputs.embeds", {101, 2}}});
    auto tokens = *tokenVectors(record, "auto");
    std::vector<std::string> cautions;
    const TokenVectors thin = thinnedTokens(tokens, 20, cautions);
    EXPECT_EQ(thin.kinds.front(), TokenKind::Text);
    EXPECT_LE(thin.size(), 21);
    EXPECT_GE(thin.size(), 20);
    EXPECT_EQ(thin.vectors.row(1)[0], static_cast<float>(thin.positions[1]));
    EXPECT_EQ(cautions.size(), 1U);
    tokens.vectors.row(3)[1] = NAN;
    tokens.vectors.row(4)[0] = INFINITY;
    const TokenVectors finite = finiteTokens(tokens, cautions);
    EXPECT_EQ(finite.size(), 99);
    EXPECT_EQ(finite.positions[3], 5);
    EXPECT_EQ(cautions.size(), 2U);
}

TEST(TokenNorms, OfOneSegmentByHand)
{
    const Matrix x{6, 2, {3, 4, 0, 5, 0, 6, 7, 0, 0, 40, NAN, 0}};
    TokenGroup group{"text", TokenKind::Text, {0, 1, 2, 3, 4, 5}};
    const TokenNorms got = tokenNorms(x, {group}, 6, 5);
    const NormSummary& each = got.groups.at(0);
    EXPECT_EQ(each.count, 5);
    EXPECT_EQ(each.nonFinite, 1);
    EXPECT_DOUBLE_EQ(each.median, 6);  // 5 5 6 7 40
    EXPECT_DOUBLE_EQ(each.mad, 1);     // 1 1 0 1 34
    EXPECT_DOUBLE_EQ(each.mean, 12.6);
    EXPECT_DOUBLE_EQ(each.lowQuarter, 5);
    EXPECT_DOUBLE_EQ(each.highQuarter, 7);
    EXPECT_DOUBLE_EQ(got.scores[4], 34);
    EXPECT_EQ(each.outliers, 1);
    EXPECT_TRUE(std::isnan(got.norms[5]));
    EXPECT_TRUE(std::isnan(got.scores[5]));
    EXPECT_EQ(each.histogram, (std::vector<std::int64_t>{4, 0, 0, 0, 1}));  // 5 ... 40 in steps of 7
}

TEST(TokenNorms, WithoutSpreadThereIsNoScore)
{
    const Matrix x{3, 1, {2, 2, 2}};
    const TokenNorms got = tokenNorms(x, {{"text", TokenKind::Text, {0, 1}}, {"empty", TokenKind::World, {}}}, 6, 4);
    EXPECT_TRUE(std::isnan(got.scores[0]));
    EXPECT_EQ(got.groups[0].outliers, 0);
    EXPECT_EQ(got.groups[0].histogram[0], 2);
    EXPECT_EQ(got.groups[1].count, 0);
    EXPECT_TRUE(std::isnan(got.groups[1].median));
}

// A grid of `rows` x `columns` of one kind whose vectors are (row, column).
TokenVectors placed(TokenKind kind, std::int32_t rows, std::int32_t columns, std::int32_t frames = 1,
                    PixelBox covers = {0, 0, 1, 1})
{
    TokenVectors out;
    out.tensor = "x";
    out.vectors.columns = 3;
    for (std::int32_t frame = 0; frame < frames; ++frame) {
        for (std::int32_t row = 0; row < rows; ++row) {
            for (std::int32_t column = 0; column < columns; ++column) {
                out.vectors.values.insert(out.vectors.values.end(),
                                          {static_cast<float>(row), static_cast<float>(column),
                                           static_cast<float>(frame)});
                ++out.vectors.rows;
                out.positions.push_back(out.vectors.rows - 1);
                out.kinds.push_back(kind);
                out.origins.push_back({0, 0, kind == TokenKind::World ? frame : -1, row, column});
                out.pieces.emplace_back();
            }
        }
    }
    out.grids = {{0, 0, kind, rows, columns, frames, covers}};
    return out;
}

TEST(GridPairing, PoolsByAreaToTheSmallerGrid)
{
    // 3 x 4 cells to 2 x 2: a common row is 1.5 source rows high, a common column 2 source columns wide.
    const TokenVectors world = placed(TokenKind::World, 3, 4, 2);
    const TokenVectors image = placed(TokenKind::Image, 2, 2);
    const auto left = gridTokens(world, TokenKind::World, -1, 1);
    const auto right = gridTokens(image, TokenKind::Image, 0, 0);
    ASSERT_TRUE(left && right);
    const auto got = pairedGrids(world, *left, image, *right);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->gridRows, 2);
    EXPECT_EQ(got->gridColumns, 2);
    ASSERT_EQ(got->x.rows, 4);
    EXPECT_NEAR(got->x.row(0)[0], (0 * 1 + 1 * 0.5) / 1.5, 1e-6);
    EXPECT_NEAR(got->x.row(0)[1], 0.5, 1e-6);
    EXPECT_NEAR(got->x.row(3)[0], (1 * 0.5 + 2 * 1) / 1.5, 1e-6);
    EXPECT_NEAR(got->x.row(3)[1], 2.5, 1e-6);
    EXPECT_NEAR(got->x.row(3)[2], 1, 1e-6) << "the latent frame that was asked for";
    EXPECT_EQ(got->y.row(3)[0], 1);
    EXPECT_FALSE(got->cautions.empty());
    EXPECT_FALSE(gridTokens(world, TokenKind::World, -1, 2));
    EXPECT_FALSE(gridTokens(world, TokenKind::Image, -1, 0));
}

TEST(GridPairing, LeavesOutWhatOneGridDoesNotCover)
{
    const TokenVectors half = placed(TokenKind::Image, 2, 2, 1, {0, 0, 1, 0.5});
    const TokenVectors whole = placed(TokenKind::World, 2, 4);
    const auto got = pairedGrids(half, *gridTokens(half, TokenKind::Image, -1, 0), whole,
                                 *gridTokens(whole, TokenKind::World, -1, 0));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->x.rows, 2);
    EXPECT_EQ(got->gridRows, 0) << "no full grid, no shifts";
    EXPECT_NEAR(got->x.row(0)[1], 0.5, 1e-6);
    EXPECT_NEAR(got->y.row(1)[0], 1, 1e-6);
}

TEST(GridPairing, EqualGridsArePairedAsTheyAre)
{
    const TokenVectors a = placed(TokenKind::World, 3, 3);
    const auto grid = gridTokens(a, TokenKind::World, -1, 0);
    const auto got = pairedGrids(a, *grid, a, *grid);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->x.values, a.vectors.values);
    EXPECT_TRUE(got->cautions.empty());
    const auto byPosition = pairedPositions(a, chosenTokens(a, {4, 2}));
    ASSERT_TRUE(byPosition);
    EXPECT_EQ(byPosition->x.rows, 2);
    EXPECT_EQ(byPosition->x.values, byPosition->y.values);
    EXPECT_FALSE(pairedPositions(a, placed(TokenKind::World, 0, 0)));
}

}  // namespace
}  // namespace armillary::embedding
