// The timeline from records and from stages as they come: rows, nesting, time left, two runs, selection in and out, pictures.
#include "support/measured_record.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/text_scale.h"
#include "window_support/waiting.h"

#include "widgets/cost/stage_chart.h"
#include "widgets/cost/stage_timing.h"
#include "widgets/panels/timeline_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QLabel>
#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;
using ::testing::HasSubstr;

class Timeline : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_panel = std::make_unique<TimelinePanel>(m_stage.context());
        m_panel->resize(640, 480);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }

    void showMeasured()
    {
        m_stage.run.showRecord(shared(measuredRecord()));
        QCoreApplication::processEvents();
    }
    [[nodiscard]] std::string summary() const { return m_panel->summary()->text().toStdString(); }
    [[nodiscard]] QPoint barMiddle(std::size_t run, std::size_t stage) const
    {
        return m_panel->chart()->barRect(run, stage).center().toPoint();
    }
    void showPair()
    {
        RunRecord other = measuredRecord();
        other.cost.stages = {{"SigLIP", 0, 0.1}, {"Prefill", 0.1, 3.9}};
        m_stage.pair.setA({shared(measuredRecord()), QStringLiteral("a"), QStringLiteral("with world")});
        m_stage.pair.setB({shared(other), QStringLiteral("b"), QStringLiteral("without")});
        QCoreApplication::processEvents();
    }

    PanelStage m_stage;
    std::unique_ptr<TimelinePanel> m_panel;
};

TEST_F(Timeline, EmptyHasAHint)
{
    EXPECT_FALSE(m_panel->chart()->isVisible());
    showMeasured();
    EXPECT_TRUE(m_panel->chart()->isVisible());
}

TEST_F(Timeline, RecordsGiveBarsInProportion)
{
    showMeasured();
    ASSERT_EQ(m_panel->chart()->runs().size(), 1U);
    ASSERT_EQ(m_panel->chart()->runs().front().stages.size(), 8U);
    const QRectF sigLip = m_panel->chart()->barRect(0, 1), prefill = m_panel->chart()->barRect(0, 5);
    EXPECT_NEAR(prefill.width() / sigLip.width(), 1.0 / 0.2, 0.01);
    EXPECT_NEAR((prefill.left() - sigLip.left()) / prefill.width(), 0.76 - 0.05, 0.01);
    EXPECT_THAT(summary(), HasSubstr("2.00 s in all"));
    EXPECT_THAT(summary(), HasSubstr("20 reused"));
    // 9 tokens, 0.2 s for the eight after the first one.
    EXPECT_THAT(summary(), HasSubstr("9 tokens decoded, 40.0 a second, 25.0 ms a token"));
}

TEST_F(Timeline, LargeTextLeavesItsNumbersWhole)
{
    showMeasured();
    const TextScale large(2);
    applyTheme(ThemeChoice::Light, false);
    (void)m_panel->grab();
    EXPECT_EQ(m_panel->chart()->font().pointSizeF(), large.points());
    const QFontMetrics metrics(m_panel->chart()->font());
    for (std::size_t stage = 0; stage < 8; ++stage) {
        const QRectF bar = m_panel->chart()->barRect(0, stage);
        EXPECT_GE(m_panel->chart()->width() - bar.right(),
                  metrics.horizontalAdvance(secondsText(m_panel->chart()->runs()[0].stages[stage].durationSeconds)) +
                      10)
            << stage;
    }
}

TEST_F(Timeline, StagesInsideOthersAreNested)
{
    const auto rows = stageRows(measuredRecord());
    EXPECT_EQ(rows[2].name, QStringLiteral("World"));
    EXPECT_EQ(rows[2].depth, 0);
    EXPECT_EQ(rows[3].name, QStringLiteral("VAE encode"));
    EXPECT_EQ(rows[3].depth, 1);
    EXPECT_EQ(rows[4].depth, 0);
}

