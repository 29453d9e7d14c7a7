// Verification of the tiny models, whose truths the reference data tells.
#include "verification/verification.h"

#include "engine/model_analyses.h"
#include "support/study_fixture.h"
#include "tensors/weights.h"
#include "verification/verification_registration.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

namespace armillary::verification {
namespace {

constexpr const char* kMlp = "models/theworld-tiny/spatial-mlp";

std::string toldBy(const VerificationReport& report)
{
    std::string out;
    for (const Check& check : report.checks)
        out += fmt::format("{:4} {:5} {:>12.5g}  {}\n", check.id, verdictName(check.judgement.verdict),
                           check.judgement.value, check.judgement.reason);
    return out;
}

VerificationReport verified(pipeline::QuestionPipeline& pipeline, const Question& question,
                            const VerificationSettings& settings = {})
{
    SilentObserver observer;
    auto report = verify(pipeline, question, settings, observer, {});
    if (!report)
        throw std::runtime_error(report.error().message);
    return std::move(*report);
}

// The verdict of `id`, "" when it was not judged.
std::string verdictOf(const VerificationReport& report, const std::string& id)
{
    const Check* const check = report.find(id);
    return check == nullptr ? std::string() : std::string(verdictName(check->judgement.verdict));
}

double valueOf(const VerificationReport& report, const std::string& id)
{
    return report.find(id)->judgement.value;
}

std::string reasonOf(const VerificationReport& report, const std::string& id)
{
    return report.find(id)->judgement.reason;
}

Question coffeeQuestion()
{
    Question question = test::questionAbout({"media/coffee.png"}, "What will the red car do next?");
    question.world.heightPixels = question.world.widthPixels = 64;
    return question;
}

VerificationSettings only(const std::set<std::string>& checks)
{
    VerificationSettings settings;
    settings.checks = checks;
    return settings;
}

TEST(Verification, TellsTheTruthAboutTheFusedPass)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    const VerificationReport report = verified(*pipeline, coffeeQuestion());
    ASSERT_EQ(report.checks.size(), 23U);
    EXPECT_EQ(report.count(Verdict::Fail), 0) << toldBy(report);
    // Image tokens are causal in TheWorld's fused pass.
    EXPECT_EQ(verdictOf(report, "V6"), "warn");
    EXPECT_EQ(valueOf(report, "V6"), 0);
    EXPECT_NE(reasonOf(report, "V6").find("causal"), std::string::npos);
    EXPECT_EQ(verdictOf(report, "W9"), "pass") << toldBy(report);
    EXPECT_NE(reasonOf(report, "W9").find("image tokens are causal in this run"), std::string::npos);
    EXPECT_NE(reasonOf(report, "W9").find("look back 31 positions"), std::string::npos);
    // Pixels in 0..255.
    EXPECT_EQ(verdictOf(report, "W5"), "warn");
    EXPECT_NE(reasonOf(report, "W5").find("0..255"), std::string::npos);
    EXPECT_EQ(verdictOf(report, "W6"), "warn");  // a random autoencoder gives nothing back
    EXPECT_EQ(verdictOf(report, "W10"), "skip");
    EXPECT_NE(reasonOf(report, "W7").find("= 64 world tokens"), std::string::npos);
    EXPECT_NE(reasonOf(report, "W8").find("(1 + 1) + 64 + (42 - 2) = 106"), std::string::npos);
    EXPECT_EQ(valueOf(report, "W14"), 0);
    EXPECT_EQ(report.find("W8")->judgement.positions, (std::vector<std::int64_t>{1, 66}));
    for (const char* id : {"V1", "V2", "V3", "V4", "V5", "V7", "W1", "W2", "W3", "W4", "W7", "W8", "W11", "W12", "W13",
                           "W14", "W15", "W16"})
        EXPECT_EQ(verdictOf(report, id), "pass") << toldBy(report);
    for (const Check& check : report.checks) {
        EXPECT_FALSE(check.judgement.reason.empty()) << check.id;
        EXPECT_EQ(check.judgement.reason.find('\n'), std::string::npos) << check.id;
        if (!check.array.empty()) {
            EXPECT_TRUE(report.arrays.contains(check.array)) << check.id;
        }
        for (const std::int64_t position : check.judgement.positions)
            EXPECT_TRUE(position >= 0 && position < 106) << check.id;
    }
}

TEST(Verification, SeesABidirectionalBlockWhereThereIsOne)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    Question question = coffeeQuestion();
    question.imageAttention = ImageAttention::Bidirectional;
    const VerificationReport report = verified(*pipeline, question, only({"V6", "W9", "W14"}));
    EXPECT_EQ(verdictOf(report, "V6"), "pass") << toldBy(report);
    EXPECT_EQ(valueOf(report, "V6"), 1);
    EXPECT_EQ(verdictOf(report, "W9"), "pass") << toldBy(report);
    EXPECT_NE(reasonOf(report, "W9").find("see both ways"), std::string::npos);
    EXPECT_EQ(valueOf(report, "W14"), 0) << toldBy(report);
}

