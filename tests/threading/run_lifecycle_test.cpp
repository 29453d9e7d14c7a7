// InferenceService with a scripted engine: every run ends once and last, stops reach a busy engine, waiting requests are
// replaced, closing is bounded, and a slow window costs nothing.
#include "app/inference/inference_service.h"
#include "support/tiny_engine.h"
#include "window_support/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QElapsedTimer>

#include <map>
#include <set>

namespace armillary::app {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using test::TinyEngine;
using test::TinyLog;
using test::TinyScript;
using test::waitUntil;

std::shared_ptr<const Question> makeQuestion(const std::string& text, int maxNewTokens = 50)
{
    auto question = std::make_shared<Question>();
    ChatTurn turn;
    turn.text = text;
    question->turns.push_back(turn);
    question->sampling.maxNewTokens = maxNewTokens;
    return question;
}

// Notes every signal of a service in order.
struct RunWitness {
    explicit RunWitness(InferenceService& service)
    {
        QObject::connect(&service, &InferenceService::runStarted, &service, [this](RunId id, const Request&) {
            EXPECT_FALSE(ended.contains(id)) << "run " << id << " started after its end";
            started.push_back(id);
        });
        QObject::connect(&service, &InferenceService::runUpdated, &service, [this](const RunUpdate& update) {
            EXPECT_FALSE(ended.contains(update.id)) << "update of run " << update.id << " after its end";
            tokens[update.id] += update.tokens.size();
            for (const TokenPiece& piece : update.tokens)
                text[update.id] += piece.text;
            if (update.stage)
                stage = update.stage->name;
            layouts += update.layout ? 1 : 0;
            warnings.insert(warnings.end(), update.warnings.begin(), update.warnings.end());
            ++updates;
        });
        QObject::connect(&service, &InferenceService::runFinished, &service, [this](RunId id, const RunResult& result) {
            EXPECT_FALSE(ended.contains(id)) << "run " << id << " ended twice";
            ended[id] = result;
            order.push_back(id);
        });
    }

    std::vector<RunId> started;
    std::vector<RunId> order;
    std::map<RunId, RunResult> ended;
    std::map<RunId, std::size_t> tokens;
    std::map<RunId, std::string> text;
    std::vector<std::string> warnings;
    std::string stage;
    int layouts = 0;
    int updates = 0;
};

class RunLifecycle : public testing::Test {
protected:
    void make(TinyScript script)
    {
        m_log = std::make_shared<TinyLog>();
        m_service = std::make_unique<InferenceService>(
            [script, log = m_log] { return std::make_unique<TinyEngine>(script, log); });
        m_witness = std::make_unique<RunWitness>(*m_service);
    }
    [[nodiscard]] bool waitForEnd(RunId id, milliseconds limit = std::chrono::seconds(20))
    {
        return waitUntil([this, id] { return m_witness->ended.contains(id); }, limit);
    }

