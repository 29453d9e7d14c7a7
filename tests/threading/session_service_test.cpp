// SessionService: everything that is made gets to disk at once and in order, reading comes in two steps and never holds up
// writing, damage and full disks end in sentences, and nothing is lost when the window goes.
#include "app/session/session_service.h"
#include "session/record_archive.h"
#include "session/session.h"
#include "support/large_record.h"
#include "support/record_builder.h"
#include "support/test_data.h"
#include "window_support/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QDir>
#include <QElapsedTimer>
#include <QFile>

#include <filesystem>
#include <fstream>

namespace armillary::app {
namespace {

namespace fs = std::filesystem;
using session::Session;
using test::waitUntil;
using testing::HasSubstr;

RecordPtr smallRecord(const std::string& question = "What is it?")
{
    test::RecordBuilder builder = test::RecordBuilder::typical(4, 2);
    auto record = std::make_shared<RunRecord>(*builder.build());
    record->question.turns.back().text = question;
    return record;
}

// Large enough to be read in two steps.
test::LargeSizes twoStepSizes()
{
    test::LargeSizes sizes;
    sizes.layers = 9;
    sizes.worldFrames = 1;
    return sizes;
}

struct SessionWitness {
    explicit SessionWitness(SessionService& service)
    {
        const auto hear = [&service](auto signal, auto note) { QObject::connect(&service, signal, &service, note); };
        hear(&SessionService::opened, [this](const OpenedSession& session) { opened.push_back(session); });
        hear(&SessionService::moved, [this](const QString& path) { moved << path; });
        hear(&SessionService::appended, [this](const QString& name, const session::RunSummary& run) {
            appended.emplace_back(name, run);
            order << QStringLiteral("appended");
        });
        hear(&SessionService::appendFailed,
             [this](const QString&, const QString& sentence) { appendFailed << sentence; });
        hear(&SessionService::partRead, [this](quint64 ticket, const QString&, const RecordPtr& record, bool isWhole) {
            parts[ticket] = record;
            whole[ticket] = isWhole;
            order << QStringLiteral("part");
        });
        hear(&SessionService::restRead, [this](quint64 ticket, const QString&, const RecordPtr& record) {
            rests[ticket] = record;
            order << QStringLiteral("rest");
        });
        hear(&SessionService::readFailed,
             [this](quint64 ticket, const QString&, const QString& sentence) { readFailed[ticket] = sentence; });
        hear(&SessionService::keptRead, [this](const QString& id, const ResultList& results) { kept[id] = results; });
        hear(&SessionService::placesFound, [this](const std::vector<RunPlace>& found) { places = found; });
        hear(&SessionService::exported, [this](const QString& path) { exported << path; });
        hear(&SessionService::warned, [this](const QString& sentence) { warned << sentence; });
        hear(&SessionService::failed, [this](const QString& sentence) { failed << sentence; });
        hear(&SessionService::closed, [this] { closed = true; });
    }

    std::vector<OpenedSession> opened;
    std::vector<std::pair<QString, session::RunSummary>> appended;
    std::map<quint64, RecordPtr> parts;
    std::map<quint64, RecordPtr> rests;
    std::map<quint64, bool> whole;
    std::map<quint64, QString> readFailed;
    std::map<QString, ResultList> kept;
    std::vector<RunPlace> places;
    QStringList order, moved, appendFailed, exported, warned, failed;
    bool closed = false;
};

class SessionServiceTest : public testing::Test {
protected:
    void SetUp() override
    {
        m_root = test::makeTemporaryFolder();
        make();
    }
    void TearDown() override
    {
        m_service.reset();
        fs::remove_all(m_root);
    }
    void make()
    {
        m_service.reset();
        m_service = std::make_unique<SessionService>(QString::fromStdString(m_root + "/own"));
        m_witness = std::make_unique<SessionWitness>(*m_service);
    }
    [[nodiscard]] bool idle()
    {
        return waitUntil([this] { return m_service->isIdle(); });
    }
    // A session on disk with these runs; its path.
    [[nodiscard]] std::string sessionWith(const std::vector<RunRecord>& records)
    {
        const std::string path = m_root + "/kept.armillary";
        auto session = Session::create(path);
        EXPECT_TRUE(session);
        for (const RunRecord& record : records)
            EXPECT_TRUE((*session)->append(record));
        return path;
    }
    void open(const std::string& path)
    {
        m_service->open(QString::fromStdString(path));
        ASSERT_TRUE(waitUntil([this] { return !m_witness->opened.empty(); }));
    }

