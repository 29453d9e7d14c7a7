// AnalysisService: record analyses in threads of their own, model analyses through the engine and after questions, stops that
// reach both, results told by run and not by record, and a bounded close.
#include "app/analysis/analysis_service.h"
#include "support/record_builder.h"
#include "support/tiny_engine.h"
#include "window_support/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QElapsedTimer>

#include <algorithm>
#include <cstring>
#include <map>

namespace armillary::app {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using test::TinyEngine;
using test::TinyLog;
using test::TinyScript;
using test::waitUntil;
using RecordPtr = std::shared_ptr<const RunRecord>;
using widgets::AnalysisTicket;
using widgets::AnalysisWish;

std::vector<AnalysisEntry> modelEntries()
{
    AnalysisEntry lens{"fake-lens", "Fake lens", "", {{"layer", "all", ""}}, "", true};
    AnalysisEntry other{"fake-check", "Fake check", "", {}, "its media", true};
    return {lens, other};
}

RecordPtr withVectors()
{
    test::RecordBuilder builder = test::RecordBuilder::typical(4, 2);
    auto record = std::make_shared<RunRecord>(*builder.build());
    const auto vectors = [](std::int64_t rows) {
        std::vector<float> values;
        for (std::int64_t i = 0; i < rows * 8; ++i)
            values.push_back(static_cast<float>((i * 37) % 11) - 5);
        auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
        std::memcpy(bytes->data(), values.data(), bytes->size());
        return TensorSnapshot{ElementType::Float32, {rows, 8}, bytes};
    };
    record->tensors["world.embeds"] = vectors(16);
    record->tensors["image.embeds"] = vectors(4);
    return record;
}

struct AnalysisWitness {
    explicit AnalysisWitness(AnalysisService& service)
    {
        QObject::connect(&service, &AnalysisService::finished, &service,
                         [this](AnalysisTicket ticket, const std::shared_ptr<const AnalysisResult>& result) {
                             note(ticket, "finished");
                             results[ticket] = result;
                         });
        QObject::connect(&service, &AnalysisService::failed, &service,
                         [this](AnalysisTicket ticket, const QString& sentence) {
                             note(ticket, "failed");
                             sentences[ticket] = sentence;
                         });
        QObject::connect(&service, &AnalysisService::dropped, &service,
                         [this](AnalysisTicket ticket) { note(ticket, "dropped"); });
        QObject::connect(&service, &AnalysisService::progressed, &service,
                         [this](AnalysisTicket ticket, const QString& stage, qint64, qint64) {
                             stages[ticket] = stage;
                         });
        QObject::connect(&service, &AnalysisService::modelResultMade, &service,
                         [this](const RecordPtr& record, const std::shared_ptr<const AnalysisResult>&) {
                             modelResults.push_back(record.get());
                         });
    }
    void note(AnalysisTicket ticket, const std::string& how)
    {
        EXPECT_FALSE(ended.contains(ticket)) << "ticket " << ticket << " ended twice";
        ended[ticket] = how;
        order.push_back(ticket);
    }

    std::map<AnalysisTicket, std::string> ended;
    std::vector<AnalysisTicket> order;
    std::map<AnalysisTicket, std::shared_ptr<const AnalysisResult>> results;
    std::map<AnalysisTicket, QString> sentences;
    std::map<AnalysisTicket, QString> stages;
    std::vector<const RunRecord*> modelResults;
};

class AnalysisServiceTest : public testing::Test {
protected:
    void make(TinyScript script)
    {
        m_log = std::make_shared<TinyLog>();
        m_inference = std::make_unique<InferenceService>(
            [script, log = m_log] { return std::make_unique<TinyEngine>(script, log); });
        m_desk = std::make_unique<AnalysisService>(*m_inference, modelEntries());
        m_witness = std::make_unique<AnalysisWitness>(*m_desk);
    }
    void TearDown() override
    {
        m_desk.reset();
        m_inference.reset();
    }
    void loadModels(const std::vector<ModelPart>& parts = {})
    {
        auto report = std::make_shared<ModelReport>();
        report->parts = parts;
        m_desk->setModels(report);
    }
    [[nodiscard]] bool waitForEnd(AnalysisTicket ticket)
    {
        return waitUntil([this, ticket] { return m_witness->ended.contains(ticket); });
    }
    [[nodiscard]] static TinyScript analysing(int steps, microseconds stepTime = microseconds(2000))
    {
        TinyScript script;
        script.analysisStages = {{"Layers", steps, stepTime}};
        return script;
    }