    std::shared_ptr<TinyLog> m_log;
    std::unique_ptr<InferenceService> m_service;
    std::unique_ptr<RunWitness> m_witness;
};

TEST_F(RunLifecycle, AnswersAndEndsOnce)
{
    make({});
    const RunId load = m_service->load({}, {});
    const RunId ask = m_service->ask(makeQuestion("hello"));
    EXPECT_GT(ask, load);
    ASSERT_TRUE(waitForEnd(ask));
    EXPECT_THAT(m_witness->order, testing::ElementsAre(load, ask));
    const RunResult& result = m_witness->ended.at(ask);
    EXPECT_EQ(result.outcome, RunOutcome::Completed);
    ASSERT_NE(result.record, nullptr);
    EXPECT_EQ(m_witness->tokens[ask], 20U);
    EXPECT_EQ(m_witness->text[ask], result.record->answer);
    EXPECT_EQ(m_witness->layouts, 1);
    EXPECT_EQ(m_witness->ended.at(load).report->parts.size(), 1U);
    EXPECT_FALSE(m_service->isBusy());
}

TEST_F(RunLifecycle, EngineLivesAndDiesOnItsOwnThread)
{
    make({});
    ASSERT_TRUE(waitForEnd(m_service->ask(makeQuestion("hello"))));
    m_service.reset();
    EXPECT_TRUE(m_log->destroyed);
    EXPECT_NE(m_log->madeOn, std::this_thread::get_id());
    EXPECT_EQ(m_log->madeOn, m_log->destroyedOn);
    EXPECT_THAT(m_log->calledOn, testing::Each(m_log->madeOn));
}

// A stop in each stage and while tokens come.
class CancelAt : public RunLifecycle, public testing::WithParamInterface<std::string> {};

TEST_P(CancelAt, EndsAsCancelledWithinAStep)
{
    TinyScript script;
    for (test::TinyStage& stage : script.stages)
        stage = {stage.name, 20, microseconds(5000)};
    script.tokenCount = 1000;
    script.tokenTime = microseconds(2000);
    make(script);
    const RunId id = m_service->ask(makeQuestion("stop me", 1000));
    ASSERT_TRUE(waitUntil([this] { return m_witness->stage == GetParam(); }));
    const auto asked = std::chrono::steady_clock::now();
    m_service->cancel();
    ASSERT_TRUE(waitForEnd(id));
    EXPECT_EQ(m_witness->ended.at(id).outcome, RunOutcome::Cancelled);
    EXPECT_FALSE(m_witness->ended.at(id).error) << "a stop is no error";
    const std::int64_t seen =
        m_log->stopSeenMicroseconds - std::chrono::duration_cast<microseconds>(asked.time_since_epoch()).count();
    EXPECT_LT(seen, 200'000) << "the engine saw the stop after " << seen << " us";
    // What was made stays.
    if (GetParam() == "Answer") {
        ASSERT_NE(m_witness->ended.at(id).record, nullptr);
        EXPECT_EQ(m_witness->ended.at(id).record->generated.size(), m_witness->tokens[id]);
    }
    // And the service goes on.
    const RunId next = m_service->ask(makeQuestion("again", 3));
    ASSERT_TRUE(waitForEnd(next));
    EXPECT_EQ(m_witness->ended.at(next).outcome, RunOutcome::Completed);
}

INSTANTIATE_TEST_SUITE_P(Stages, CancelAt, testing::Values("SigLIP", "Cosmos VAE", "Prefill", "Answer"),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::erase(name, ' ');
                             return name;
                         });

TEST_F(RunLifecycle, NewerWaitingRequestReplacesTheOlder)
{
    TinyScript script;
    script.stages = {{"Prefill", 40, microseconds(5000)}};
    make(script);
    const RunId first = m_service->ask(makeQuestion("first"));
    ASSERT_TRUE(waitUntil([this] { return m_log->asks == 1; }));
    const RunId second = m_service->ask(makeQuestion("second"));
    const RunId third = m_service->ask(makeQuestion("third"));
    EXPECT_TRUE(m_witness->ended.contains(second));
    EXPECT_EQ(m_witness->ended.at(second).outcome, RunOutcome::Cancelled);
    // Another kind has a place of its own, and loads go first.
    const RunId load = m_service->load({}, {});
    ASSERT_TRUE(waitForEnd(third));
    EXPECT_THAT(m_witness->order, testing::ElementsAre(second, first, load, third));
    EXPECT_THAT(m_witness->started, testing::ElementsAre(first, load, third));
    ASSERT_EQ(m_log->questions.size(), 2U);
    EXPECT_EQ(m_log->questions[1].turns.back().text, "third");
}

TEST_F(RunLifecycle, CancelDropsWhatWaits)
{
    TinyScript script;
    script.stages = {{"Prefill", 200, microseconds(5000)}};
    make(script);
    const RunId first = m_service->ask(makeQuestion("first"));
    const RunId second = m_service->ask(makeQuestion("second"));
    m_service->cancel();
    ASSERT_TRUE(waitForEnd(first));
    ASSERT_TRUE(waitForEnd(second));
    EXPECT_EQ(m_witness->ended.at(second).outcome, RunOutcome::Cancelled);
    EXPECT_EQ(m_log->asks, 1);
}

TEST_F(RunLifecycle, ExceptionInTheMiddleEndsTheRunAsFailed)
{
    TinyScript script;
    script.throwAtToken = 7;
    make(script);
    const RunId id = m_service->ask(makeQuestion("throw"));
    ASSERT_TRUE(waitForEnd(id));
    const RunResult& result = m_witness->ended.at(id);
    EXPECT_EQ(result.outcome, RunOutcome::Failed);
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, ErrorCode::Internal);
    EXPECT_THAT(result.error->message, testing::HasSubstr("the script says so"));
    EXPECT_EQ(m_witness->tokens[id], 7U) << "what came before the fault is shown";
    EXPECT_EQ(m_witness->order.back(), id);
}

TEST_F(RunLifecycle, EngineThatCannotBeMadeFailsEveryRun)
{
    InferenceService service([]() -> std::unique_ptr<Engine> { throw std::runtime_error("no such device"); });
    RunWitness witness(service);
    const RunId id = service.ask(makeQuestion("hello"));
    ASSERT_TRUE(waitUntil([&] { return witness.ended.contains(id); }));
    EXPECT_EQ(witness.ended.at(id).outcome, RunOutcome::Failed);
    EXPECT_THAT(witness.ended.at(id).error->message, testing::HasSubstr("no such device"));
}

TEST_F(RunLifecycle, ErrorsAndWarningsArrive)
{
    TinyScript script;
    script.askError = Error{ErrorCode::OutOfMemory, "the picture needs 3 GiB more"};
    script.warnings = {"the capture was cut"};
    make(script);
    const RunId id = m_service->ask(makeQuestion("too large"));
    ASSERT_TRUE(waitForEnd(id));
    EXPECT_EQ(m_witness->ended.at(id).outcome, RunOutcome::Failed);
    EXPECT_EQ(m_witness->ended.at(id).error->code, ErrorCode::OutOfMemory);
    EXPECT_THAT(m_witness->warnings, testing::ElementsAre("the capture was cut"));
}

