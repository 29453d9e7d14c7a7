// SessionController with a scripted engine: what is asked gets into the list, the pair and the session; what the list wants is
// read and shown; a session recorded elsewhere opens with no model.
#include "app/session/session_controller.h"
#include "app/session/session_service.h"
#include "session/session.h"
#include "support/large_record.h"
#include "support/record_builder.h"
#include "support/test_data.h"
#include "support/tiny_engine.h"
#include "widgets/models/media_list_model.h"
#include "window_support/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace armillary::app {
namespace {

namespace fs = std::filesystem;
using session::Session;
using test::TinyEngine;
using test::TinyLog;
using test::TinyScript;
using test::waitUntil;
using widgets::PairSide;
using widgets::RunState;

class SessionControllerTest : public testing::Test {
protected:
    struct Window {
        Window(const TinyScript& script, const std::shared_ptr<TinyLog>& log, const std::string& root)
            : inference([script, log] { return std::make_unique<TinyEngine>(script, log); }),
              desk(inference, {AnalysisEntry{"fake-lens", "Fake lens", "", {}, "", true}}),
              files(QString::fromStdString(root + "/own")),
              mediaFiles(media),
              controller({run, selection, media, messages}, inference, mediaFiles),
              session({run, selection, pair, runs, messages}, files, desk, controller)
        {
            QObject::connect(&controller, &RunController::modelsLoaded, &controller,
                             [this] { desk.setModels(controller.sharedReport()); });
        }

        widgets::ShownRun run;
        widgets::Selection selection;
        widgets::MediaListModel media;
        widgets::MessageListModel messages;
        widgets::RunPair pair;
        widgets::RunListModel runs;
        InferenceService inference;
        AnalysisService desk;
        SessionService files;
        MediaService mediaFiles;
        RunController controller;
        SessionController session;
    };

    void SetUp() override { m_root = test::makeTemporaryFolder(); }
    void TearDown() override
    {
        m_window.reset();
        fs::remove_all(m_root);
    }
    void make(const TinyScript& script = {})
    {
        m_window.reset();
        m_log = std::make_shared<TinyLog>();
        m_window = std::make_unique<Window>(script, m_log, m_root);
    }
    // Asks and waits until the run is on disk.
    void ask(const QString& text)
    {
        const int before = m_window->runs.rowCount();
        Question settings;
        settings.sampling.maxNewTokens = 8;
        m_window->controller.ask(settings, text);
        ASSERT_TRUE(waitUntil([&] {
            const auto& rows = m_window->runs.rows();
            return m_window->runs.rowCount() == before + 1 && !rows.back().isPending;
        })) << text.toStdString();
    }
    [[nodiscard]] QString idAt(int row) const { return m_window->runs.rows().at(static_cast<std::size_t>(row)).id; }
    [[nodiscard]] std::string question() const
    {
        const Question* asked = m_window->run.question();
        return asked == nullptr || asked->turns.empty() ? std::string() : asked->turns.back().text;
    }
    [[nodiscard]] bool waitShown(const QString& id)
    {
        return waitUntil([&] { return m_window->pair.a().id == id && m_window->pair.a().record != nullptr; });
    }
    [[nodiscard]] bool heard(const QString& words) const
    {
        const auto& all = m_window->messages.messages();
        return std::any_of(all.begin(), all.end(),
                           [&](const widgets::Message& message) { return message.text.contains(words); });
    }

    std::string m_root;
    std::shared_ptr<TinyLog> m_log;
    std::unique_ptr<Window> m_window;
};

TEST_F(SessionControllerTest, AFinishedQuestionIsAAndTheOneBeforeItB)
{
    make();
    ask(QStringLiteral("One"));
    EXPECT_EQ(m_window->pair.a().id, idAt(0));
    EXPECT_EQ(m_window->pair.a().record, m_window->run.record());
    EXPECT_FALSE(m_window->pair.isPair());
    ask(QStringLiteral("Two"));
    EXPECT_EQ(m_window->pair.a().id, idAt(1));
    EXPECT_EQ(m_window->pair.b().id, idAt(0));
    EXPECT_EQ(m_window->runs.index(1).data(widgets::RunListModel::SideRole).toString(), QStringLiteral("A"));
    EXPECT_EQ(m_window->runs.index(0).data(widgets::RunListModel::SideRole).toString(), QStringLiteral("B"));
    EXPECT_EQ(m_window->runs.rows()[1].parentId, idAt(0)) << "it went on from there";

    const auto again = Session::open(m_window->files.path().toStdString());
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->runs().size(), 2U);
}

