// Every item model under Qt's own checker while its rows come, change and go; and what its cells say.
#include "support/record_builder.h"

#include "widgets/models/media_list_model.h"
#include "widgets/models/memory_plan_model.h"
#include "widgets/models/message_list_model.h"
#include "widgets/models/rollout_frame_model.h"
#include "widgets/models/token_table_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>

namespace armillary::test {
namespace {

using namespace widgets;
using Mode = QAbstractItemModelTester::FailureReportingMode;

std::string cell(const QAbstractItemModel& model, int row, int column)
{
    return model.index(row, column).data().toString().toStdString();
}

class ItemModels : public testing::Test {
protected:
    // The checker reports by a warning; any makes the test fail.
    void SetUp() override
    {
        s_warnings.clear();
        m_before = qInstallMessageHandler(
            [](QtMsgType, const QMessageLogContext&, const QString& text) { s_warnings << text; });
    }
    void TearDown() override
    {
        qInstallMessageHandler(m_before);
        EXPECT_TRUE(s_warnings.isEmpty()) << s_warnings.join(QLatin1Char('\n')).toStdString();
    }

    static inline QStringList s_warnings;
    QtMessageHandler m_before = nullptr;
};

TEST_F(ItemModels, TokenTableGrowsWithTheAnswer)
{
    ShownRun run;
    TokenTableModel model(run);
    const QAbstractItemModelTester tester(&model, Mode::Warning);
    EXPECT_EQ(model.rowCount(), 0);
    const auto record = RecordBuilder::typical(8, 4).build();
    run.begin(std::make_shared<const Question>(record->question));
    run.setLayout(record->layout);
    model.reload();
    EXPECT_EQ(model.rowCount(), record->layout->size());
    for (const TokenPiece& piece : record->generated) {
        run.appendTokens({piece});
        model.grow();
    }
    ASSERT_EQ(model.rowCount(), record->layout->size() + static_cast<int>(record->generated.size()));
    const int last = model.rowCount() - 1;
    EXPECT_EQ(cell(model, last, TokenTableModel::KindColumn), "generated");
    EXPECT_EQ(cell(model, last, TokenTableModel::PositionColumn), std::to_string(last));
    EXPECT_THAT(cell(model, last, TokenTableModel::PieceColumn), testing::HasSubstr(record->generated.back().piece));
    std::int64_t world = 0;
    while (run.kindAt(world) != TokenKind::World)
        ++world;
    EXPECT_EQ(cell(model, static_cast<int>(world) + 9, TokenTableModel::PlaceColumn), "t0: 1, 1");
    run.clear();
    model.reload();
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(ItemModels, MessagesAreNewestFirstAndBounded)
{
    MessageListModel model;
    const QAbstractItemModelTester tester(&model, Mode::Warning);
    model.add(MessageKind::Warning, QStringLiteral("first"));
    model.add(MessageKind::Error, QStringLiteral("second"));
    EXPECT_EQ(cell(model, 0, MessageListModel::TextColumn), "second");
    EXPECT_EQ(cell(model, 1, MessageListModel::KindColumn), messageKindName(MessageKind::Warning).toStdString());
    for (std::size_t i = 0; i < MessageListModel::kMostMessages + 5; ++i)
        model.add(MessageKind::Note, QString::number(i));
    EXPECT_EQ(model.rowCount(), static_cast<int>(MessageListModel::kMostMessages));
    EXPECT_EQ(cell(model, 0, MessageListModel::TextColumn), std::to_string(MessageListModel::kMostMessages + 4));
    model.clear();
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(ItemModels, MediaComeOpenChangeAndGo)
{
    MediaListModel model;
    const QAbstractItemModelTester tester(&model, Mode::Warning);
    const MediaId picture = model.add(QStringLiteral("/a/cup.png"), QStringLiteral("cup.png"));
    const MediaId video = model.add(QStringLiteral("/a/clip.mp4"), QStringLiteral("clip.mp4"));
    EXPECT_EQ(model.current()->id, video);
    model.setFrame(picture, {0, gradientImage(20, 30), QImage(30, 20, QImage::Format_RGB32),
                             QImage(6, 4, QImage::Format_RGB32)});
    model.setOpened(picture, 1, 0);
    model.setOpened(video, 40, 25);
    EXPECT_TRUE(model.find(video)->isVideo());
    std::vector<int> wanted;
    QObject::connect(&model, &MediaListModel::frameWanted, &model, [&](MediaId id, int frame) {
        EXPECT_EQ(id, video);
        wanted.push_back(frame);
    });
    model.wantFrame(video, 7);
    model.wantFrame(video, 1000);
    EXPECT_THAT(wanted, testing::ElementsAre(7, 39)) << "clamped to the frames there are";
    EXPECT_TRUE(model.setData(model.index(model.rowOf(picture)), Qt::Unchecked, Qt::CheckStateRole));
    EXPECT_FALSE(model.find(picture)->used);
    EXPECT_TRUE(model.anyUsed());
    model.remove(video);
    EXPECT_FALSE(model.anyUsed());
    EXPECT_EQ(model.current()->id, picture);
    model.remove(picture);
    EXPECT_EQ(model.current(), nullptr);
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(ItemModels, MemoryPlanSaysSizesAndPlaces)
{
    MemoryPlanModel model;
    const QAbstractItemModelTester tester(&model, Mode::Warning);
    model.setPlan({std::int64_t{8} << 30,
                   {{"T5 text encoder", std::int64_t{3} << 30, "cpu", "freed", -1},
                    {"Video autoencoder", 254 << 20, "cpu", "kept", 300 << 20}}});
    ASSERT_EQ(model.rowCount(), 2);
    EXPECT_EQ(cell(model, 0, MemoryPlanModel::PartColumn), "T5 text encoder");
    EXPECT_THAT(cell(model, 0, MemoryPlanModel::SizeColumn), testing::HasSubstr("3.0"));
    EXPECT_THAT(cell(model, 1, MemoryPlanModel::MeasuredColumn), testing::HasSubstr("300"));
    EXPECT_EQ(cell(model, 1, MemoryPlanModel::AfterColumn), "kept");
    model.setPlan({});
    EXPECT_EQ(model.rowCount(), 0);
}

TEST_F(ItemModels, RolloutFramesCarryTheirDistances)
{
    RolloutFrameModel model;
    const QAbstractItemModelTester tester(&model, Mode::Warning);
    model.setFrames(9, 5, 16);
    ASSERT_EQ(model.rowCount(), 9);
    EXPECT_EQ(cell(model, 0, RolloutFrameModel::LatentColumn), "0");
    EXPECT_EQ(cell(model, 5, RolloutFrameModel::LatentColumn), "2") << "latent k is frames 4k-3 ... 4k";
    EXPECT_NE(cell(model, 4, RolloutFrameModel::KindColumn), cell(model, 5, RolloutFrameModel::KindColumn));
    inspect::ImageDistance distance;
    distance.psnrDecibels = 31.25;
    distance.ssim = 0.875;
    distance.largestDifference = 40;
    model.setDistance(6, distance);
    EXPECT_THAT(cell(model, 6, RolloutFrameModel::PsnrColumn), testing::HasSubstr("31.2"));
    EXPECT_THAT(cell(model, 6, RolloutFrameModel::SsimColumn), testing::HasSubstr("0.87"));
    model.clearDistances();
    EXPECT_THAT(cell(model, 6, RolloutFrameModel::PsnrColumn), testing::Not(testing::HasSubstr("31")));
    model.setFrames(0, 0, 16);
    EXPECT_EQ(model.rowCount(), 0);
}

}  // namespace
}  // namespace armillary::test
