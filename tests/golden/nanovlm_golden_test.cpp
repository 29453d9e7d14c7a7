// nanoVLM against its reference: tile plans, prompts, tiles, vision encoder, language model, answers.
#include "nanovlm/nanovlm_config.h"
#include "nanovlm/tile_input.h"
#include "nanovlm/tile_prompt.h"

#include "golden/tiny_gemma.h"
#include "io/image_file.h"
#include "language/loss.h"
#include "pipeline/model_loader.h"
#include "support/engine_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace armillary::test {
namespace {

using tensors::TapPoint;

constexpr const char* kModel = "models/nanovlm-tiny";

nlohmann::json tilesJson()
{
    return GoldenCase::open("cases/nanovlm/tiles").json();
}

TEST(NanoVlmGolden, TilePlansOfManySizes)
{
    const nlohmann::json sizes = tilesJson().at("sizes");
    ASSERT_EQ(sizes.size(), 408u);
    int refused = 0;
    for (const nlohmann::json& row : sizes) {
        const auto numbers = row.get<std::vector<int>>();
        inspect::TileRules rules;
        rules.tilePixels = numbers[2];
        rules.maxSidePixels = numbers[3];
        rules.fillsMaxSide = numbers[4] != 0;
        const auto plan = inspect::planTiles({numbers[0], numbers[1]}, rules);
        // The reference resizes to such sizes too, and then raises an error when it splits them.
        if (numbers[5] % numbers[2] != 0 || numbers[6] % numbers[2] != 0) {
            ASSERT_FALSE(plan) << row.dump();
            EXPECT_NE(plan.error().message.find(fmt::format("would become {}x{}, which does not split into tiles of {}",
                                                            numbers[6], numbers[5], numbers[2])),
                      std::string::npos)
                << plan.error().message;
            ++refused;
            continue;
        }
        ASSERT_TRUE(plan) << plan.error().message;
        EXPECT_EQ((std::vector<int>{plan->resized.height, plan->resized.width, plan->rows, plan->columns}),
                  (std::vector<int>{numbers.begin() + 5, numbers.end()}))
            << row.dump();
    }
    EXPECT_EQ(refused, 93);  // of those with a largest side of 1024 and tiles of 224
}

// A plan of rows x columns tiles.
inspect::TilePlan planOf(int rows, int columns, int tokensPerSide, bool hasGlobalTile)
{
    inspect::TileRules rules;
    rules.tilePixels = 64;
    rules.maxSidePixels = 64 * 8;
    rules.fillsMaxSide = false;
    rules.tokensPerSide = tokensPerSide;
    rules.hasGlobalTile = hasGlobalTile;
    return valueOrThrow(inspect::planTiles({64 * rows, 64 * columns}, rules));
}

TEST(NanoVlmGolden, PromptStringsOfGrids)
{
    const auto config = valueOrThrow(nanovlm::readNanoVlmConfig(valueOrThrow(io::openModelFolder(dataPath(kModel)))));
    const nlohmann::json prompts = tilesJson().at("prompts");
    ASSERT_EQ(prompts.size(), 16u);
    for (const nlohmann::json& prompt : prompts) {
        const int length = prompt.at("image_token_length");
        const auto side = static_cast<int>(vision::tokensPerSide(length));
        std::string tokens;
        for (int i = 0; i < length; ++i)
            tokens += "<|image|>";
        for (const bool hasGlobalTile : {true, false}) {
            std::vector<nanovlm::TiledPicture> pictures;
            for (const nlohmann::json& grid : prompt.at("grids"))
                pictures.push_back({0, planOf(grid.at(0), grid.at(1), side, hasGlobalTile)});
            std::string want = prompt.at(hasGlobalTile ? "with_global" : "tiles_only");
            for (std::size_t at = want.find('%'); at != std::string::npos; at = want.find('%', at + tokens.size()))
                want.replace(at, 1, tokens);
            EXPECT_EQ(nanovlm::imageString(pictures, config), want) << prompt.dump();
        }
    }
}

std::uint64_t fnv1a(const at::Tensor& bytes)
{
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (std::int64_t i = 0; i < bytes.numel(); ++i)
        hash = (hash ^ bytes.const_data_ptr<std::uint8_t>()[i]) * 0x100000001b3ULL;
    return hash;
}

TEST(NanoVlmGolden, TilesOfPictures)
{
    for (const char* name : {"astronaut_max", "tall_fit", "tall_max", "tiny_fit", "tiny_max", "wide_max"}) {
        const GoldenCase golden = GoldenCase::open(fmt::format("cases/nanovlm/tiles_{}", name));
        const nlohmann::json& inputs = golden.json().at("inputs");
        inspect::TileRules rules;
        rules.tilePixels = inputs.at("tile");
        rules.maxSidePixels = inputs.at("max_side");
        rules.fillsMaxSide = inputs.at("resize_to_max_side_len");
        const Image image = valueOrThrow(io::readImage(dataPath(inputs.at("image").get<std::string>())));
        const auto input = valueOrThrow(nanovlm::tileInputFromImage(image, rules));
        const nlohmann::json& tiles = golden.json().at("tensors").at("tiles");
        ASSERT_EQ(input.pixelValues.sizes(), c10::IntArrayRef(tiles.at("shape").get<std::vector<std::int64_t>>()))
            << name;
        const bool hasGlobal = tiles.at("stored").at("of") == "all but the first";
        if (hasGlobal) {
            EXPECT_TRUE(matches(golden, "global", input.pixelValues.slice(0, 0, 1))) << name;
        }
        // Tiles are 8-bit levels / 255: those of the reference bit by bit.
        const at::Tensor split = input.pixelValues.slice(0, hasGlobal ? 1 : 0);
        const at::Tensor levels = (split * 255).round().to(at::kByte).contiguous();
        EXPECT_TRUE(at::equal(levels.to(at::kFloat) / 255, split)) << name;
        EXPECT_EQ(fmt::format("{:016x}", fnv1a(levels)), tiles.at("stored").at("levels").get<std::string>()) << name;
    }
}

class NanoVlmCase : public testing::TestWithParam<const char*> {
protected:
    [[nodiscard]] GoldenCase golden() const { return GoldenCase::open(fmt::format("cases/nanovlm/{}", GetParam())); }
    [[nodiscard]] Question question(const GoldenCase& golden, int maxNewTokens) const
    {
        const nlohmann::json& inputs = golden.json().at("inputs");
        return questionAbout(inputs.at("images").get<std::vector<std::string>>(), inputs.at("question"), maxNewTokens);
    }
};

TEST_P(NanoVlmCase, EveryStage)
{
    const GoldenCase golden = this->golden();
    SilentObserver observer;
    const auto models =
        valueOrThrow(pipeline::loadModels({dataPath(kModel), "", ""}, {"cpu", NumberFormat::Float32}, observer, {}));
    const pipeline::ModelFamily& family = *models->family;
    const Question asked = question(golden, 16);

    KeepingTaps taps;
    std::vector<pipeline::PictureInput> inputs;
    for (const Clip& clip : asked.media)
        inputs.push_back(valueOrThrow(family.pictureInput(clip.frames.front(), false)));
    std::vector<pipeline::ShownPicture> shown;
    std::vector<at::Tensor> rows;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const nlohmann::json& grid = golden.json().at("inputs").at("grids").at(i);
        EXPECT_EQ((std::vector<int>{inputs[i].tiles->rows, inputs[i].tiles->columns}), grid.get<std::vector<int>>());
        shown.push_back({static_cast<std::int32_t>(i), &inputs[i]});
        rows.push_back(
            family.imageTokens(valueOrThrow(models->siglip->encode(inputs[i].pixelValues, taps, observer, {})), taps));
    }
    const auto plan = valueOrThrow(family.planner()->planPrompt(asked, FusionOption::None, shown, {}, {}, 8192));
    EXPECT_EQ(plan.rendered, golden.json().at("inputs").at("rendered_prompt").get<std::string>());
    EXPECT_TRUE(matches(golden, "input_ids", at::tensor(plan.layout->ids, at::kLong)));
    for (int layer = 0; layer <= 2; ++layer) {
        if (const std::string name = fmt::format("vision.hidden.{}", layer); golden.has(name)) {
            EXPECT_TRUE(matches(golden, name, taps.get(TapPoint::VisionHidden, layer)));
        }
    }
    if (golden.has("vision.out")) {
        EXPECT_TRUE(matches(golden, "vision.out", taps.get(TapPoint::VisionOutput, 2)));
    }