TEST(Verification, MeasuresWhatTheReferenceMeasured)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny");
    const auto golden = test::GoldenCase::open("cases/theworld/seed_siglip_checks");
    for (const std::string picture : {"coffee.png", "astronaut.png"}) {
        const auto& numbers = golden.json().at("numbers").at(picture);
        const VerificationReport report =
            verified(*pipeline, test::questionAbout({"media/" + picture}, "What will the red car do next?"),
                     only({"V1", "V4"}));
        EXPECT_NEAR(valueOf(report, "V1"), numbers.at("differs_from_placeholder").get<double>(), 1e-3);
        // norms, kind image: the tensors of the case are what layer 0 receives.
        const at::Tensor norms =
            golden.tensor(picture == "coffee.png" ? "image0.features" : "image1.features").norm(2, 1);
        bool found = false;
        for (const auto& row : report.norms.rows) {
            if (std::get<std::string>(row[0]) != "image")
                continue;
            found = true;
            EXPECT_NEAR(std::get<double>(row[2]), norms.min().item<double>(), 1e-3);
            EXPECT_NEAR(std::get<double>(row[3]), norms.median().item<double>(), 1e-3);
            EXPECT_NEAR(std::get<double>(row[4]), norms.max().item<double>(), 1e-3);
        }
        EXPECT_TRUE(found);
    }
}

TEST(Verification, LatentStatisticsAreThoseOfTheReferencesLatents)
{
    const auto golden = test::GoldenCase::open("cases/theworld/spatial-mlp");
    const auto pipeline = test::loadedPipeline("", kMlp);
    const cosmos::VaeConfig& vae = pipeline->models().world->vae->config();
    const at::Tensor latents = golden.tensor("latents")[0].to(at::kDouble).flatten(1);  // [Z,h*w]
    const at::Tensor means = at::tensor(vae.latentsMean, at::kDouble),
                     deviations = at::tensor(vae.latentsDeviation, at::kDouble);
    const at::Tensor offsets = ((latents.mean(1) - means) / deviations).abs();
    const at::Tensor octaves = at::log2(latents.std(1, false) / deviations).abs();
    const double want = at::maximum(offsets, octaves).max().item<double>();
    const VerificationReport report = verified(*pipeline, coffeeQuestion(), only({"W5"}));
    EXPECT_NEAR(valueOf(report, "W5"), want, 1e-3);
    EXPECT_EQ(report.arrays.at("W5.mean_sigmas").values.shape, std::vector<std::int64_t>{16});
}

