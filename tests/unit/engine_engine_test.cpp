#include "engine/engine.h"

#include "io/safetensors_file.h"
#include "support/engine_fixture.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

namespace armillary {
namespace {

namespace fs = std::filesystem;

// Stops when `when` says so, and remembers what it was told.
class WatchingObserver final : public RunObserver {
public:
    std::function<bool(const WatchingObserver&)> stopWhen = [](const WatchingObserver&) { return false; };
    std::stop_source source;
    std::vector<std::string> stages;
    std::vector<TokenPiece> tokens;
    std::vector<std::string> warnings;
    std::shared_ptr<const TokenLayout> layout;

    void onStage(std::string_view name, std::int64_t, std::int64_t) override
    {
        if (stages.empty() || stages.back() != name)
            stages.emplace_back(name);
        check();
    }
    void onLayout(std::shared_ptr<const TokenLayout> planned) override { layout = std::move(planned); }
    void onToken(const TokenPiece& token) override
    {
        tokens.push_back(token);
        check();
    }
    void onWarning(std::string_view text) override { warnings.emplace_back(text); }

private:
    void check()
    {
        if (stopWhen(*this))
            source.request_stop();
    }
};

Question aboutCoffee(const std::string& text, int tokens = 6)
{
    return test::questionAbout({"media/coffee.png"}, text, tokens);
}

TEST(Engine, SaysSoWhenNothingIsLoaded)
{
    const auto engine = makeEngine();
    SilentObserver observer;
    const auto record = engine->ask(aboutCoffee("Hi"), observer, {});
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code, ErrorCode::InvalidInput);
}

TEST(Engine, StreamsWhatItRecords)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    WatchingObserver observer;
    const auto record = engine->ask(aboutCoffee("What is this?"), observer, {});
    ASSERT_TRUE(record) << record.error().message;
    ASSERT_EQ(observer.tokens.size(), 6u);
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_EQ(observer.tokens[i].id, (*record)->generated[i].id);
    EXPECT_EQ(observer.layout, (*record)->layout);
    EXPECT_EQ(observer.tokens[0].position, (*record)->layout->size());
    EXPECT_EQ(observer.tokens[0].alternatives.front().first, observer.tokens[0].id);
    EXPECT_NE(std::find(observer.stages.begin(), observer.stages.end(), "SigLIP"), observer.stages.end());
    EXPECT_NE(std::find(observer.stages.begin(), observer.stages.end(), "Prefill"), observer.stages.end());
}

TEST(Engine, ASecondQuestionAboutTheSamePictureCostsOnlyItsText)
{
    const auto engine = test::loadedEngine("", "models/theworld-tiny/spatial-mlp");
    Question question = aboutCoffee("What will the red car do next?");
    question.world.heightPixels = question.world.widthPixels = 64;
    const auto first = test::answered(*engine, question);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->cost.reusedTokens, 0);

    question.turns.push_back({ChatRole::Model, {}, first->answer});
    question.turns.push_back({ChatRole::User, {}, "And then?"});
    const auto second = test::answered(*engine, question);
    ASSERT_TRUE(second);
    EXPECT_GE(second->cost.reusedTokens, first->layout->size() - 5);
    EXPECT_EQ(second->cost.reusedTokens + second->cost.prefillTokens, second->layout->size());

    const auto fresh = test::loadedEngine("", "models/theworld-tiny/spatial-mlp");
    const auto alone = test::answered(*fresh, question);
    ASSERT_TRUE(alone);
    EXPECT_TRUE(at::equal(test::generatedIds(*second), test::generatedIds(*alone)));
}

TEST(Engine, AnotherPictureOrAnotherModeIsComputedAnew)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    const auto coffee = test::answered(*engine, aboutCoffee("What is this?"));
    const auto cat = test::answered(*engine, test::questionAbout({"media/astronaut.png"}, "What is this?", 6));
    Question causal = test::questionAbout({"media/astronaut.png"}, "What is this?", 6);
    causal.imageAttention = ImageAttention::Causal;
    const auto causalCat = test::answered(*engine, causal);
    ASSERT_TRUE(coffee && cat && causalCat);
    const auto firstImage = static_cast<std::int64_t>(
        std::find(cat->layout->kinds.begin(), cat->layout->kinds.end(), TokenKind::Image) - cat->layout->kinds.begin());
    EXPECT_LE(cat->cost.reusedTokens, firstImage);
    EXPECT_LE(causalCat->cost.reusedTokens, firstImage);

    const auto fresh = test::loadedEngine("models/gemma-tiny");
    EXPECT_TRUE(at::equal(test::generatedIds(*causalCat), test::generatedIds(*test::answered(*fresh, causal))));
}

