#include "study/nearest_words.h"

#include "engine/model_analyses.h"
#include "support/study_fixture.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace armillary::study {
namespace {

using test::answeredBy;
using test::loadedPipeline;

class NearestWordsOfWorld : public ::testing::Test {
protected:
    Result<NearestWordsOfRun> ask(const NearestWordsRequest& request)
    {
        return nearestWords(*m_pipeline, *m_record, request, m_observer, {});
    }
    // Cosines of `vectors` with the words in use, directly: [n,used].
    [[nodiscard]] at::Tensor cosines(const at::Tensor& vectors)
    {
        const std::int64_t used = m_pipeline->prepare(m_record->question, m_observer, {})->plan.vocabularyRows;
        const at::Tensor words = m_pipeline->models().language->embeddingTable().narrow(0, 0, used).to(at::kDouble);
        const at::Tensor rows = vectors.to(at::kDouble);
        return at::matmul(rows / rows.norm(2, 1, true), (words / words.norm(2, 1, true)).t());
    }
    void expectBest(const NearestWordsOfRun& found, const at::Tensor& vectors)
    {
        const at::Tensor want = cosines(vectors);
        const auto count = found.words.tokens.count;
        const auto [best, ids] = at::topk(want, count, 1);
        for (std::int64_t i = 0; i < want.size(0); ++i) {
            for (std::int64_t k = 0; k < count; ++k) {
                const auto at = static_cast<std::size_t>(i * count + k);
                EXPECT_NEAR(found.words.tokens.cosines[at], best[i][k].item<double>(), 1e-5) << i << " " << k;
                EXPECT_NEAR(want[i][found.words.tokens.ids[at]].item<double>(), best[i][k].item<double>(), 1e-5);
            }
        }
    }

    std::unique_ptr<pipeline::QuestionPipeline> m_pipeline = loadedPipeline("", "models/theworld-tiny/spatial-linear");
    std::shared_ptr<const RunRecord> m_record = [this] {
        Question question = test::worldQuestion("What will the red car do next?", 2);
        question.capture.parts = {Capture::Hidden};
        return answeredBy(*m_pipeline, question);
    }();
    SilentObserver m_observer;
};

TEST_F(NearestWordsOfWorld, AreThoseOfAllCosines)
{
    for (const TokenKind kind : {TokenKind::World, TokenKind::Image}) {
        NearestWordsRequest request;
        request.kind = kind;
        request.options.blockRows = 100;
        const auto found = ask(request);
        ASSERT_TRUE(found) << found.error().message;
        const at::Tensor rows = test::recorded(*m_record, kind == TokenKind::World ? "world.embeds" : "image.embeds");
        ASSERT_EQ(static_cast<std::int64_t>(found->positions.size()), rows.size(0));
        EXPECT_EQ(m_record->layout->kinds[static_cast<std::size_t>(found->positions.front())], kind);
        expectBest(*found, rows);
        EXPECT_LT(found->error, 1e-6);
        EXPECT_FALSE(found->words.noise.ids.empty());
    }
}

TEST_F(NearestWordsOfWorld, OfATextTokenIsItself)
{
    NearestWordsRequest request;
    request.kind = TokenKind::Text;
    const auto found = ask(request);
    ASSERT_TRUE(found);
    for (std::size_t i = 0; i < found->positions.size(); ++i) {
        EXPECT_EQ(found->words.tokens.ids[i * 5], m_record->layout->ids[static_cast<std::size_t>(found->positions[i])]);
        EXPECT_NEAR(found->words.tokens.cosines[i * 5], 1, 1e-5);
    }
}

TEST_F(NearestWordsOfWorld, OfDeeperLayersAreThoseOfTheHiddenStates)
{
    for (const std::int64_t layer : {3, 7}) {
        NearestWordsRequest request;
        request.position = 20;
        request.layer = layer;
        request.options.count = 3;
        const auto found = ask(request);
        ASSERT_TRUE(found) << found.error().message;
        expectBest(*found, test::recorded(*m_record, fmt::format("hidden.{}", layer)).narrow(0, 20, 1));
    }
}

TEST_F(NearestWordsOfWorld, LeavesOutWhatItMustAndSaysSo)
{
    const auto analysed = [&](std::map<std::string, std::string> arguments, const std::stop_token& stop = {}) {
        return engine::analyse(*m_pipeline, *m_record, {"nearest-words", std::move(arguments)}, m_observer, stop);
    };
    const auto few = analysed({{"tokens", "world"}, {"most", "10"}, {"top", "2"}, {"draws", "20"}});
    ASSERT_TRUE(few) << few.error().message;
    EXPECT_EQ(few->number("tokens").value(), 10);
    EXPECT_EQ(few->tables[0].rows.size(), 20U);
    EXPECT_EQ(few->tables[1].rows.size(), 40U);
    EXPECT_TRUE(std::any_of(few->cautions.begin(), few->cautions.end(),
                            [](const std::string& caution) { return caution.starts_with("54 further positions"); }));
    EXPECT_TRUE(analysed({{"tokens", "all"}, {"draws", "5"}}));
    for (const std::map<std::string, std::string>& wrong : std::vector<std::map<std::string, std::string>>{
             {{"tokens", "pixels"}}, {{"tokens", "100000"}}, {{"layer", "8"}}, {{"top", "0"}}, {{"most", "0"}}}) {
        const auto refused = analysed(wrong);
        ASSERT_FALSE(refused) << wrong.begin()->first;
        EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    }
    std::stop_source source;
    source.request_stop();
    const auto stopped = analysed({}, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace armillary::study
