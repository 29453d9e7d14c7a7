// Headers of snapshot folders beside the interface thread: answers come later, on this thread, one for each question.
#include "app/analysis/snapshot_service.h"

#include "support/test_data.h"
#include "window_support/waiting.h"

#include <gtest/gtest.h>

#include <QFile>
#include <QThread>

#include <vector>

namespace armillary::test {
namespace {

TEST(SnapshotService, AnswersEveryFolderOnThisThread)
{
    app::SnapshotService service;
    std::vector<std::shared_ptr<const SnapshotContents>> read;
    std::vector<std::pair<QString, QString>> problems;
    QObject::connect(&service, &app::SnapshotService::ready, &service, [&](const auto& contents) {
        EXPECT_EQ(QThread::currentThread(), service.thread());
        read.push_back(contents);
    });
    QObject::connect(&service, &app::SnapshotService::failed, &service,
                     [&](const QString& path, const QString& sentence) { problems.emplace_back(path, sentence); });
    service.read(QString::fromStdString(dataPath("models/gemma-tiny")));
    service.read(QStringLiteral("/no such folder"));
    EXPECT_TRUE(read.empty() && problems.empty()) << "never before read returns";
    ASSERT_TRUE(waitUntil([&] { return read.size() == 1 && problems.size() == 1; }));
    EXPECT_EQ(read.front()->tensorCount, 132);
    EXPECT_EQ(problems.front().first, QStringLiteral("/no such folder"));
    EXPECT_TRUE(problems.front().second.contains(QStringLiteral("/no such folder")));
}

TEST(SnapshotService, ReadsWeightsAndComparesBesideTheInterface)
{
    app::SnapshotService service;
    std::shared_ptr<const SnapshotHealth> health;
    std::shared_ptr<const SnapshotDifference> difference;
    QStringList problems;
    qint64 done = 0, total = 0;
    QObject::connect(&service, &app::SnapshotService::healthProgressed, &service, [&](qint64 now, qint64 all) {
        EXPECT_GE(now, done);
        done = now;
        total = all;
    });
    QObject::connect(&service, &app::SnapshotService::healthReady, &service, [&](const auto& got) {
        EXPECT_EQ(QThread::currentThread(), service.thread());
        health = got;
    });
    QObject::connect(&service, &app::SnapshotService::differenceReady, &service,
                     [&](const auto& got) { difference = got; });
    const auto note = [&](const QString& sentence) { problems << sentence; };
    QObject::connect(&service, &app::SnapshotService::healthFailed, &service, note);
    QObject::connect(&service, &app::SnapshotService::differenceFailed, &service, note);
    const QString path = QString::fromStdString(dataPath("models/gemma-tiny"));
    service.readHealth(path);
    service.compare(path, path);
    ASSERT_TRUE(waitUntil([&] { return health && difference; }));
    EXPECT_EQ(health->whole.elements, 371'968);
    EXPECT_EQ(done, total);
    EXPECT_EQ(difference->equalTensors, 132);
    service.readHealth(QStringLiteral("/no such folder"));
    ASSERT_TRUE(waitUntil([&] { return !problems.empty(); }));
    EXPECT_TRUE(problems.front().contains(QStringLiteral("/no such folder")));
    problems.clear();
    // Stopped before it begins: an end without a sentence.
    service.compare(path, path);
    service.stopComparison();
    ASSERT_TRUE(waitUntil([&] { return !problems.empty(); }));
    EXPECT_EQ(problems.front(), QString());
}

TEST(SnapshotService, WritesTraces)
{
    app::SnapshotService service;
    QString written, problem;
    QObject::connect(&service, &app::SnapshotService::traceWritten, &service, [&](const QString& at) { written = at; });
    QObject::connect(&service, &app::SnapshotService::traceFailed, &service,
                     [&](const QString& why) { problem = why; });
    auto record = std::make_shared<RunRecord>();
    record->cost.stages = {{"Prefill", 0, 1}};
    const QString path = QString::fromStdString(makeTemporaryFolder()) + QStringLiteral("/trace.json");
    service.writeTrace(path, {record});
    ASSERT_TRUE(waitUntil([&] { return !written.isEmpty(); }));
    EXPECT_TRUE(QFile::exists(path));
    service.writeTrace(path, {});
    ASSERT_TRUE(waitUntil([&] { return !problem.isEmpty(); }));
    EXPECT_TRUE(problem.contains(QStringLiteral("none of these runs has times")));
}

TEST(SnapshotService, GoesWhileItReads)
{
    for (int i = 0; i < 20; ++i) {
        app::SnapshotService service;
        for (int j = 0; j < 4; ++j)
            service.read(QString::fromStdString(dataPath("models/gemma-tiny")));
        service.readHealth(QString::fromStdString(dataPath("models/gemma-tiny")));
    }
    turnFor(std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace armillary::test