TEST(Engine, AStopDuringTheAnswerKeepsWhatWasMade)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    WatchingObserver observer;
    observer.stopWhen = [](const WatchingObserver& seen) { return seen.tokens.size() == 3; };
    const auto record = engine->ask(aboutCoffee("What is this?", 40), observer, observer.source.get_token());
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ((*record)->outcome, RunOutcome::Cancelled);
    EXPECT_EQ((*record)->generated.size(), 3u);
}

TEST(Engine, AStopAtAnyStageLeavesItUsable)
{
    const auto engine = test::loadedEngine("", "models/theworld-tiny/spatial-mlp");
    Question question = aboutCoffee("What will the red car do next?");
    question.world.heightPixels = question.world.widthPixels = 64;
    const auto reference = test::answered(*engine, question);
    ASSERT_TRUE(reference);
    engine->forget();
    for (const std::string stage : {"Preprocess", "SigLIP", "VAE encode", "Prefill"}) {
        WatchingObserver observer;
        observer.stopWhen = [&stage](const WatchingObserver& seen) { return seen.stages.back() == stage; };
        const auto stopped = engine->ask(question, observer, observer.source.get_token());
        ASSERT_FALSE(stopped) << stage;
        EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled) << stage;
    }
    const auto after = test::answered(*engine, question);
    ASSERT_TRUE(after);
    EXPECT_TRUE(at::equal(test::generatedIds(*after), test::generatedIds(*reference)));
}

TEST(Engine, TheSameSeedGivesTheSameAnswer)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    Question question = aboutCoffee("Tell a story.", 24);
    question.sampling.temperature = 1.5;
    question.sampling.seed = 7;
    const at::Tensor first = test::generatedIds(*test::answered(*engine, question));
    const at::Tensor again = test::generatedIds(*test::answered(*engine, question));
    question.sampling.seed = 8;
    const at::Tensor other = test::generatedIds(*test::answered(*engine, question));
    EXPECT_TRUE(at::equal(first, again));
    EXPECT_FALSE(at::equal(first, other));
}

TEST(Engine, CapturesThatDoNotFitTheBudgetAreNamed)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    Question question = aboutCoffee("What is this?");
    question.capture.parts = {Capture::Hidden, Capture::Attention, Capture::Logits};
    question.capture.budgetBytes = 200000;
    WatchingObserver observer;
    const auto record = engine->ask(question, observer, {});
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_TRUE((*record)->tensors.contains("logits"));
    EXPECT_TRUE((*record)->tensors.contains("hidden.0"));
    EXPECT_FALSE((*record)->tensors.contains("attention.0"));
    ASSERT_EQ(observer.warnings.size(), 1u);
    EXPECT_NE(observer.warnings[0].find("attention"), std::string::npos);
    EXPECT_EQ((*record)->warnings, observer.warnings);
}

TEST(Engine, ImpossibleQuestionsGetASentence)
{
    const auto engine = test::loadedEngine("models/gemma-tiny");
    SilentObserver observer;
    Question fused = aboutCoffee("Hi");
    fused.world.fusion = FusionOption::Brackets;
    Question missing = aboutCoffee("Hi");
    missing.turns[0].mediaIndices = {3};
    Question empty = aboutCoffee("Hi");
    empty.media[0].frames.clear();
    for (const Question& question : {fused, missing, empty, Question()}) {
        const auto record = engine->ask(question, observer, {});
        ASSERT_FALSE(record);
        EXPECT_EQ(record.error().code, ErrorCode::InvalidInput);
        EXPECT_FALSE(record.error().message.empty());
    }
    EXPECT_TRUE(test::answered(*engine, aboutCoffee("Hi")));
}

// A copy of the tiny snapshot that one thing is wrong with.
class BrokenSnapshot : public ::testing::Test {
protected:
    void SetUp() override
    {
        m_folder = test::makeTemporaryFolder() + "/snapshot";
        fs::copy(test::dataPath("models/gemma-tiny"), m_folder, fs::copy_options::recursive);
        for (const auto& entry : fs::recursive_directory_iterator(m_folder))
            fs::permissions(entry, fs::perms::owner_all);
    }
    void TearDown() override { fs::remove_all(fs::path(m_folder).parent_path()); }

    // Rewrites the weights after `change`.
    void rewrite(const std::function<void(std::map<std::string, TensorSnapshot>&)>& change) const
    {
        const std::string path = m_folder + "/model.safetensors";
        std::map<std::string, TensorSnapshot> tensors;
        {
            const auto file = io::SafetensorsFile::open(path);
            ASSERT_TRUE(file) << file.error().message;
            for (const io::TensorView& view : (*file)->tensors())
                tensors[view.name] = {view.type, view.shape,
                                      std::make_shared<const std::vector<std::uint8_t>>(view.bytes.begin(),
                                                                                        view.bytes.end())};
        }
        change(tensors);
        const auto written = io::writeSafetensors(path, tensors, {});
        ASSERT_TRUE(written) << written.error().message;
    }