TEST(Verification, TheNotesVariantPartsEqualFramesAndDropsASpace)
{
    const auto pipeline = test::loadedPipeline("", "models/theworld-tiny/seed");
    const VerificationReport report = verified(*pipeline, coffeeQuestion());
    EXPECT_EQ(verdictOf(report, "W10"), "pass") << toldBy(report);
    EXPECT_GT(valueOf(report, "W10"), 0);
    EXPECT_NE(reasonOf(report, "W8").find("\xE2\x96\x81"), std::string::npos) << toldBy(report);
    EXPECT_EQ(verdictOf(report, "W8"), "pass");
    // "\n" before the picture can no longer join the picture's own line ends.
    EXPECT_EQ(verdictOf(report, "W14"), "warn") << toldBy(report);
    EXPECT_NE(reasonOf(report, "W5").find("-1..1"), std::string::npos);
    EXPECT_EQ(report.count(Verdict::Fail), 0) << toldBy(report);
}

TEST(Verification, EveryIntegrationOptionFollowsItsLaws)
{
    const auto pipeline = test::loadedPipeline("", "models/theworld-tiny/spatial-linear");
    for (const FusionOption fusion : {FusionOption::Prepend, FusionOption::Scatter, FusionOption::Repeated,
                                      FusionOption::Pooled, FusionOption::Indexed, FusionOption::Brackets}) {
        Question question = coffeeQuestion();
        question.world.heightPixels = question.world.widthPixels = 32;
        question.world.fusion = fusion;
        const VerificationReport report = verified(*pipeline, question);
        EXPECT_EQ(report.count(Verdict::Fail), 0) << static_cast<int>(fusion) << "\n" << toldBy(report);
        for (const char* id : {"W1", "W7", "W8", "W9", "W16"})
            EXPECT_EQ(verdictOf(report, id), "pass") << static_cast<int>(fusion) << "\n" << toldBy(report);
    }
}

TEST(Verification, ChannelTokensStandForNoPlace)
{
    const auto pipeline = test::loadedPipeline("", "models/theworld-tiny/channel-linear");
    Question question = coffeeQuestion();
    question.world.heightPixels = question.world.widthPixels = 512;
    const VerificationReport report = verified(*pipeline, question, only({"W3", "W7", "W12", "W13"}));
    EXPECT_EQ(verdictOf(report, "W12"), "skip");
    EXPECT_EQ(verdictOf(report, "W7"), "pass") << toldBy(report);
    EXPECT_EQ(verdictOf(report, "W3"), "pass") << toldBy(report);
    EXPECT_EQ(verdictOf(report, "W13"), "pass") << toldBy(report);
}

TEST(Verification, WhatARunHasNotIsSkippedWithTheReason)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny");
    const VerificationReport plain = verified(*pipeline, test::questionAbout({"media/coffee.png"}, "What?"));
    ASSERT_EQ(plain.checks.size(), 23U);
    EXPECT_EQ(plain.count(Verdict::Skip), 16) << toldBy(plain);
    EXPECT_EQ(plain.count(Verdict::Pass), 7) << toldBy(plain);
    EXPECT_EQ(valueOf(plain, "V6"), 1);
    EXPECT_NE(reasonOf(plain, "W1").find("no world"), std::string::npos);
    const VerificationReport text = verified(*pipeline, test::questionAbout({}, "What?"));
    EXPECT_EQ(text.count(Verdict::Skip), 23) << toldBy(text);
    EXPECT_NE(reasonOf(text, "V1").find("no picture"), std::string::npos);
}

Image grey(int height, int width)
{
    return Image(height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(height) * width * 3, 90));
}

TEST(Verification, AFlatPictureNeitherVariesNorHasASecond)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    Question question = coffeeQuestion();
    question.media[0].frames[0] = grey(80, 100);
    const VerificationReport report = verified(*pipeline, question, only({"V2", "V3", "W3", "W5"}));
    EXPECT_EQ(verdictOf(report, "V2"), "skip") << toldBy(report);
    EXPECT_EQ(verdictOf(report, "V3"), "skip");
    EXPECT_EQ(verdictOf(report, "W3"), "skip");
    EXPECT_NE(reasonOf(report, "V3").find("mirror"), std::string::npos);
    EXPECT_EQ(verdictOf(report, "W5"), "warn");
}