TEST_F(SessionControllerTest, ABThatAPersonChoseStays)
{
    make();
    ask(QStringLiteral("One"));
    ask(QStringLiteral("Two"));
    m_window->runs.wantCompared(idAt(0));
    ask(QStringLiteral("Three"));
    EXPECT_EQ(m_window->pair.a().id, idAt(2));
    EXPECT_EQ(m_window->pair.b().id, idAt(0));
}

TEST_F(SessionControllerTest, FlippingShowsTheOtherRunAndCarriesTheSelection)
{
    make();
    ask(QStringLiteral("One"));
    ask(QStringLiteral("Two"));
    const RecordPtr a = m_window->pair.a().record;
    const RecordPtr b = m_window->pair.b().record;
    ASSERT_NE(a->layout->size(), b->layout->size());
    const std::int64_t answer = a->layout->size() + 2;  // the third generated token
    m_window->selection.choose({0, answer, a->layout->size() + 7});
    m_window->pair.setSide(PairSide::B);
    EXPECT_EQ(m_window->run.record(), b);
    EXPECT_EQ(question(), "One");
    EXPECT_THAT(m_window->selection.chosen(), testing::ElementsAre(0, b->layout->size() + 2, b->layout->size() + 7));
    m_window->pair.setSide(PairSide::A);
    EXPECT_EQ(m_window->run.record(), a);
    EXPECT_THAT(m_window->selection.chosen(), testing::ElementsAre(0, answer, a->layout->size() + 7));
}

TEST_F(SessionControllerTest, TheNextQuestionContinuesTheShownRun)
{
    make();
    ask(QStringLiteral("One"));
    ask(QStringLiteral("Two"));
    m_window->runs.wantShown(idAt(0));
    ASSERT_TRUE(waitShown(idAt(0)));
    EXPECT_EQ(question(), "One");
    ask(QStringLiteral("Another two"));
    const std::lock_guard lock(m_log->mutex);
    ASSERT_EQ(m_log->questions.size(), 3U);
    ASSERT_EQ(m_log->questions[2].turns.size(), 3U) << "One, its answer, the new question";
    EXPECT_EQ(m_log->questions[2].turns[0].text, "One");
    EXPECT_EQ(m_window->runs.rows()[2].parentId, idAt(0));
    EXPECT_EQ(m_window->runs.index(2).data(widgets::RunListModel::DepthRole).toInt(), 1) << "a branch";
    EXPECT_EQ(m_window->runs.index(1).data(widgets::RunListModel::DepthRole).toInt(), 0);
}

TEST_F(SessionControllerTest, AnotherRunCanBeShownWhileAQuestionRuns)
{
    make();
    ask(QStringLiteral("One"));
    TinyScript slow;
    slow.tokenCount = 100'000;
    slow.tokenTime = std::chrono::microseconds(3000);
    const std::string kept = m_window->files.path().toStdString();
    make(slow);
    m_window->files.open(QString::fromStdString(kept));
    ASSERT_TRUE(waitUntil([&] { return m_window->run.state() == RunState::Completed; }));
    Question settings;
    settings.sampling.maxNewTokens = slow.tokenCount;
    m_window->controller.ask(settings, QStringLiteral("Long"));
    ASSERT_TRUE(waitUntil([&] { return m_window->run.generated().size() > 3 && question() == "Long"; }));
    ASSERT_EQ(m_window->runs.rowCount(), 2);
    m_window->runs.wantShown(idAt(0));
    EXPECT_EQ(question(), "One");
    const std::size_t shown = m_window->run.generated().size();
    const int before = m_log->tokens;
    ASSERT_TRUE(waitUntil([&] { return m_log->tokens > before + 20; }));
    EXPECT_EQ(m_window->run.generated().size(), shown) << "what streams in is not this run's";
    m_window->runs.wantShown(QString::fromLatin1(SessionController::kLiveId));
    EXPECT_EQ(question(), "Long");
    EXPECT_EQ(m_window->run.state(), RunState::Running);
    ASSERT_TRUE(waitUntil([&] { return m_window->run.generated().size() > static_cast<std::size_t>(before) + 20; }));
    for (std::size_t i = 0; i < m_window->run.generated().size(); ++i)
        ASSERT_EQ(m_window->run.generated()[i].id, 200 + i % 100) << "none was missed";
    m_window->controller.stop();
    ASSERT_TRUE(waitUntil([&] { return !m_window->runs.rows().back().isPending; }));
    EXPECT_EQ(m_window->runs.rowCount(), 2) << "the row of the running question became that of its run";
    EXPECT_EQ(m_window->runs.rows().back().outcome, QStringLiteral("cancelled"));
    EXPECT_EQ(m_window->run.state(), RunState::Cancelled);
}