    std::shared_ptr<TinyLog> m_log;
    std::unique_ptr<InferenceService> m_inference;
    std::unique_ptr<AnalysisService> m_desk;
    std::unique_ptr<AnalysisWitness> m_witness;
    RecordPtr m_record = withVectors();
};

TEST_F(AnalysisServiceTest, ComputesOfRecordsWithoutAModelAndRemembers)
{
    make({});
    const AnalysisWish wish{m_record, {"embedding-norms", {}}};
    EXPECT_TRUE(m_desk->obstacle(wish).isEmpty());
    EXPECT_EQ(m_desk->atHand(wish), nullptr);
    const AnalysisTicket ticket = m_desk->request(wish);
    EXPECT_FALSE(m_witness->ended.contains(ticket)) << "never before request() returns";
    ASSERT_TRUE(waitForEnd(ticket));
    ASSERT_EQ(m_witness->ended.at(ticket), "finished") << m_witness->sentences[ticket].toStdString();
    EXPECT_EQ(m_desk->atHand(wish), m_witness->results.at(ticket));
    // Naming the defaults changes nothing.
    EXPECT_EQ(m_desk->atHand({m_record, m_witness->results.at(ticket)->request}), m_witness->results.at(ticket));
    EXPECT_EQ(m_desk->atHand({withVectors(), {"embedding-norms", {}}}), nullptr) << "another run";
    EXPECT_EQ(m_log->analyses, 0);
}

TEST_F(AnalysisServiceTest, ARunKeepsItsResultsWhenItGetsAName)
{
    make({});
    const AnalysisTicket ticket = m_desk->request({m_record, {"embedding-norms", {}}});
    ASSERT_TRUE(waitForEnd(ticket));
    m_desk->nameRun(m_record, QStringLiteral("1/new-1"));
    m_desk->nameRun(m_record, QStringLiteral("1/000001-abcd"));
    const auto whole = std::make_shared<const RunRecord>(*m_record);
    m_desk->nameRun(whole, QStringLiteral("1/000001-abcd"));
    EXPECT_EQ(m_desk->atHand({whole, {"embedding-norms", {}}}), m_witness->results.at(ticket));
}

TEST_F(AnalysisServiceTest, AWishForAPartlyReadRecordWaitsForTheRest)
{
    make({});
    auto part = std::make_shared<RunRecord>(*m_record);
    part->tensors.clear();
    m_desk->nameRun(part, QStringLiteral("1/a"), false);
    const AnalysisTicket ticket = m_desk->request({part, {"embedding-norms", {}}});
    test::turnFor(milliseconds(100));
    EXPECT_FALSE(m_witness->ended.contains(ticket));
    EXPECT_EQ(m_witness->stages[ticket], QStringLiteral("Reading the record"));
    m_desk->nameRun(m_record, QStringLiteral("1/a"));
    m_desk->setWhole(part, m_record);
    ASSERT_TRUE(waitForEnd(ticket));
    EXPECT_EQ(m_witness->ended.at(ticket), "finished") << m_witness->sentences[ticket].toStdString();

    m_desk->nameRun(part, QStringLiteral("1/b"), false);
    const AnalysisTicket hopeless = m_desk->request({part, {"embedding-norms", {}}});
    m_desk->setUnreadable(part, QStringLiteral("The file is damaged."));
    ASSERT_TRUE(waitForEnd(hopeless));
    EXPECT_EQ(m_witness->sentences.at(hopeless), QStringLiteral("The file is damaged."));
}

TEST_F(AnalysisServiceTest, ModelAnalysesGoThroughTheEngineWithStages)
{
    make(analysing(20));
    loadModels();
    const AnalysisWish wish{m_record, {"fake-lens", {{"layer", "3"}}}};
    EXPECT_TRUE(m_desk->obstacle(wish).isEmpty()) << m_desk->obstacle(wish).toStdString();
    const AnalysisTicket ticket = m_desk->request(wish);
    ASSERT_TRUE(waitForEnd(ticket));
    EXPECT_EQ(m_witness->results.at(ticket)->number("record positions"), static_cast<double>(m_record->layout->size()));
    EXPECT_EQ(m_witness->stages.at(ticket), QStringLiteral("Layers"));
    EXPECT_THAT(m_witness->modelResults, testing::ElementsAre(m_record.get()));
    EXPECT_EQ(m_desk->atHand(wish), m_witness->results.at(ticket));
}

TEST_F(AnalysisServiceTest, AQuestionGoesBeforeWaitingAnalyses)
{
    make(analysing(40));
    loadModels();
    const AnalysisTicket first = m_desk->request({m_record, {"fake-lens", {}}});
    const AnalysisTicket second = m_desk->request({m_record, {"fake-check", {}}});
    ASSERT_TRUE(waitUntil([this] { return m_log->analyses == 1; }));
    auto question = std::make_shared<Question>();
    question->turns.push_back({ChatRole::User, {}, "urgent"});
    m_inference->ask(question);
    ASSERT_TRUE(waitForEnd(first));
    ASSERT_TRUE(waitForEnd(second));
    const std::lock_guard lock(m_log->mutex);
    EXPECT_THAT(m_log->order, testing::ElementsAre("fake-lens", "urgent", "fake-check"));
}

TEST_F(AnalysisServiceTest, AStopReachesTheEngineAndTheNextGoesOn)
{
    make(analysing(10'000));
    loadModels();
    const AnalysisTicket running = m_desk->request({m_record, {"fake-lens", {}}});
    const AnalysisTicket waiting = m_desk->request({m_record, {"fake-check", {}}});
    ASSERT_TRUE(waitUntil([&] { return m_witness->stages.contains(running); }));
    EXPECT_TRUE(m_desk->isModelBusy());
    m_desk->drop(waiting);
    EXPECT_EQ(m_witness->ended.at(waiting), "dropped");
    m_desk->drop(running);
    ASSERT_TRUE(waitForEnd(running));
    EXPECT_EQ(m_witness->ended.at(running), "dropped") << "a stop is no failure";
    EXPECT_FALSE(m_desk->isModelBusy());
    EXPECT_EQ(m_log->analyses, 1);
}

TEST_F(AnalysisServiceTest, AFailureOfTheEngineIsItsSentence)
{
    TinyScript script = analysing(1);
    script.analysisError = Error{ErrorCode::OutOfMemory, "the lens needs 3 GiB more"};
    make(script);
    loadModels();
    const AnalysisTicket ticket = m_desk->request({m_record, {"fake-lens", {}}});
    ASSERT_TRUE(waitForEnd(ticket));
    EXPECT_EQ(m_witness->sentences.at(ticket), QStringLiteral("the lens needs 3 GiB more"));
}

TEST_F(AnalysisServiceTest, TheWishThatTakesADroppedOnesPlaceGoesFirst)
{
    make(analysing(60));
    loadModels();
    (void)m_desk->request({m_record, {"fake-check", {}}});
    const AnalysisTicket old = m_desk->request({m_record, {"fake-lens", {{"layer", "1"}}}});
    const AnalysisTicket patient = m_desk->request({withVectors(), {"fake-check", {}}});
    ASSERT_TRUE(waitUntil([this] { return m_log->analyses == 1; }));
    m_desk->drop(old);
    const AnalysisTicket moving = m_desk->request({m_record, {"fake-lens", {{"layer", "2"}}}});
    ASSERT_TRUE(waitForEnd(patient));
    ASSERT_TRUE(waitForEnd(moving));
    const auto at = [this](AnalysisTicket ticket) {
        return std::find(m_witness->order.begin(), m_witness->order.end(), ticket);
    };
    EXPECT_LT(at(moving), at(patient));
}

TEST_F(AnalysisServiceTest, ObstaclesNameTheModelThatIsMissing)
{
    make(analysing(1));
    auto record = std::make_shared<RunRecord>(*m_record);
    record->settings = {{"model", "gemma-3-4b-it"}, {"model_hash", "aaaaaaaa1111"}};
    const AnalysisWish wish{record, {"fake-lens", {}}};
    EXPECT_TRUE(m_desk->obstacle(wish).contains(QStringLiteral("gemma-3-4b-it")));
    EXPECT_TRUE(m_desk->obstacle(wish).contains(QStringLiteral("no model is loaded")));
    loadModels({{"Gemma 3", "cpu", "float32", 1, 4, {{"content hash", "bbbbbbbb2222"}}}});
    EXPECT_TRUE(m_desk->obstacle(wish).contains(QStringLiteral("another model is loaded")))
        << m_desk->obstacle(wish).toStdString();
    loadModels({{"Gemma 3", "cpu", "float32", 1, 4, {{"content hash", "aaaaaaaa1111"}}}});
    EXPECT_TRUE(m_desk->obstacle(wish).isEmpty()) << m_desk->obstacle(wish).toStdString();
    record->question.media[0].frames.clear();
    EXPECT_TRUE(m_desk->obstacle(wish).contains(QStringLiteral("pictures")));
    EXPECT_FALSE(m_desk->obstacle({m_record, {"no-such-analysis", {}}}).isEmpty());
}

TEST_F(AnalysisServiceTest, WhatASessionKeepsIsAtHandWithoutAModel)
{
    make({});
    m_desk->nameRun(m_record, QStringLiteral("1/a"));
    auto kept = std::make_shared<AnalysisResult>();
    kept->request = {"fake-lens", {{"layer", "3"}}};
    int changes = 0;
    QObject::connect(m_desk.get(), &AnalysisService::availabilityChanged, m_desk.get(), [&changes] { ++changes; });
    m_desk->keepOfSession(QStringLiteral("1/a"), {kept});
    EXPECT_EQ(changes, 1);
    const AnalysisWish exact{m_record, {"fake-lens", {{"layer", "3"}}}};
    EXPECT_EQ(m_desk->atHand(exact), kept);
    EXPECT_TRUE(m_desk->obstacle(exact).isEmpty()) << "what is at hand needs nothing";
    EXPECT_EQ(m_desk->atHand({m_record, {"fake-lens", {}}}), kept) << "by name when no argument is named";
    EXPECT_EQ(m_desk->atHand({m_record, {"fake-lens", {{"layer", "all"}}}}), kept) << "or all are the defaults";
    EXPECT_EQ(m_desk->atHand({m_record, {"fake-lens", {{"layer", "4"}}}}), nullptr);
    EXPECT_EQ(m_desk->atHand({withVectors(), {"fake-lens", {}}}), nullptr);
    m_desk->forgetSession();
    EXPECT_EQ(m_desk->atHand(exact), nullptr);
}

TEST_F(AnalysisServiceTest, CloseDuringALongAnalysisIsBoundedAndQuiet)
{
    make(analysing(10'000));
    loadModels();
    const AnalysisTicket running = m_desk->request({m_record, {"fake-lens", {}}});
    ASSERT_TRUE(waitUntil([&] { return m_witness->stages.contains(running); }));
    bool deskClosed = false;
    bool inferenceClosed = false;
    QObject::connect(m_desk.get(), &AnalysisService::closed, m_desk.get(), [&] { deskClosed = true; });
    QObject::connect(m_inference.get(), &InferenceService::closed, m_desk.get(), [&] { inferenceClosed = true; });
    QElapsedTimer clock;
    clock.start();
    m_inference->close();
    m_desk->close();
    ASSERT_TRUE(waitUntil([&] { return deskClosed && inferenceClosed; }, milliseconds(3000)));
    EXPECT_LT(clock.elapsed(), 2000);
    EXPECT_EQ(m_witness->ended.at(running), "dropped");
    EXPECT_TRUE(m_desk->haveThreadsEnded());
    const AnalysisTicket late = m_desk->request({m_record, {"embedding-norms", {}}});
    ASSERT_TRUE(waitForEnd(late));
    EXPECT_EQ(m_witness->ended.at(late), "dropped") << "no new work after close";
}

TEST_F(AnalysisServiceTest, DestroyedWhileComputing)
{
    make({});
    for (int i = 0; i < 4; ++i)
        (void)m_desk->request({withVectors(), {"tsne", {}}});
    test::turnFor(milliseconds(5));
    QElapsedTimer clock;
    clock.start();
    m_desk.reset();
    EXPECT_LT(clock.elapsed(), 3000);
}

}  // namespace
}  // namespace armillary::app