Question clipQuestion(bool changes)
{
    Question question = coffeeQuestion();
    question.world.source = WorldSource::Clip;
    Clip& clip = question.media[0];
    const Image other = changes ? test::questionAbout({"media/astronaut.png"}, "").media[0].frames[0] : clip.frames[0];
    for (int i = 0; i < 4; ++i)
        clip.frames.push_back(other);
    question.stillFrames = {0};
    return question;
}

TEST(Verification, TheNextFrameIsASecondPicture)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    VerificationSettings settings = only({"V3", "W2", "W3", "W7"});
    settings.second = SecondPicture::NextFrame;
    const VerificationReport moving = verified(*pipeline, clipQuestion(true), settings);
    EXPECT_EQ(verdictOf(moving, "V3"), "pass") << toldBy(moving);
    EXPECT_NE(reasonOf(moving, "V3").find("next frame"), std::string::npos);
    EXPECT_EQ(verdictOf(moving, "W2"), "pass") << toldBy(moving);
    EXPECT_EQ(verdictOf(moving, "W3"), "pass") << toldBy(moving);
    Question atTheEnd = clipQuestion(true);
    atTheEnd.media[0].frames.resize(2);  // the still is the last of two, so the frame before it is the second picture
    atTheEnd.stillFrames = {1};
    const VerificationReport end = verified(*pipeline, atTheEnd, settings);
    EXPECT_EQ(verdictOf(end, "V3"), "pass") << toldBy(end);
    EXPECT_NE(reasonOf(moving, "W7").find("(5 - 1) / 4 + 1 = 2 latent frames"), std::string::npos) << toldBy(moving);
    const VerificationReport still = verified(*pipeline, clipQuestion(false), settings);
    EXPECT_EQ(verdictOf(still, "V3"), "skip") << toldBy(still);
    const VerificationReport one = verified(*pipeline, coffeeQuestion(), settings);
    EXPECT_EQ(verdictOf(one, "V3"), "skip") << toldBy(one);
}

TEST(Verification, RolloutsRepeatAndSeedsMoveTheFutureOnly)
{
    const auto pipeline = test::loadedPipeline("", "models/theworld-tiny/spatial-linear");
    Question question = coffeeQuestion();
    question.world.source = WorldSource::Rollout;
    RolloutRequest rollout;
    rollout.condition = question.media[0];
    rollout.frames = 9;
    rollout.steps = 3;
    rollout.heightPixels = rollout.widthPixels = 64;
    rollout.skipText = true;
    rollout.guidance = 0;
    question.world.rollout = rollout;
    const VerificationReport report = verified(*pipeline, question);
    EXPECT_EQ(verdictOf(report, "W11"), "pass") << toldBy(report);
    EXPECT_EQ(valueOf(report, "W11"), 0);
    EXPECT_EQ(verdictOf(report, "W3"), "pass") << toldBy(report);
    EXPECT_NE(reasonOf(report, "W3").find("another seed leaves the given latent frames"), std::string::npos)
        << toldBy(report);
    EXPECT_NE(reasonOf(report, "W7").find("(9 - 1) / 4 + 1 = 3 latent frames"), std::string::npos) << toldBy(report);
    EXPECT_EQ(report.count(Verdict::Fail), 0) << toldBy(report);
}

TEST(Verification, ThresholdsDecide)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    VerificationSettings settings = only({"V3", "W5", "W15"});
    settings.thresholds = *readThresholds("V3=50,W5=10,W15=1000");
    const VerificationReport report = verified(*pipeline, coffeeQuestion(), settings);
    EXPECT_EQ(verdictOf(report, "V3"), "fail");
    EXPECT_EQ(verdictOf(report, "W5"), "pass");
    EXPECT_EQ(verdictOf(report, "W15"), "warn");
    EXPECT_EQ(report.find("W5")->threshold, 10);
}