TEST_F(Timeline, PointingAtAStageHighlightsItsTokens)
{
    showMeasured();
    // The pointer's own events come through the display.
    QTest::mouseMove(m_panel->chart(), barMiddle(0, 1));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.hovered().size() == 16; })) << "the picture's tokens";
    EXPECT_EQ(m_stage.run.kindAt(m_stage.selection.hovered().front()), TokenKind::Image);
    QTest::mouseClick(m_panel->chart(), Qt::LeftButton, {}, barMiddle(0, 2));
    EXPECT_EQ(m_stage.selection.chosen().size(), 64U);
    QTest::mouseClick(m_panel->chart(), Qt::LeftButton, Qt::ControlModifier, barMiddle(0, 1));
    EXPECT_EQ(m_stage.selection.chosen().size(), 80U);
    // Fuse makes no tokens of its own.
    QTest::mouseMove(m_panel->chart(), barMiddle(0, 4));
    EXPECT_TRUE(waitUntil([this] { return m_stage.selection.hovered().empty(); }));
}

TEST_F(Timeline, KeysWalkThroughStages)
{
    showMeasured();
    m_panel->chart()->setFocus();
    QTest::keyClick(m_panel->chart(), Qt::Key_Down);
    QTest::keyClick(m_panel->chart(), Qt::Key_Down);
    EXPECT_EQ(m_stage.selection.hovered().size(), 16U);
    QTest::keyClick(m_panel->chart(), Qt::Key_Return);
    EXPECT_EQ(m_stage.selection.chosen().size(), 16U);
}

TEST_F(Timeline, ChosenTokensMarkTheirStage)
{
    showMeasured();
    const auto frameOf = [this](std::size_t stage) {
        const QRectF bar = m_panel->chart()->barRect(0, stage);
        return m_panel->chart()->grab().toImage().pixelColor(bar.center().toPoint().x(), qRound(bar.top()));
    };
    const QColor before = frameOf(1);
    m_stage.selection.choose({m_stage.run.prefillLength() - 15});
    ASSERT_EQ(m_stage.run.kindAt(m_stage.run.prefillLength() - 15), TokenKind::Image);
    EXPECT_NE(frameOf(1), before);
}

TEST_F(Timeline, TwoRunsStandOneAboveTheOther)
{
    showMeasured();
    const double alone = m_panel->chart()->barRect(0, 5).width();
    showPair();
    ASSERT_EQ(m_panel->chart()->runs().size(), 2U);
    EXPECT_EQ(m_panel->chart()->runs()[0].title, QStringLiteral("A · with world"));
    EXPECT_LT(m_panel->chart()->barRect(0, 5).width(), alone) << "one axis, as long as the longer run";
    EXPECT_GT(m_panel->chart()->barRect(1, 0).top(), m_panel->chart()->barRect(0, 7).top());
    EXPECT_NEAR(m_panel->chart()->barRect(1, 1).width() / m_panel->chart()->barRect(0, 5).width(), 3.9, 0.05);
    EXPECT_THAT(summary(), HasSubstr("B: 4.00 s in all"));
}

TEST_F(Timeline, StagesStreamIn)
{
    showMeasured();
    m_stage.run.begin(std::make_shared<const Question>());
    m_panel->noteStage(QStringLiteral("SigLIP"), 0, 27);
    m_panel->noteStage(QStringLiteral("SigLIP"), 9, 27);
    ASSERT_TRUE(waitUntil([this] { return m_panel->chart()->runs().front().stages.size() == 1; }));
    EXPECT_TRUE(m_panel->chart()->runs().front().stages.front().isRunning);
    EXPECT_EQ(m_panel->chart()->runs().front().stages.front().done, 9);
    EXPECT_THAT(summary(), HasSubstr("so far"));
    EXPECT_THAT(summary(), HasSubstr("left")) << "later stages are known from the run before";
    m_panel->noteStage(QStringLiteral("Prefill"), 0, 0);
    m_stage.run.finish(RunState::Completed, shared(measuredRecord()));
    EXPECT_THAT(summary(), HasSubstr("2.00 s in all"));
    EXPECT_EQ(m_panel->chart()->runs().front().stages.size(), 8U);
}

