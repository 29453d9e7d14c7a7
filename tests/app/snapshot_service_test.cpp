// Headers of snapshot folders beside the interface thread: answers come later, on this thread, one for each question.
#include "app/analysis/snapshot_service.h"

#include "support/test_data.h"
#include "window_support/waiting.h"

#include <gtest/gtest.h>

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

TEST(SnapshotService, GoesWhileItReads)
{
    for (int i = 0; i < 20; ++i) {
        app::SnapshotService service;
        for (int j = 0; j < 4; ++j)
            service.read(QString::fromStdString(dataPath("models/gemma-tiny")));
    }
    turnFor(std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace armillary::test