    std::string m_root;
    std::unique_ptr<SessionService> m_service;
    std::unique_ptr<SessionWitness> m_witness;
};

TEST_F(SessionServiceTest, FirstRunMakesTheFolderAndIsThereForTheNextStart)
{
    ASSERT_TRUE(idle());
    EXPECT_FALSE(fs::exists(m_root + "/own")) << "a start alone leaves nothing behind";
    const QString name = m_service->append(smallRecord());
    ASSERT_TRUE(waitUntil([this] { return !m_witness->appended.empty(); }));
    EXPECT_EQ(m_witness->appended[0].first, name);
    EXPECT_EQ(m_witness->appended[0].second.question, "What is it?");
    ASSERT_EQ(m_witness->moved.size(), 1);
    EXPECT_EQ(m_service->path(), m_witness->moved[0]);
    EXPECT_TRUE(m_service->path().endsWith(QLatin1String(".armillary")));

    const auto again = Session::open(m_service->path().toStdString());
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->runs().size(), 1U);
    EXPECT_THAT((*again)->problems(), testing::IsEmpty());
}

TEST_F(SessionServiceTest, LargeRecordsComeInTwoSteps)
{
    open(sessionWith({test::largeRecord(twoStepSizes())}));
    const QString id = QString::fromStdString(m_witness->opened[0].runs.at(0).id);
    const quint64 ticket = m_service->read(id);
    ASSERT_TRUE(waitUntil([&] { return m_witness->rests.contains(ticket); }));
    const RecordPtr part = m_witness->parts.at(ticket);
    EXPECT_FALSE(m_witness->whole.at(ticket));
    EXPECT_TRUE(part->tensors.contains("image.embeds"));
    EXPECT_FALSE(part->tensors.contains("query.0"));
    EXPECT_EQ(part->layout->size(), test::largeRecord(twoStepSizes()).layout->size());
    ASSERT_EQ(part->question.media.size(), 1U);
    EXPECT_FALSE(part->question.media[0].frames.empty());

    const RecordPtr rest = m_witness->rests.at(ticket);
    EXPECT_TRUE(rest->tensors.contains("query.5"));
    EXPECT_EQ(rest->tensors.at("value.3").bytes->front(), 3);
    EXPECT_EQ(rest->layout, part->layout) << "the same run: views keep what they made of it";
    EXPECT_EQ(rest->tensors.at("image.embeds").bytes, part->tensors.at("image.embeds").bytes);
    EXPECT_FALSE(rest->question.media[0].frames.empty());
}

TEST_F(SessionServiceTest, SmallRecordsComeAtOnce)
{
    open(sessionWith({*smallRecord()}));
    const quint64 ticket = m_service->read(QString::fromStdString(m_witness->opened[0].runs.at(0).id));
    ASSERT_TRUE(waitUntil([&] { return m_witness->parts.contains(ticket); }));
    EXPECT_TRUE(m_witness->whole.at(ticket));
    ASSERT_TRUE(idle());
    EXPECT_TRUE(m_witness->rests.empty());
}

TEST_F(SessionServiceTest, AppendGoesBeforeTheRestOfARead)
{
    open(sessionWith({test::largeRecord(twoStepSizes())}));
    ASSERT_TRUE(idle()) << "a read that has to wait is overtaken from the start";
    const quint64 ticket = m_service->read(QString::fromStdString(m_witness->opened[0].runs.at(0).id));
    // While the first step runs; both follow-ups wait then.
    m_service->append(smallRecord("And this?"));
    ASSERT_TRUE(waitUntil([&] { return m_witness->rests.contains(ticket) && !m_witness->appended.empty(); }));
    EXPECT_EQ(m_witness->order,
              (QStringList{QStringLiteral("part"), QStringLiteral("appended"), QStringLiteral("rest")}));
    EXPECT_EQ(m_witness->rests.at(ticket)->tensors.count("query.5"), 1U);
}

TEST_F(SessionServiceTest, ACancelledReadEndsAndSaysSoOnce)
{
    open(sessionWith({test::largeRecord(twoStepSizes()), *smallRecord()}));
    const quint64 first = m_service->read(QString::fromStdString(m_witness->opened[0].runs.at(0).id));
    m_service->cancelRead(first);
    const quint64 second = m_service->read(QString::fromStdString(m_witness->opened[0].runs.at(1).id));
    ASSERT_TRUE(waitUntil([&] { return m_witness->parts.contains(second); }));
    ASSERT_TRUE(idle());
    EXPECT_FALSE(m_witness->rests.contains(first));
    EXPECT_TRUE(m_witness->readFailed.contains(first));
    EXPECT_TRUE(m_witness->readFailed.at(first).isEmpty()) << "taking back is no error";
}

TEST_F(SessionServiceTest, DamageIsNamedAndTheRestOpens)
{
    const std::string path = sessionWith({*smallRecord("One"), *smallRecord("Two")});
    const auto ids = (*Session::open(path))->runs();
    std::ofstream(path + "/runs/" + ids[0].id + ".safetensors", std::ios::binary | std::ios::trunc) << "broken";
    open(path);
    ASSERT_EQ(m_witness->opened[0].runs.size(), 2U);
    ASSERT_FALSE(m_witness->opened[0].problems.isEmpty());
    EXPECT_TRUE(m_witness->opened[0].problems[0].contains(QString::fromStdString(ids[0].id)));
    const quint64 broken = m_service->read(QString::fromStdString(ids[0].id));
    const quint64 whole = m_service->read(QString::fromStdString(ids[1].id));
    ASSERT_TRUE(waitUntil([&] { return m_witness->readFailed.contains(broken) && m_witness->parts.contains(whole); }));
    EXPECT_FALSE(m_witness->readFailed.at(broken).isEmpty());
}

TEST_F(SessionServiceTest, NoSessionIsASentenceAndTheOpenOneStays)
{
    m_service->append(smallRecord());
    ASSERT_TRUE(waitUntil([this] { return !m_witness->appended.empty(); }));
    const QString before = m_service->path();
    m_service->open(QString::fromStdString(m_root + "/nothing.armillary"));
    ASSERT_TRUE(waitUntil([this] { return !m_witness->failed.isEmpty(); }));
    EXPECT_THAT(m_witness->failed[0].toStdString(), HasSubstr("no such session"));
    EXPECT_EQ(m_service->path(), before);
}

TEST_F(SessionServiceTest, ARunThatCannotBeWrittenIsHeldAndWrittenLater)
{
    open(sessionWith({*smallRecord()}));
    // A session whose folder went away and whose place is taken.
    const std::string path = m_root + "/kept.armillary";
    fs::rename(path, m_root + "/away");
    std::ofstream(path) << "in the way";
    const QString held = m_service->append(smallRecord("Held"));
    ASSERT_TRUE(waitUntil([this] { return !m_witness->appendFailed.isEmpty(); }));
    fs::remove(path);
    fs::rename(m_root + "/away", path);
    m_service->append(smallRecord("Next"));
    ASSERT_TRUE(waitUntil([this] { return m_witness->appended.size() == 2; }));
    EXPECT_EQ(m_witness->appended[0].first, held);
    EXPECT_EQ(m_witness->appended[0].second.question, "Held");
    EXPECT_EQ(m_witness->appended[1].second.question, "Next");
}

TEST_F(SessionServiceTest, ARunThatItsSessionNeverTakesIsRescued)
{
    open(sessionWith({*smallRecord()}));
    fs::remove_all(m_root + "/kept.armillary");
    std::ofstream(m_root + "/kept.armillary") << "in the way";
    m_service->append(smallRecord("Saved?"));
    ASSERT_TRUE(waitUntil([this] { return !m_witness->appendFailed.isEmpty(); }));
    m_service->close();
    ASSERT_TRUE(waitUntil([this] { return m_witness->closed; }));
    const QDir own(QString::fromStdString(m_root + "/own"));
    const QStringList sessions = own.entryList({QStringLiteral("*.armillary")}, QDir::Dirs);
    ASSERT_EQ(sessions.size(), 1);
    const auto rescued = Session::open(own.filePath(sessions[0]).toStdString());
    ASSERT_TRUE(rescued);
    ASSERT_EQ((*rescued)->runs().size(), 1U);
    EXPECT_EQ((*rescued)->runs()[0].question, "Saved?");
    EXPECT_FALSE(m_witness->warned.isEmpty());
}

TEST_F(SessionServiceTest, NotesAndSelectionAreOnDiskAfterClosing)
{
    m_service->append(smallRecord());
    ASSERT_TRUE(waitUntil([this] { return !m_witness->appended.empty(); }));
    session::SessionState state;
    state.notes = "Remember";
    state.runNotes[m_witness->appended[0].second.id] = "The best one";
    state.selection = R"({"chosen":[3]})";
    m_service->noteState(state);
    m_service->close();
    ASSERT_TRUE(waitUntil([this] { return m_witness->closed; }));
    EXPECT_TRUE(m_service->hasThreadEnded());
    const auto again = Session::open(m_service->path().toStdString());
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->state(), state);
}