TEST_F(Timeline, LoadingIsShownUntilARunIs)
{
    m_panel->startStages();
    m_panel->noteStage(QStringLiteral("Gemma weights"), 0, 0);
    m_panel->endStages();
    EXPECT_TRUE(m_panel->chart()->isVisible());
    ASSERT_EQ(m_panel->chart()->runs().front().stages.size(), 1U);
    EXPECT_FALSE(m_panel->chart()->runs().front().stages.front().isRunning);
    showMeasured();
    EXPECT_EQ(m_panel->chart()->runs().front().stages.size(), 8U);
}

TEST(TimeLeft, ComesFromUnitsElseFromAnEarlierRun)
{
    const std::vector<StageRow> earlier = {{QStringLiteral("A"), 0, 10},
                                           {QStringLiteral("B"), 10, 4},
                                           {QStringLiteral("C"), 14, 1}};
    LiveStages live;
    EXPECT_FALSE(live.secondsLeft(earlier, 0).has_value());
    live.begin(100);
    live.note(QStringLiteral("A"), 0, 0, 100);
    EXPECT_DOUBLE_EQ(*live.secondsLeft(earlier, 103), 7 + 4 + 1);
    EXPECT_FALSE(live.secondsLeft({}, 103).has_value());
    live.note(QStringLiteral("A"), 1, 4, 106);
    EXPECT_DOUBLE_EQ(*live.secondsLeft({}, 106), 18) << "6 s a unit, three to go";
    EXPECT_DOUBLE_EQ(*live.secondsLeft(earlier, 106), 18 + 5);
    live.note(QStringLiteral("C"), 0, 0, 110);
    EXPECT_DOUBLE_EQ(*live.secondsLeft(earlier, 115), 0) << "longer than before: nothing is known to be left";
    const auto rows = live.rows(115);
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_DOUBLE_EQ(rows[0].durationSeconds, 10);
    EXPECT_DOUBLE_EQ(rows[1].durationSeconds, 5);
    live.end(116);
    EXPECT_FALSE(live.secondsLeft(earlier, 120).has_value());
    EXPECT_DOUBLE_EQ(live.elapsedSeconds(130), 16);
}

TEST(TimeText, FitsTheSize)
{
    EXPECT_EQ(secondsText(0.0012).toStdString(), "1.20 ms");
    EXPECT_EQ(secondsText(0.05).toStdString(), "50.0 ms");
    EXPECT_EQ(secondsText(2).toStdString(), "2.00 s");
    EXPECT_EQ(secondsText(42.26).toStdString(), "42.3 s");
    EXPECT_EQ(secondsText(185).toStdString(), "3:05 min");
}

TEST_F(Timeline, Pictures)
{
    showPair();
    m_stage.run.showRecord(shared(measuredRecord()));
    m_stage.selection.choose({kFirstWorld});
    for (const bool dark : {false, true}) {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, false);
        for (const QSize size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            m_panel->resize(size);
            QCoreApplication::processEvents();
            const QString theme = dark ? QStringLiteral("dark") : QStringLiteral("light");
            panelPicture(*m_panel, QStringLiteral("timeline-%1-%2x%3").arg(theme).arg(size.width()).arg(size.height()));
            const QImage chart = m_panel->chart()->grab().toImage();
            EXPECT_EQ(chart.pixelColor(barMiddle(0, 5)), StageChart::runColor(0, dark));
            EXPECT_EQ(chart.pixelColor(barMiddle(1, 1)), StageChart::runColor(1, dark));
            EXPECT_EQ(m_panel->viewData()->tables.front().rows.size(), 10U);
        }
    }
}

}  // namespace
}  // namespace armillary::test