    [[nodiscard]] std::string messageOfLoading() const
    {
        const auto engine = test::loadedEngine("models/gemma-tiny");
        SilentObserver observer;
        const auto report = engine->load({m_folder, "", ""}, {"cpu"}, observer, {});
        EXPECT_FALSE(report);
        EXPECT_TRUE(test::answered(*engine, aboutCoffee("Still there?"))) << "the models loaded before are lost";
        return report ? std::string() : report.error().message;
    }

    std::string m_folder;
};

#define EXPECT_NAMES(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST_F(BrokenSnapshot, EveryFaultyTensorIsNamed)
{
    const std::string missing = "language_model.model.layers.2.mlp.up_proj.weight";
    const std::string misshapen = "language_model.model.layers.3.self_attn.q_proj.weight";
    const std::string mistyped = "language_model.model.norm.weight";
    rewrite([&](auto& tensors) {
        tensors.erase(missing);
        tensors.at(misshapen).shape = {tensors.at(misshapen).shape[1], tensors.at(misshapen).shape[0], 1};
        tensors.at(mistyped).type = ElementType::Int32;
        tensors["language_model.model.layers.99.mlp.up_proj.weight"] = tensors.at(mistyped);
    });
    const std::string message = messageOfLoading();
    EXPECT_NAMES(message, "layers.2.mlp.up_proj.weight");
    EXPECT_NAMES(message, "layers.3.self_attn.q_proj.weight");
    EXPECT_NAMES(message, "norm.weight holds");
    EXPECT_NAMES(message, "layers.99.mlp.up_proj.weight");
    EXPECT_NAMES(message, m_folder);
}

TEST_F(BrokenSnapshot, NumbersThatAreNotFiniteAreNamed)
{
    const std::string name = "language_model.model.layers.1.mlp.gate_proj.weight";
    rewrite([&](auto& tensors) {
        TensorSnapshot& tensor = tensors.at(name);
        auto bytes = std::make_shared<std::vector<std::uint8_t>>(*tensor.bytes);
        const float nan = std::numeric_limits<float>::quiet_NaN();
        std::memcpy(bytes->data() + 40, &nan, sizeof nan);
        tensor.bytes = std::move(bytes);
    });
    EXPECT_NAMES(messageOfLoading(), "layers.1.mlp.gate_proj.weight");
}

TEST_F(BrokenSnapshot, AMissingConfigIsNamed)
{
    fs::remove(m_folder + "/config.json");
    const std::string message = messageOfLoading();
    EXPECT_NAMES(message, "config.json");
    EXPECT_NAMES(message, m_folder);
}

TEST_F(BrokenSnapshot, ATokenizerOfAnotherModelIsNoticed)
{
    rewrite([&](auto& tensors) {
        TensorSnapshot& table = tensors.at("language_model.model.embed_tokens.weight");
        table.shape[0] = 1000;
        table.bytes = std::make_shared<const std::vector<std::uint8_t>>(table.bytes->begin(),
                                                                        table.bytes->begin() + 1000 * 64 * 4);
    });
    std::ifstream in(m_folder + "/config.json");
    std::string config((std::istreambuf_iterator<char>(in)), {});
    const std::size_t at = config.find("\"vocab_size\": 1088");
    ASSERT_NE(at, std::string::npos);
    config.replace(at, 18, "\"vocab_size\": 1000");
    std::ofstream(m_folder + "/config.json") << config;
    const std::string message = messageOfLoading();
    EXPECT_NAMES(message, "tokenizer");
    EXPECT_NAMES(message, "1000");
}

TEST_F(BrokenSnapshot, ALyingHeaderIsASentence)
{
    std::fstream file(m_folder + "/model.safetensors", std::ios::in | std::ios::out | std::ios::binary);
    const std::uint64_t length = std::uint64_t{1} << 60;
    file.write(reinterpret_cast<const char*>(&length), sizeof length);
    file.close();
    EXPECT_NAMES(messageOfLoading(), "model.safetensors");
}

TEST_F(BrokenSnapshot, AFolderThatIsNotThereIsNamed)
{
    fs::remove_all(m_folder);
    EXPECT_NAMES(messageOfLoading(), m_folder);
}

TEST(Engine, DevicesThatAreNotThereAreNamed)
{
    const auto engine = makeEngine();
    SilentObserver observer;
    for (const std::string device : {"cuda:77", "tpu", "cuda:x", ""}) {
        const auto report = engine->load({test::dataPath("models/gemma-tiny"), "", ""}, {device}, observer, {});
        ASSERT_FALSE(report) << device;
        EXPECT_NAMES(report.error().message, device);
    }
}

}  // namespace
}  // namespace armillary