TEST_F(SessionServiceTest, DestroyedWithWorkWaitingWritesItFirst)
{
    for (int i = 0; i < 5; ++i)
        m_service->append(smallRecord("Question " + std::to_string(i)));
    m_service.reset();
    const QDir own(QString::fromStdString(m_root + "/own"));
    const QStringList sessions = own.entryList({QStringLiteral("*.armillary")}, QDir::Dirs);
    ASSERT_EQ(sessions.size(), 1);
    EXPECT_EQ((*Session::open(own.filePath(sessions[0]).toStdString()))->runs().size(), 5U);
}

TEST_F(SessionServiceTest, SaveAsCopiesAndGoesOnThere)
{
    m_service->append(smallRecord("One"));
    const QString target = QString::fromStdString(m_root + "/named.armillary");
    m_service->saveAs(target);
    m_service->append(smallRecord("Two"));
    ASSERT_TRUE(waitUntil([this] { return m_witness->appended.size() == 2; }));
    EXPECT_EQ(m_service->path(), target);
    const auto copy = Session::open(target.toStdString());
    ASSERT_TRUE(copy);
    EXPECT_EQ((*copy)->runs().size(), 2U);
    EXPECT_THAT((*copy)->problems(), testing::IsEmpty());
    EXPECT_EQ((*Session::open(m_witness->moved[0].toStdString()))->runs().size(), 1U) << "the first stays as it was";
    // Nothing is written over.
    m_service->saveAs(target);
    ASSERT_TRUE(waitUntil([this] { return !m_witness->failed.isEmpty(); }));
}