    at::Tensor embeds = models->language->embed(plan.layout->ids);
    if (!rows.empty()) {
        EXPECT_TRUE(matches(golden, "image_embeds", at::cat(rows)));
        embeds.index_copy_(0, at::tensor(plan.imageRows, at::kLong), at::cat(rows).flatten(0, 1));
    }
    language::KvCache cache = models->language->makeCache();
    const at::Tensor hidden = valueOrThrow(models->language->forward(embeds, cache, {}, taps, observer, {}));
    EXPECT_TRUE(matches(golden, "hidden", hidden));
    const at::Tensor logits = models->language->logits(hidden);
    EXPECT_TRUE(matches(golden, "logits", logits));

    // The reference's targets are shifted already; teacherForcedLoss shifts by itself.
    const at::Tensor labels = at::cat({at::full({1}, -100, at::kLong), golden.tensor("targets").flatten()});
    EXPECT_TRUE(
        matches(golden, "loss", language::teacherForcedLoss(at::cat({logits, logits.slice(0, -1)}), labels).mean));
}

TEST_P(NanoVlmCase, GreedyAnswer)
{
    const GoldenCase golden = this->golden();
    const auto engine = loadedEngine(kModel);
    Question asked = question(golden, 16);
    asked.sampling.ignoreEos = false;
    const auto record = answered(*engine, asked);
    ASSERT_TRUE(record);
    // After an end token the reference repeats it, and an answer ends with it.
    std::vector<std::int64_t> want = idsFrom(golden.tensor("generated_ids"));
    constexpr std::int64_t kEnd = 2;
    if (const auto end = std::find(want.begin(), want.end(), kEnd); end != want.end())
        want.erase(end + 1, want.end());
    EXPECT_EQ(idsFrom(generatedIds(*record)), want);
    EXPECT_EQ(record->renderedPrompt, golden.json().at("inputs").at("rendered_prompt").get<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Cases, NanoVlmCase, testing::Values("vlm_text", "vlm_one", "vlm_two"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace armillary::test