// Counts stages, and stops at one of them.
class StoppingObserver final : public RunObserver {
public:
    explicit StoppingObserver(int stopAt = -1) : m_stopAt(stopAt) {}
    void onStage(std::string_view name, std::int64_t, std::int64_t) override
    {
        names.insert(std::string(name));
        if (calls++ == m_stopAt)
            source.request_stop();
    }
    void onLayout(std::shared_ptr<const TokenLayout>) override { ADD_FAILURE() << "a helping run showed its layout"; }

    std::stop_source source;
    std::set<std::string> names;
    int calls = 0;

private:
    int m_stopAt;
};

TEST(Verification, AStopAtAnyStageEndsIt)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    StoppingObserver all;
    ASSERT_TRUE(verify(*pipeline, coffeeQuestion(), {}, all, {}));
    ASSERT_GT(all.calls, 40);
    for (const int at : {0, 5, 20, all.calls / 2, all.calls - 8}) {
        const auto fresh = test::loadedPipeline("", kMlp);  // nothing cached
        StoppingObserver observer(at);
        const auto report = verify(*fresh, coffeeQuestion(), {}, observer, observer.source.get_token());
        ASSERT_FALSE(report) << "stopped at stage call " << at;
        EXPECT_EQ(report.error().code, ErrorCode::Cancelled) << report.error().message;
    }
}

TEST(Verification, ChecksThatAreNotChosenCostNothing)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny");
    StoppingObserver observer;
    const auto report =
        verify(*pipeline, test::questionAbout({"media/coffee.png"}, "What?"), only({"V1", "V5"}), observer, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->checks.size(), 2U);
    EXPECT_FALSE(observer.names.contains("Prefill"));
}

TEST(Verification, TheConversationStaysAsItWas)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    const Question question = coffeeQuestion();
    const auto before = test::answeredBy(*pipeline, question);
    verified(*pipeline, question);
    const auto after = test::answeredBy(*pipeline, question);
    EXPECT_EQ(after->cost.reusedTokens, before->layout->size() - 1);
    EXPECT_EQ(after->answer, before->answer);
}

TEST(Verification, RegistrationFindsEverySpotOfTheTinyEncoder)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    SilentObserver observer;
    const auto prompt = pipeline->prepare(coffeeQuestion(), observer, {});
    ASSERT_TRUE(prompt);
    const auto image = registerImageTokens(pipeline->models(), *prompt->plan.layout, 8, observer, {});
    ASSERT_TRUE(image) << image.error().message;
    EXPECT_EQ(image->spotPixels, 28);  // 112 pixels on 4 tokens
    EXPECT_EQ(image->response.sizes(), (std::vector<std::int64_t>{8, 4, 4}));
    for (const SpotResponse& spot : image->spots) {
        EXPECT_EQ(spot.distance(), 0);
        EXPECT_EQ(spot.bottom, spot.top + 1);
        EXPECT_EQ(spot.right, spot.left + 1);
        EXPECT_EQ(spot.expectedPosition, spot.peakPosition);
        const TokenOrigin& origin = prompt->plan.layout->origins[static_cast<std::size_t>(spot.expectedPosition)];
        EXPECT_EQ(origin.row, spot.top);
        EXPECT_EQ(origin.column, spot.left);
    }
    const auto world = registerWorldTokens(pipeline->models(), *prompt, 4, observer, {});
    ASSERT_TRUE(world) << world.error().message;
    EXPECT_EQ(world->spotPixels, 16);
    for (const SpotResponse& spot : world->spots)
        EXPECT_LE(spot.distance(), 1);
}