TEST_F(SessionControllerTest, ASessionOpensWithNoModelAndShowsItsRuns)
{
    const std::string path = m_root + "/kept.armillary";
    {
        auto session = Session::create(path);
        ASSERT_TRUE(session);
        test::LargeSizes sizes;
        sizes.layers = 9;
        sizes.worldFrames = 1;
        ASSERT_TRUE((*session)->append(test::largeRecord(sizes)));
        const auto last = (*session)->append(*test::RecordBuilder::typical(4, 2).build());
        ASSERT_TRUE(last);
        AnalysisResult kept;
        kept.request = {"fake-lens", {}};
        kept.numbers.push_back({"bits", 1.5, "bits"});
        ASSERT_TRUE((*session)->keepAnalysis(*last, kept));
        ASSERT_TRUE(
            (*session)->setState({"Notes", {{*last, "A note"}}, R"({"chosen":[1,3],"focus":{"layer":2}})", ""}));
    }
    make();
    m_window->files.open(QString::fromStdString(path));
    ASSERT_TRUE(waitUntil([&] { return m_window->run.state() == RunState::Completed; }));
    EXPECT_EQ(m_window->runs.rowCount(), 2);
    EXPECT_EQ(m_window->pair.a().id, idAt(1)) << "the last one";
    EXPECT_EQ(m_window->runs.rows()[1].note, QStringLiteral("A note"));
    EXPECT_EQ(m_window->runs.sessionNotes(), QStringLiteral("Notes"));
    EXPECT_EQ(m_log->loads, 0);
    const widgets::AnalysisWish lens{m_window->run.record(), {"fake-lens", {}}};
    ASSERT_TRUE(waitUntil([&] { return m_window->desk.atHand(lens) != nullptr; })) << "kept by the session";
    EXPECT_TRUE(m_window->desk.obstacle(lens).isEmpty());

    // The other one comes in two steps; views stay where they are.
    m_window->runs.wantShown(idAt(0));
    ASSERT_TRUE(waitShown(idAt(0)));
    EXPECT_FALSE(m_window->desk.obstacle({m_window->run.record(), {"fake-lens", {}}}).isEmpty());
    m_window->selection.choose({2});
    int changes = 0;
    QObject::connect(&m_window->run, &widgets::ShownRun::runChanged, &m_window->run, [&changes] { ++changes; });
    ASSERT_TRUE(waitUntil([&] { return m_window->run.record()->tensors.contains("query.5"); }));
    EXPECT_EQ(m_window->pair.a().record, m_window->run.record());
    EXPECT_EQ(changes, 0) << "the same run with more of its tensors";
    EXPECT_THAT(m_window->selection.chosen(), testing::ElementsAre(2));
}

TEST_F(SessionControllerTest, SelectionAndPairComeBack)
{
    make();
    ask(QStringLiteral("One"));
    ask(QStringLiteral("Two"));
    m_window->runs.wantShown(idAt(0));
    m_window->runs.wantCompared(idAt(1));
    m_window->selection.choose({1, 4});
    widgets::Focus focus;
    focus.layer = 3;
    m_window->selection.setFocus(focus);
    m_window->runs.setNote(idAt(1), QStringLiteral("Worth a look"));
    m_window->session.finish();
    ASSERT_TRUE(waitUntil([&] { return m_window->files.isClosed(); }));
    const QString path = m_window->files.path();
    make();
    m_window->files.open(path);
    ASSERT_TRUE(waitUntil([&] { return m_window->pair.isPair(); }));
    EXPECT_EQ(m_window->pair.a().id, idAt(0));
    EXPECT_EQ(m_window->pair.b().id, idAt(1));
    EXPECT_THAT(m_window->selection.chosen(), testing::ElementsAre(1, 4));
    EXPECT_EQ(m_window->selection.focus().layer, 3);
    EXPECT_EQ(m_window->runs.rows()[1].note, QStringLiteral("Worth a look"));
}