TEST_F(SessionServiceTest, ResultsAreKeptAndComeBackWithTheirRun)
{
    m_service->append(smallRecord());
    ASSERT_TRUE(waitUntil([this] { return !m_witness->appended.empty(); }));
    const QString id = QString::fromStdString(m_witness->appended[0].second.id);
    auto result = std::make_shared<AnalysisResult>();
    result->request = {"surprisal", {{"positions", "answer"}}};
    result->numbers.push_back({"bits", 2.5, "bits"});
    m_service->keepAnalysis(id, result);
    m_service->open(m_service->path());
    m_service->read(id);
    ASSERT_TRUE(waitUntil([&] { return m_witness->kept.contains(id); }));
    ASSERT_EQ(m_witness->kept.at(id).size(), 1U);
    EXPECT_EQ(m_witness->kept.at(id)[0]->number("bits"), 2.5);
}

TEST_F(SessionServiceTest, RunsKnowWhichOneTheyContinue)
{
    RunRecord first = *smallRecord("One");
    RunRecord second = *smallRecord("Two");
    second.question.turns = {{ChatRole::User, {0}, "One"},
                             {ChatRole::Model, {}, first.answer},
                             {ChatRole::User, {}, "Two"}};
    RunRecord alone = *smallRecord("Three");
    open(sessionWith({first, second, alone}));
    ASSERT_TRUE(waitUntil([this] { return m_witness->places.size() == 3; }));
    EXPECT_TRUE(m_witness->places[0].parentId.isEmpty());
    EXPECT_EQ(m_witness->places[1].parentId, m_witness->places[0].id);
    EXPECT_TRUE(m_witness->places[2].parentId.isEmpty());
}

TEST_F(SessionServiceTest, ExportsARecordForOtherPrograms)
{
    open(sessionWith({*smallRecord()}));
    const QString id = QString::fromStdString(m_witness->opened[0].runs.at(0).id);
    m_service->exportRun(id, QString::fromStdString(m_root + "/out.safetensors"));
    m_service->exportRun(id, QString::fromStdString(m_root + "/out.npz"));
    m_service->exportRun(id, QString::fromStdString(m_root + "/nowhere/out.npz"));
    ASSERT_TRUE(waitUntil([this] { return m_witness->exported.size() == 2 && !m_witness->failed.isEmpty(); }));
    EXPECT_TRUE(session::readRecord(m_root + "/out.safetensors"));
    EXPECT_GT(fs::file_size(m_root + "/out.npz"), 500U);
}

TEST_F(SessionServiceTest, SweepsOldEmptySessionsOnly)
{
    const std::string own = m_root + "/own";
    fs::create_directories(own + "/old-empty.armillary/runs");
    fs::create_directories(own + "/new-empty.armillary/runs");
    fs::create_directories(own + "/something-else");
    {
        auto kept = Session::create(own + "/old-full.armillary");
        ASSERT_TRUE(kept);
        ASSERT_TRUE((*kept)->append(*smallRecord()));
    }
    const auto longAgo = fs::file_time_type::clock::now() - std::chrono::hours(48);
    for (const char* name : {"/old-empty.armillary", "/old-full.armillary", "/something-else"})
        fs::last_write_time(own + name, longAgo);
    make();
    ASSERT_TRUE(waitUntil([&] { return !fs::exists(own + "/old-empty.armillary"); }));
    ASSERT_TRUE(idle());
    EXPECT_TRUE(fs::exists(own + "/new-empty.armillary"));
    EXPECT_TRUE(fs::exists(own + "/old-full.armillary"));
    EXPECT_TRUE(fs::exists(own + "/something-else"));
}

}  // namespace
}  // namespace armillary::app
