// The analyses as they are asked for by name: on a whole record, and on records that lack what they need.
#include "base/random_source.h"
#include "embedding/embedding_analyses.h"
#include "embedding/matrix.h"
#include "support/record_builder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace armillary::embedding {
namespace {

using Arguments = std::map<std::string, std::string>;

Result<AnalysisResult> analyse(const RunRecord& record, const std::string& name, const Arguments& given = {},
                               const std::stop_token& stop = {})
{
    for (const inspect::RecordAnalysis& each : embeddingAnalyses()) {
        if (each.entry.name != name)
            continue;
        const auto arguments = inspect::AnalysisArguments::read(each.entry, {name, given});
        if (!arguments)
            return tl::unexpected(arguments.error());
        return each.run(record, *arguments, stop);
    }
    return fail(ErrorCode::Internal, "no analysis " + name);
}

const AnalysisTable& table(const AnalysisResult& result, const std::string& name)
{
    for (const AnalysisTable& each : result.tables) {
        if (each.name == name)
            return each;
    }
    throw std::runtime_error("no table " + name);
}

double number(const AnalysisResult& result, const std::string& name)
{
    const auto found = result.number(name);
    if (!found)
        throw std::runtime_error("no number " + name);
    return *found;
}

TensorSnapshot random(std::vector<std::int64_t> shape, std::uint64_t seed, double shift = 0)
{
    RandomSource source(seed);
    TensorSnapshot like{ElementType::Float32, shape, nullptr};
    std::vector<float> values;
    for (std::int64_t i = 0; i < like.elementCount(); ++i)
        values.push_back(static_cast<float>(source.normal() + shift));
    return snapshotFromFloats(std::move(shape), values);
}

// An 8 x 8 world, a 4 x 4 image, a question and an answer, 12 dimensions.
RunRecord wholeRecord()
{
    const auto builder = test::RecordBuilder::typical(8, 4);
    RunRecord record = *builder.build();
    const std::int64_t prefill = builder.layout().size();
    record.tensors["inputs.embeds"] = random({prefill, 12}, 1);
    record.tensors["hidden.0"] = random({prefill + 9, 12}, 2);
    record.tensors["hidden.1"] = random({prefill + 9, 12}, 3);
    record.tensors["image.embeds"] = random({16, 12}, 4);
    record.tensors["world.embeds"] = random({64, 12}, 5);
    record.tensors["world.latents"] = random({3, 1, 8, 8}, 6);
    record.tensors["siglip.0.last_hidden_state"] = random({1, 64, 7}, 7);
    return record;
}

TEST(EmbeddingAnalyses, AllRunWithTheirDefaultsOnAWholeRecord)
{
    const RunRecord record = wholeRecord();
    std::set<std::string> names;
    for (const inspect::RecordAnalysis& each : embeddingAnalyses()) {
        EXPECT_TRUE(names.insert(each.entry.name).second) << each.entry.name;
        EXPECT_FALSE(each.entry.title.empty() || each.entry.definition.empty() || each.entry.needs.empty())
            << each.entry.name;
        EXPECT_FALSE(each.entry.needsModel);
        const auto got = analyse(record, each.entry.name);
        ASSERT_TRUE(got) << each.entry.name << ": " << got.error().message;
        EXPECT_FALSE(got->tables.empty() && got->arrays.empty()) << each.entry.name;
        for (const AnalysisTable& shown : got->tables) {
            for (const auto& row : shown.rows)
                EXPECT_EQ(row.size(), shown.columns.size()) << each.entry.name << " " << shown.name;
        }
        for (const auto& [name, array] : got->arrays) {
            EXPECT_EQ(array.axes.size(), array.values.shape.size()) << each.entry.name << " " << name;
            EXPECT_EQ(static_cast<std::int64_t>(array.values.bytes->size()),
                      array.values.elementCount() * elementBytes(array.values.type))
                << each.entry.name << " " << name;
        }
    }
    EXPECT_EQ(names.size(), 12U);
}

TEST(EmbeddingAnalyses, RefuseAnEmptyRecordAndWrongArguments)
{
    for (const inspect::RecordAnalysis& each : embeddingAnalyses()) {
        const auto none = analyse(RunRecord{}, each.entry.name);
        ASSERT_FALSE(none) << each.entry.name;
        EXPECT_EQ(none.error().code, ErrorCode::InvalidInput) << each.entry.name;
    }
    const RunRecord record = wholeRecord();
    for (const auto& [name, arguments] :
         std::vector<std::pair<std::string, Arguments>>{{"tsne", {{"theta", "3"}}},
                                                        {"umap", {{"neighbours", "x"}}},
                                                        {"pca", {{"segments", "words"}}},
                                                        {"pca", {{"tensor", "hidden.7"}}},
                                                        {"alignment", {{"pair", "up"}}},
                                                        {"alignment", {{"first-frame", "4"}}},
                                                        {"alignment", {{"pair", "grid"}, {"first-segments", "text"}}},
                                                        {"embedding-neighbours", {{"position", "100000"}}},
                                                        {"latent-channels", {{"tensor", "image.embeds"}}}}) {
        const auto got = analyse(record, name, arguments);
        ASSERT_FALSE(got) << name;
        EXPECT_EQ(got.error().code, ErrorCode::InvalidInput) << got.error().message;
    }
}

TEST(EmbeddingAnalyses, SurviveOneTokenEqualTokensAndBrokenRows)
{
    test::RecordBuilder one;
    one.worldTokens(one.addPicture("a.png", 8, 8), 1, 1, 1);
    RunRecord single = *one.build();
    single.tensors["inputs.embeds"] = random({1, 4}, 1);
    single.tensors["world.latents"] = random({4, 1, 1, 1}, 1);

    RunRecord flat = wholeRecord();
    const std::int64_t prefill = flat.layout->size();
    flat.tensors["inputs.embeds"] =
        snapshotFromFloats({prefill, 12}, std::vector<float>(static_cast<std::size_t>(prefill * 12), 0.7F));
    flat.tensors["world.latents"] = snapshotFromFloats({3, 1, 8, 8}, std::vector<float>(192, -1.F));

    RunRecord broken = wholeRecord();
    broken.tensors["inputs.embeds"] =
        snapshotFromFloats({prefill, 12}, std::vector<float>(static_cast<std::size_t>(prefill * 12), NAN));
    broken.tensors["world.latents"] = snapshotFromFloats({3, 1, 8, 8}, std::vector<float>(192, NAN));

    RunRecord empty = *test::RecordBuilder().build();
    empty.tensors["inputs.embeds"] = snapshotFromFloats({0, 12}, {});
    for (const RunRecord* record : {&single, &flat, &broken, &empty}) {
        for (const inspect::RecordAnalysis& each : embeddingAnalyses()) {
            const auto got = analyse(*record, each.entry.name);
            EXPECT_TRUE(got || got.error().code == ErrorCode::InvalidInput)
                << each.entry.name << ": " << got.error().message;
        }
    }
    for (const char* name :
         {"embedding-norms", "pca", "pca-rgb", "tsne", "umap", "alignment", "effective-rank", "discriminability"}) {
        const auto got = analyse(flat, name);
        ASSERT_TRUE(got) << name;
        EXPECT_FALSE(got->cautions.empty()) << name;
    }
    const auto map = analyse(flat, "tsne");
    ASSERT_TRUE(map);
    EXPECT_TRUE(std::isnan(number(*map, "trustworthiness")));
    const auto aligned = analyse(flat, "alignment");
    ASSERT_TRUE(aligned);
    EXPECT_TRUE(std::isnan(number(*aligned, "linear CKA")));
}

TEST(EmbeddingAnalyses, StopWhenAsked)
{
    std::stop_source stop;
    stop.request_stop();
    const RunRecord record = wholeRecord();
    for (const char* name : {"embedding-norms", "embedding-cosine", "embedding-neighbours", "pca", "pca-rgb", "tsne",
                             "umap", "alignment", "modality-gap", "effective-rank", "discriminability"}) {
        const auto got = analyse(record, name, {}, stop.get_token());
        ASSERT_FALSE(got) << name;
        EXPECT_EQ(got.error().code, ErrorCode::Cancelled) << name;
    }
}

TEST(EmbeddingAnalyses, NormsFindTheLongTokenInItsLayer)
{
    RunRecord record = wholeRecord();
    std::vector<float> values = record.tensors["hidden.1"].floats();
    for (std::int64_t c = 0; c < 12; ++c)
        values[static_cast<std::size_t>(5 * 12 + c)] = 90;
    record.tensors["hidden.1"] = snapshotFromFloats(record.tensors["hidden.1"].shape, values);
    const auto got = analyse(record, "embedding-norms", {{"tensor", "hidden.*"}, {"segments", "world"}});
    ASSERT_TRUE(got);
    const AnalysisTable& outliers = table(*got, "outliers");
    ASSERT_FALSE(outliers.rows.empty());
    EXPECT_EQ(std::get<std::string>(outliers.rows[0][0]), "hidden.1");
    EXPECT_EQ(std::get<double>(outliers.rows[0][1]), 5);
    EXPECT_EQ(std::get<std::string>(outliers.rows[0][2]), "world 0 frame 0 row 0 column 3");
    EXPECT_EQ(got->arrays.at("norms").values.shape, (std::vector<std::int64_t>{2, record.layout->size() + 9}));
    EXPECT_NEAR(got->arrays.at("norms").values.floatAt(record.layout->size() + 9 + 5), 90 * std::sqrt(12.0), 1e-2);
}

TEST(EmbeddingAnalyses, NeighboursFindACopyElsewhere)
{
    RunRecord record = wholeRecord();
    std::vector<float> values = record.tensors["inputs.embeds"].floats();
    std::copy_n(values.begin() + 10 * 12, 12, values.begin() + 70 * 12);
    record.tensors["inputs.embeds"] = snapshotFromFloats(record.tensors["inputs.embeds"].shape, values);
    const auto got = analyse(record, "embedding-neighbours", {{"position", "10"}, {"count", "3"}});
    ASSERT_TRUE(got);
    const auto& first = table(*got, "neighbours").rows.at(0);
    EXPECT_EQ(std::get<double>(first[1]), 70);
    EXPECT_NEAR(std::get<double>(first[4]), 1, 1e-6);
    EXPECT_NEAR(std::get<double>(first[5]), 0, 1e-6);
    EXPECT_EQ(table(*got, "neighbours").rows.size(), 3U);
}

TEST(EmbeddingAnalyses, ColoursShareOneBasisOverPicturesAndTimes)
{
    test::RecordBuilder builder;
    const int picture = builder.addPicture("a.png", 8, 8);
    builder.worldTokens(picture, 2, 2, 3).imageTokens(picture, 2, 2);
    RunRecord record = *builder.build();
    record.tensors["inputs.embeds"] = random({16, 6}, 3);
    std::vector<float> values = record.tensors["inputs.embeds"].floats();
    std::copy_n(values.begin(), 6, values.begin() + 15 * 6);  // the last image token is the first world token
    record.tensors["inputs.embeds"] = snapshotFromFloats({16, 6}, values);
    const auto got = analyse(record, "pca-rgb");
    ASSERT_TRUE(got);
    const TensorSnapshot& world = got->arrays.at("world.0").values;
    const TensorSnapshot& image = got->arrays.at("image.0.0").values;
    EXPECT_EQ(world.shape, (std::vector<std::int64_t>{2, 2, 3, 3}));
    EXPECT_EQ(image.shape, (std::vector<std::int64_t>{1, 2, 2, 3}));
    for (std::int64_t colour = 0; colour < 3; ++colour)
        EXPECT_EQ(image.floatAt(9 + colour), world.floatAt(colour)) << "equal vectors, equal colours";
}

TEST(EmbeddingAnalyses, AlignmentPairsGridsAndPositions)
{
    RunRecord record = wholeRecord();
    const auto grids = analyse(record, "alignment", {{"draws", "50"}, {"svd-draws", "10"}});
    ASSERT_TRUE(grids);
    EXPECT_EQ(number(*grids, "pairs"), 16) << "8 x 8 and 4 x 4 meet in 4 x 4";
    EXPECT_EQ(std::get<double>(table(*grids, "measures").rows[0][13]), 15) << "all shifts of a 4 x 4 grid";
    const auto same = analyse(record, "alignment",
                              {{"first", "hidden.0"},
                               {"second", "hidden.0"},
                               {"first-segments", "text,image"},
                               {"second-segments", "text,image"},
                               {"draws", "20"},
                               {"svd-draws", "5"}});
    ASSERT_TRUE(same);
    EXPECT_NEAR(number(*same, "linear CKA"), 1, 1e-9);
    EXPECT_NEAR(number(*same, "mutual kNN"), 1, 1e-9);
    EXPECT_EQ(std::get<double>(table(*same, "measures").rows[0][13]), 0) << "positions are no grid";
    const auto patches = analyse(record, "alignment",
                                 {{"first", "world.latents"},
                                  {"second", "siglip.0.last_hidden_state"},
                                  {"draws", "5"},
                                  {"svd-draws", "5"}});
    ASSERT_TRUE(patches) << patches.error().message;
    EXPECT_EQ(number(*patches, "pairs"), 64);
}

TEST(EmbeddingAnalyses, GapAndDiscriminabilitySeeAShift)
{
    RunRecord record = wholeRecord();
    record.tensors.erase("inputs.embeds");
    record.tensors.erase("hidden.0");
    record.tensors["image.embeds"] = random({16, 12}, 4, 3);
    const auto gap = analyse(record, "modality-gap");
    ASSERT_TRUE(gap);
    EXPECT_GT(number(*gap, "gap"), 0.7);
    EXPECT_GT(number(*gap, "probe AUC"), 0.99);
    const auto apart = analyse(record, "discriminability", {{"draws", "50"}});
    ASSERT_TRUE(apart);
    EXPECT_GT(number(*apart, "k-NN accuracy"), 0.95);
    EXPECT_EQ(number(*apart, "largest class"), 0.8);
}

TEST(EmbeddingAnalyses, LatentChannelsUseTheAutoencodersStatisticsWhereTheRecordHoldsThem)
{
    RunRecord record = wholeRecord();
    std::vector<float> values(192, 0.F);
    std::fill(values.begin(), values.begin() + 64, 5.F);
    record.tensors["world.latents"] = snapshotFromFloats({3, 1, 8, 8}, values);
    const auto plain = analyse(record, "latent-channels");
    ASSERT_TRUE(plain);
    EXPECT_TRUE(std::isnan(number(*plain, "unusual channels")));
    EXPECT_NEAR(std::get<double>(table(*plain, "channels").rows[0][1]), 5, 1e-9);
    record.settings["latent_scale"] = "raw";
    record.tensors["vae.latents_mean"] = snapshotFromFloats({3}, {1, 0, 0});
    record.tensors["vae.latents_std"] = snapshotFromFloats({3}, {0.5F, 1, 1});
    const auto got = analyse(record, "latent-channels");
    ASSERT_TRUE(got);
    EXPECT_TRUE(got->cautions.empty());
    EXPECT_EQ(number(*got, "unusual channels"), 1);
    EXPECT_NEAR(number(*got, "largest shift"), 8, 1e-9);
}

TEST(EmbeddingAnalyses, EffectiveRankByFrame)
{
    const auto got = analyse(wholeRecord(), "effective-rank", {{"segments", "world"}, {"by", "frame"}, {"draws", "5"}});
    ASSERT_TRUE(got);
    ASSERT_EQ(table(*got, "segments").rows.size(), 1U);
    EXPECT_EQ(std::get<std::string>(table(*got, "segments").rows[0][0]), "world 0 frame 0");
    const double rank = number(*got, "effective rank of world 0 frame 0");
    EXPECT_GT(rank, 10);
    EXPECT_LE(rank, 12);
}

}  // namespace
}  // namespace armillary::embedding