TEST_F(RunLifecycle, TenThousandTokensComeInAtMostThirtyUpdatesASecond)
{
    constexpr int kTokens = 10'000;
    TinyScript script;
    script.stages.clear();
    script.tokenCount = kTokens;
    script.tokenTime = microseconds(50);
    make(script);
    QElapsedTimer clock;
    clock.start();
    const RunId id = m_service->ask(makeQuestion("long", kTokens));
    ASSERT_TRUE(waitForEnd(id, std::chrono::seconds(60)));
    const double seconds = static_cast<double>(clock.elapsed()) / 1000;
    EXPECT_EQ(m_witness->tokens[id], static_cast<std::size_t>(kTokens));
    EXPECT_EQ(m_witness->text[id], m_witness->ended.at(id).record->answer);
    // One at the start and one at the end come on top of the rhythm.
    EXPECT_LE(m_witness->updates, 30 * seconds + 3) << "in " << seconds << " s";
    EXPECT_GT(m_witness->updates, 3);
}

TEST_F(RunLifecycle, SlowWindowGetsEverythingInFewUpdates)
{
    TinyScript script;
    script.stages.clear();
    script.tokenCount = 3000;
    script.tokenTime = microseconds(200);
    make(script);
    // A window that needs 150 ms for each update.
    QObject::connect(m_service.get(), &InferenceService::runUpdated, m_service.get(),
                     [] { std::this_thread::sleep_for(milliseconds(150)); });
    const RunId id = m_service->ask(makeQuestion("slow window", 3000));
    ASSERT_TRUE(waitForEnd(id));
    EXPECT_EQ(m_witness->tokens[id], 3000U);
    EXPECT_GE(m_witness->updates, 2);
    EXPECT_LE(m_witness->updates, 15) << "a stalled window must not find a queue of updates";
}

TEST_F(RunLifecycle, CloseStopsARunningEngineAndSaysSo)
{
    TinyScript script;
    script.stages = {{"Prefill", 10'000, microseconds(2000)}};
    make(script);
    bool closed = false;
    QObject::connect(m_service.get(), &InferenceService::closed, m_service.get(), [&closed] { closed = true; });
    const RunId id = m_service->ask(makeQuestion("long run"));
    const RunId waiting = m_service->ask(makeQuestion("waiting"));
    ASSERT_TRUE(waitUntil([this] { return m_witness->stage == "Prefill"; }));
    m_service->close();
    EXPECT_EQ(m_service->ask(makeQuestion("too late")), 0U) << "no new work after close";
    ASSERT_TRUE(waitUntil([&closed] { return closed; }, milliseconds(3000)));
    EXPECT_TRUE(m_service->hasThreadEnded());
    EXPECT_TRUE(m_log->destroyed);
    EXPECT_EQ(m_witness->ended.at(id).outcome, RunOutcome::Cancelled);
    EXPECT_EQ(m_witness->ended.at(waiting).outcome, RunOutcome::Cancelled);
}

TEST_F(RunLifecycle, DestroyedWhileRunningWaitsForItsThread)
{
    TinyScript script;
    script.stages = {{"Prefill", 10'000, microseconds(2000)}};
    make(script);
    m_service->ask(makeQuestion("long run"));
    ASSERT_TRUE(waitUntil([this] { return m_log->asks == 1; }));
    QElapsedTimer clock;
    clock.start();
    m_service.reset();
    EXPECT_LT(clock.elapsed(), 2000);
    EXPECT_TRUE(m_log->destroyed);
}

TEST_F(RunLifecycle, CloseIsBoundedWhenTheEngineIsDeaf)
{
    TinyScript script;
    script.stages = {{"Prefill", 1, microseconds(1000)}};
    script.tokenCount = 100'000;
    script.tokenTime = microseconds(1000);
    script.deafTime = InferenceService::kCloseLimit + milliseconds(1500);
    make(script);
    bool closed = false;
    QObject::connect(m_service.get(), &InferenceService::closed, m_service.get(), [&closed] { closed = true; });
    m_service->ask(makeQuestion("deaf", 100'000));
    ASSERT_TRUE(waitUntil([this] { return m_log->tokensStarted.load(); }));
    QElapsedTimer clock;
    clock.start();
    m_service->close();
    ASSERT_TRUE(waitUntil([&closed] { return closed; }));
    EXPECT_LT(clock.elapsed(), InferenceService::kCloseLimit.count() + 1000);
    EXPECT_FALSE(m_service->hasThreadEnded());
    m_service.reset();
    EXPECT_LT(clock.elapsed(), InferenceService::kCloseLimit.count() + 1200) << "the destructor waits no second time";
    // Let the thread end before the process does.
    ASSERT_TRUE(waitUntil([this] { return m_log->destroyed.load(); }));
}

}  // namespace
}  // namespace armillary::app