// A layout whose rows and columns are swapped no longer says where the pixels are.
TEST(Verification, RegistrationFailsOnATransposedLayout)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny");
    SilentObserver observer;
    const auto prompt = pipeline->prepare(test::questionAbout({"media/coffee.png"}, "What?"), observer, {});
    ASSERT_TRUE(prompt);
    TokenLayout transposed = *prompt->plan.layout;
    for (TokenOrigin& origin : transposed.origins)
        std::swap(origin.row, origin.column);
    const auto found = registerImageTokens(pipeline->models(), transposed, 4, observer, {});
    ASSERT_TRUE(found);
    const Judgement judgement = judgeRegistration(found->spots, 0);
    EXPECT_EQ(judgement.verdict, Verdict::Fail) << judgement.reason;
    EXPECT_GT(judgement.value, 0);
}

TEST(Verification, IsAnAnalysisByName)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    RunRecord record;
    record.question = coffeeQuestion();
    SilentObserver observer;
    const auto result = engine::analyse(*pipeline, record,
                                        {"verify", {{"checks", "V1,W5,W10"}, {"thresholds", "W5=10"}}}, observer, {});
    ASSERT_TRUE(result) << result.error().message;
    const AnalysisTable& table = result->tables.front();
    ASSERT_EQ(table.name, "checks");
    ASSERT_EQ(table.rows.size(), 3U);
    EXPECT_EQ(std::get<std::string>(table.rows[1][0]), "W5");
    EXPECT_EQ(std::get<std::string>(table.rows[1][2]), "pass");
    EXPECT_EQ(result->number("skip"), 1);
    for (const auto& row : table.rows)
        EXPECT_EQ(row.size(), table.columns.size());

    for (const auto& [name, value] : std::map<std::string, std::string>{{"thresholds", "W99=1"},
                                                                        {"checks", "X1"},
                                                                        {"second", "third"},
                                                                        {"seed", "-1"},
                                                                        {"colour", "red"}}) {
        const auto wrong = engine::analyse(*pipeline, record, {"verify", {{name, value}}}, observer, {});
        ASSERT_FALSE(wrong) << name;
        EXPECT_EQ(wrong.error().code, ErrorCode::InvalidInput);
    }
    record.question.media[0].frames.clear();
    EXPECT_FALSE(engine::analyse(*pipeline, record, {"verify", {}}, observer, {}));
}

TEST(Verification, RecordsOfOtherModelsAreRefused)
{
    const auto pipeline = test::loadedPipeline("", kMlp);
    RunRecord record = *test::answeredBy(*pipeline, coffeeQuestion());
    SilentObserver observer;
    ASSERT_TRUE(engine::analyse(*pipeline, record, {"verify", {{"checks", "V1"}}}, observer, {}));
    ASSERT_TRUE(record.settings.contains("model_hash"));
    record.settings["model_hash"] = "another";
    const auto refused = engine::analyse(*pipeline, record, {"verify", {{"checks", "V1"}}}, observer, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
}

TEST(Verification, RegistrationIsAnAnalysisByName)
{
    const auto pipeline = test::loadedPipeline("models/gemma-tiny");
    RunRecord record;
    record.question = test::questionAbout({"media/coffee.png"}, "What?");
    SilentObserver observer;
    const auto both = engine::analyse(*pipeline, record, {"registration", {{"spots", "3"}}}, observer, {});
    ASSERT_TRUE(both) << both.error().message;
    EXPECT_EQ(both->arrays.at("image.response").values.shape, (std::vector<std::int64_t>{3, 4, 4}));
    EXPECT_EQ(both->number("image_worst_distance"), 0);
    EXPECT_EQ(both->cautions.size(), 1U);  // no world to register
    EXPECT_FALSE(engine::analyse(*pipeline, record, {"registration", {{"of", "world"}}}, observer, {}));
    EXPECT_FALSE(engine::analyse(*pipeline, record, {"registration", {{"spots", "0"}}}, observer, {}));
}

}  // namespace
}  // namespace armillary::verification