TEST_F(SessionControllerTest, ResultsOfModelAnalysesAreKeptWithTheirRun)
{
    TinyScript script;
    script.analysisStages = {{"Layers", 2, std::chrono::microseconds(500)}};
    make(script);
    m_window->controller.loadModels({});
    ASSERT_TRUE(waitUntil([&] { return m_window->controller.hasModel(); }));
    // Asked for before the run is on disk.
    bool asked = false;
    QObject::connect(&m_window->controller, &RunController::recordMade, &m_window->desk,
                     [&](const RecordPtr& record, bool) {
                         asked = m_window->desk.request({record, {"fake-lens", {}}}) != 0;
                     });
    ask(QStringLiteral("One"));
    EXPECT_TRUE(asked);
    const std::string path = m_window->files.path().toStdString();
    const std::string id = idAt(0).toStdString();
    ASSERT_TRUE(
        waitUntil([&] { return m_window->files.isIdle() && (*Session::open(path))->analyses(id).size() == 1; }));
    m_window->files.openNew();
    m_window->files.open(QString::fromStdString(path));
    ASSERT_TRUE(waitUntil([&] { return m_window->pair.a().id.toStdString() == id; }));
    EXPECT_TRUE(waitUntil([&] {
        return m_window->desk.atHand({m_window->run.record(), {"fake-lens", {}}}) != nullptr;
    }));
}

TEST_F(SessionControllerTest, DamageAndMissingSessionsAreMessages)
{
    make();
    ask(QStringLiteral("One"));
    ask(QStringLiteral("Two"));
    m_window->files.openNew();
    ASSERT_TRUE(waitUntil([&] { return m_window->runs.rowCount() == 0; }));
    const auto own = fs::directory_iterator(m_root + "/own")->path().string();
    const auto ids = (*Session::open(own))->runs();
    std::ofstream(own + "/runs/" + ids[1].id + ".safetensors", std::ios::binary | std::ios::trunc) << "broken";
    m_window->files.open(QString::fromStdString(own));
    ASSERT_TRUE(waitUntil([&] { return m_window->run.state() == RunState::Completed; }));
    EXPECT_EQ(question(), "One") << "the last that can be read";
    EXPECT_TRUE(heard(QString::fromStdString(ids[1].id)));
    EXPECT_FALSE(m_window->runs.rows()[1].problem.isEmpty());
    m_window->files.open(QString::fromStdString(m_root + "/nothing.armillary"));
    ASSERT_TRUE(waitUntil([&] { return heard(QStringLiteral("no such session")); }));
    EXPECT_EQ(m_window->runs.rowCount(), 2) << "the open one stays";
}

TEST_F(SessionControllerTest, ClosingDuringALongAnalysisKeepsEverything)
{
    TinyScript script;
    script.analysisStages = {{"Layers", 10'000, std::chrono::microseconds(2000)}};
    make(script);
    m_window->controller.loadModels({});
    ask(QStringLiteral("One"));
    (void)m_window->desk.request({m_window->run.record(), {"fake-lens", {}}});
    ASSERT_TRUE(waitUntil([&] { return m_log->analyses == 1; }));
    m_window->runs.setSessionNotes(QStringLiteral("Written just before"));
    m_window->inference.close();
    m_window->desk.close();
    ASSERT_TRUE(waitUntil([&] { return m_window->inference.isClosed() && m_window->desk.isClosed(); },
                          std::chrono::seconds(3)));
    m_window->session.finish();
    ASSERT_TRUE(waitUntil([&] { return m_window->files.isClosed(); }, std::chrono::seconds(3)));
    const auto kept = Session::open(m_window->files.path().toStdString());
    ASSERT_TRUE(kept);
    EXPECT_EQ((*kept)->runs().size(), 1U);
    EXPECT_EQ((*kept)->state().notes, "Written just before");
}

}  // namespace
}  // namespace armillary::app
