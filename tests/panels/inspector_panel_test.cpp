// The inspector from a made-up record: what it says of tokens and sets, selection in and out, results at hand, failures, pictures.
#include "support/measured_record.h"
#include "window_support/layout_counter.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/inspector/inspector_section.h"
#include "widgets/inspector/inspector_text.h"
#include "widgets/inspector/mask_reach.h"
#include "widgets/inspector/token_thumbnail.h"
#include "widgets/inspector/values_section.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace armillary::test {
namespace {

using namespace widgets;
using ::testing::HasSubstr;

class Inspector : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_panel = std::make_unique<InspectorPanel>(m_stage.context());
        m_panel->resize(420, 1400);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }

    void showMeasured() { m_stage.run.showRecord(shared(measuredRecord())); }
    void choose(const Positions& positions)
    {
        m_stage.selection.choose(positions);
        QCoreApplication::processEvents();
    }
    [[nodiscard]] InspectorSection& section(const char* name) const
    {
        return *m_panel->section(QString::fromLatin1(name));
    }
    [[nodiscard]] std::string value(const char* name, const char* label) const
    {
        for (const InspectorLine& line : section(name).lines()) {
            if (line.label == QString::fromLatin1(label))
                return line.value.toStdString();
        }
        return "(no such line)";
    }
    [[nodiscard]] bool hasLines(const char* name) const { return !section(name).lines().empty(); }
    [[nodiscard]] std::int64_t answerAt(int index) const { return m_stage.run.prefillLength() + index; }

    PanelStage m_stage;
    std::unique_ptr<InspectorPanel> m_panel;
};

TEST_F(Inspector, WithoutAHighlightItSaysHowToGetOne)
{
    showMeasured();
    QCoreApplication::processEvents();
    EXPECT_FALSE(m_panel->described().has_value());
    bool hint = false;
    for (const QLabel* label : m_panel->findChildren<QLabel*>())
        hint = hint || (label->isVisible() && label->text().contains(QStringLiteral("Nothing is selected")));
    EXPECT_TRUE(hint);
    EXPECT_FALSE(m_panel->viewData().has_value());
}

TEST_F(Inspector, DescribesWorldTokens)
{
    showMeasured();
    choose({kFirstWorld + 8 * 3 + 5});
    EXPECT_EQ(value("token", "Kind"), "world");
    EXPECT_EQ(value("token", "Id"), "none");
    EXPECT_EQ(value("token", "Row, column"), "3, 5");
    EXPECT_EQ(value("token", "Pixels"), "x 125–150, y 45–60 of 200 × 120");
    EXPECT_FALSE(m_panel->thumbnail()->isEmpty());
    choose({0});
    EXPECT_TRUE(m_panel->thumbnail()->isEmpty());
    EXPECT_THAT(section("pixels").status().toStdString(), HasSubstr("no pixels"));
}

TEST_F(Inspector, HoverWinsOverChosenAndEnds)
{
    showMeasured();
    choose({0});
    m_stage.selection.hover({kFirstWorld});
    QCoreApplication::processEvents();
    EXPECT_EQ(m_panel->described(), kFirstWorld);
    m_stage.selection.endHover({kFirstWorld});
    QCoreApplication::processEvents();
    EXPECT_EQ(m_panel->described(), 0);
}

TEST_F(Inspector, AnswersTellProbabilityAndAlternatives)
{
    showMeasured();
    choose({answerAt(1)});
    EXPECT_EQ(value("probability", "Probability"), "25 %");
    EXPECT_EQ(value("probability", "Surprisal"), "2 bits");
    // Id 101 stands in the prompt, id 77 nowhere.
    EXPECT_EQ(value("probability", "6.25 %"), "id 77");
    EXPECT_EQ(value("probability", "12.5 %"), "“<start_of_world>”");
}

TEST_F(Inspector, PromptTokensTakeTheirSurprisalFromTheAnalysis)
{
    showMeasured();
    const std::int64_t word = m_stage.run.prefillLength() - 3;
    choose({word});
    EXPECT_FALSE(hasLines("probability"));
    ASSERT_TRUE(waitUntil([this] { return !section("probability").status().isEmpty(); }));
    EXPECT_THAT(section("probability").status().toStdString(), HasSubstr("needs the models"));
    AnalysisResult scored;
    scored.request = {"surprisal", {}};
    scored.tables = {{"tokens",
                      {"position", "kind", "token", "bits", "probability", "rank", "entropy_bits"},
                      {{static_cast<double>(word), "text", "x", 3.0, 0.125, 2.0, 5.5}}},
                     {"alternatives",
                      {"position", "rank", "id", "word", "probability"},
                      {{static_cast<double>(word), 0.0, 5.0, "dog", 0.5}}}};
    m_stage.desk.give(std::move(scored));
    ASSERT_TRUE(waitUntil([this] { return hasLines("probability"); }));
    EXPECT_EQ(value("probability", "Surprisal"), "3 bits");
    EXPECT_EQ(value("probability", "Rank"), "3");
    EXPECT_EQ(value("probability", "50 %"), "“dog”");
}

TEST_F(Inspector, NormsStandBesideTheirSegment)
{
    showMeasured();
    choose({kOutlier});
    ASSERT_TRUE(waitUntil([this] { return hasLines("norm"); })) << section("norm").status().toStdString();
    const auto record = m_stage.run.record();
    double squares = 0;
    for (std::int64_t i = 0; i < 8; ++i) {
        const double each = record->tensors.at("inputs.embeds").floatAt(kOutlier * 8 + i);
        squares += each * each;
    }
    EXPECT_EQ(value("norm", "Norm"), QLocale().toString(std::sqrt(squares), 'g', 4).toStdString());
    EXPECT_THAT(value("norm", "z in its segment"), HasSubstr("MAD"));
    EXPECT_THAT(value("norm", "Median, MAD of world"), HasSubstr("inputs.embeds"));
}

TEST_F(Inspector, NeighboursAreLinksThatHighlightAndSelect)
{
    showMeasured();
    choose({kTwin});
    ASSERT_TRUE(waitUntil([this] { return hasLines("neighbours"); })) << section("neighbours").status().toStdString();
    EXPECT_EQ(section("neighbours").lines().front().position, kTwin - 1);
    EXPECT_EQ(section("neighbours").lines().front().label, QLocale().toString(1.0, 'f', 4));

    // The pointer looks for the first link, as a person would.
    QLabel* text = section("neighbours").text();
    QSignalSpy hovered(&section("neighbours"), &InspectorSection::positionHovered);
    QPoint at(-1, -1);
    for (int x = 4; x < text->width() && hovered.isEmpty(); x += 6) {
        at = QPoint(x, text->fontMetrics().height() / 2 + 2);
        QTest::mouseMove(text, at);
        QCoreApplication::processEvents();
    }
    ASSERT_FALSE(hovered.isEmpty());
    EXPECT_EQ(m_stage.selection.hovered(), Positions{kTwin - 1});
    EXPECT_EQ(m_panel->described(), kTwin) << "the panel must not run away from under the pointer";
    QTest::mouseClick(text, Qt::LeftButton, {}, at);
    QCoreApplication::processEvents();
    EXPECT_EQ(m_stage.selection.chosen(), Positions{kTwin - 1});
    EXPECT_EQ(m_panel->described(), kTwin - 1);
}

TEST_F(Inspector, WordsAndLensShowWhatIsAtHand)
{
    showMeasured();
    AnalysisResult words;
    words.request = {"nearest-words", {}};
    words.tables = {{"words",
                     {"position", "rank", "id", "word", "cosine", "p_value"},
                     {{static_cast<double>(kFirstWorld), 0.0, 9.0, "cup", 0.42, 0.1}}}};
    AnalysisResult lens;
    lens.request = {"logit-lens", {}};
    const auto at = static_cast<double>(kFirstWorld);
    lens.tables = {{"words",
                    {"layer", "position", "rank", "id", "word", "probability"},
                    {{0.0, at, 0.0, 1.0, "a", 0.5},
                     {1.0, at, 0.0, 1.0, "a", 0.6},
                     {2.0, at, 0.0, 2.0, "b", 0.7},
                     {2.0, at, 1.0, 3.0, "c", 0.1}}}};
    m_stage.desk.give(std::move(words));
    m_stage.desk.give(std::move(lens));
    choose({kFirstWorld});
    ASSERT_TRUE(waitUntil([this] { return hasLines("words") && hasLines("lens"); }));
    EXPECT_EQ(value("words", QLocale().toString(0.42, 'f', 4).toLatin1()), "“cup”");
    ASSERT_EQ(section("lens").lines().size(), 2U) << "layers that agree are told once";
    EXPECT_EQ(value("lens", "from layer 0"), "“a” 50 %");
    EXPECT_EQ(value("lens", "from layer 2"), "“b” 70 %");
}

TEST_F(Inspector, AskedForAnalysesCanBeStartedAndStopped)
{
    m_stage.desk.refuse("nearest-words", QStringLiteral("The table is broken."));
    showMeasured();
    choose({kFirstWorld});
    ASSERT_TRUE(waitUntil([this] { return section("words").button()->isVisible(); }));
    EXPECT_EQ(section("words").button()->text(), QStringLiteral("Compute"));
    m_stage.desk.hold(true);
    QTest::mouseClick(section("words").button(), Qt::LeftButton);
    EXPECT_EQ(section("words").button()->text(), QStringLiteral("Stop"));
    QTest::mouseClick(section("words").button(), Qt::LeftButton);
    EXPECT_EQ(section("words").status(), QStringLiteral("Stopped."));
    QTest::mouseClick(section("words").button(), Qt::LeftButton);
    m_stage.desk.hold(false);
    ASSERT_TRUE(waitUntil([this] { return section("words").status() == QStringLiteral("The table is broken."); }));
}

TEST_F(Inspector, FailuresAreToldAsTheirSentence)
{
    m_stage.desk.refuse("embedding-norms", QStringLiteral("There are no vectors of tokens."));
    showMeasured();
    choose({kFirstWorld});
    EXPECT_TRUE(waitUntil([this] {
        return section("norm").status() == QStringLiteral("There are no vectors of tokens.");
    })) << section("norm").status().toStdString();
}

TEST_F(Inspector, ReachFollowsTheFocusedLayer)
{
    showMeasured();
    choose({kFirstWorld + 40});
    EXPECT_THAT(value("reach", "1 global layers"), HasSubstr("0–42, 43 of"));
    EXPECT_THAT(value("reach", "3 local layers"), HasSubstr("27–42, 16 of"));
    m_stage.selection.setFocus({.layer = 3});
    QCoreApplication::processEvents();
    EXPECT_THAT(value("reach", "Layer 3, global"), HasSubstr("0–42"));
    m_stage.selection.setFocus({.layer = 0});
    QCoreApplication::processEvents();
    EXPECT_THAT(value("reach", "Layer 0, local"), HasSubstr("27–42"));
    EXPECT_THAT(value("reach", "hidden by the window"), HasSubstr("27 earlier"));
}

TEST_F(Inspector, AttentionBothWays)
{
    showMeasured();
    m_stage.selection.setFocus({.layer = 3});
    choose({kWatched});
    ASSERT_TRUE(hasLines("receives"));
    // The last answer row looks there most.
    EXPECT_EQ(section("receives").lines().front().position, answerAt(7));
    EXPECT_EQ(section("receives").lines().size(), 5U);
    choose({answerAt(3)});
    ASSERT_TRUE(waitUntil([this] { return hasLines("attention"); })) << section("attention").status().toStdString();
    EXPECT_EQ(section("attention").lines().front().position, kWatched);
    EXPECT_EQ(section("attention").lines().size(), 5U);
}

TEST_F(Inspector, ValuesAreExactAndCopied)
{
    showMeasured();
    choose({kFirstWorld + 9});
    EXPECT_EQ(m_panel->values()->tensorBox()->currentText(), QStringLiteral("inputs.embeds"));
    const auto values = m_panel->values()->allValues().split(QLatin1Char('\n'));
    ASSERT_EQ(values.size(), 8);
    const auto& embeds = m_stage.run.record()->tensors.at("inputs.embeds");
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(values[i].toFloat(), embeds.floatAt((kFirstWorld + 9) * 8 + i)) << "bit by bit";
    // The latent channels under the same token: stride 64, cell 9.
    m_panel->values()->setWantedTensor(QStringLiteral("world.latents"));
    EXPECT_EQ(m_panel->values()->allValues(), QStringLiteral("9\n73\n137\n201"));
    for (QAction* action : m_panel->actions()) {
        if (action->text() == QStringLiteral("Copy the token's vector"))
            action->trigger();
    }
    EXPECT_EQ(QApplication::clipboard()->text(), m_panel->values()->allValues());
    // Answers went through layers that were not recorded.
    choose({answerAt(0)});
    EXPECT_THAT(section("values").status().toStdString(), HasSubstr("no vector"));
    EXPECT_EQ(m_panel->values()->allValues(), QString());
}

TEST_F(Inspector, SetsAreCountedAndBoxed)
{
    showMeasured();
    EXPECT_FALSE(section("set").isVisible());
    choose({0, kFirstWorld + 9, kFirstWorld + 18, answerAt(0)});
    EXPECT_TRUE(section("set").isVisible());
    EXPECT_EQ(value("set", "world"), "2");
    EXPECT_EQ(value("set", "control"), "1");
    EXPECT_EQ(value("set", "Box in gradient.png"), "x 25–75, y 15–45");
    EXPECT_EQ(value("set", "Mean probability"), "25 %");
    ASSERT_TRUE(waitUntil([this] { return value("set", "Mean norm") != "(no such line)"; }));
    EXPECT_THAT(value("set", "Mean norm"), HasSubstr("of 3 vectors"));
}

TEST_F(Inspector, SectionsCloseByKeyboardAndAreRemembered)
{
    showMeasured();
    choose({kFirstWorld});
    section("neighbours").header()->setFocus();
    QTest::keyClick(section("neighbours").header(), Qt::Key_Space);
    EXPECT_FALSE(section("neighbours").isOpen());
    EXPECT_FALSE(section("neighbours").text()->isVisible());
    m_panel->noteEdit()->setFocus();
    QTest::keyClicks(m_panel->noteEdit(), QStringLiteral("odd one"));
    const QJsonObject saved = m_panel->saveView();

    InspectorPanel other(m_stage.context());
    other.restoreView(saved);
    QCoreApplication::processEvents();
    EXPECT_FALSE(other.section(QStringLiteral("neighbours"))->isOpen());
    EXPECT_TRUE(other.section(QStringLiteral("norm"))->isOpen());
    EXPECT_EQ(other.noteEdit()->toPlainText(), QStringLiteral("odd one"));
    // Notes belong to their positions.
    choose({kFirstWorld + 1});
    EXPECT_EQ(other.noteEdit()->toPlainText(), QString());
    choose({kFirstWorld});
    EXPECT_EQ(other.noteEdit()->toPlainText(), QStringLiteral("odd one"));
}

TEST_F(Inspector, ClosedSectionsAskNothing)
{
    showMeasured();
    for (const char* name : {"neighbours", "norm", "attention"})
        section(name).setOpen(false);
    choose({kFirstWorld});
    turnFor(std::chrono::milliseconds(300));
    EXPECT_TRUE(m_stage.desk.requests().empty());
    section("neighbours").setOpen(true);
    ASSERT_TRUE(waitUntil([this] { return hasLines("neighbours"); }));
}

TEST_F(Inspector, UseAsQuerySetsTheFocus)
{
    showMeasured();
    choose({kFirstWorld});
    m_panel->activateWindow();
    ASSERT_TRUE(waitUntil([this] { return m_panel->isActiveWindow(); }));
    section("token").header()->setFocus();
    QTest::keyClick(section("token").header(), Qt::Key_Q, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(m_stage.selection.focus().query, kFirstWorld);
}

TEST_F(Inspector, DataHoldsWhatIsShown)
{
    showMeasured();
    choose({kFirstWorld});
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data.has_value());
    ASSERT_EQ(data->tables.size(), 1U);
    EXPECT_GT(data->tables.front().rows.size(), 8U);
    EXPECT_THAT(m_panel->caption().toStdString(), HasSubstr("2 world"));
}

TEST_F(Inspector, HoveringOverALongSequenceIsCheap)
{
    RunRecord record = *RecordBuilder::typical(64, 16).build();
    const std::int64_t length = record.layout->size();
    record.model = {34, 8, 4, 8, 64, 1000, 0.35, 1e-6, 1024, std::vector<bool>(34, true)};
    record.tensors["inputs.embeds"] =
        snapshotOf({length, 64}, std::vector<float>(static_cast<std::size_t>(length * 64), 0.5F));
    std::vector<std::int64_t> queries;
    for (std::int64_t i = 0; i < 9; ++i)
        queries.push_back(length - 1 + i);
    record.tensors["attention.rows.positions"] = snapshotOf({9}, queries);
    const std::int64_t keys = length + 8;
    const auto rows = snapshotOf({8, 9, keys}, std::vector<float>(static_cast<std::size_t>(8 * 9 * keys), 0.1F));
    for (int layer = 0; layer < 34; ++layer)
        record.tensors["attention.rows." + std::to_string(layer)] = rows;
    m_stage.run.showRecord(shared(std::move(record)));
    m_panel->resize(420, 560);
    choose({kFirstWorld});
    ASSERT_TRUE(waitUntil([this] { return hasLines("norm"); }));
    // Time of this thread alone, so that other programs on the machine do not count.
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
    };
    std::vector<double> milliseconds;
    for (std::int64_t position = kFirstWorld; position < kFirstWorld + 60; ++position) {
        const double before = now();
        m_stage.selection.hover({position});
        QCoreApplication::processEvents();
        milliseconds.push_back(now() - before);
        ASSERT_EQ(m_panel->described(), position);
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    RecordProperty("median_ms", std::to_string(milliseconds[30]));
    std::printf("inspector: hover to finished text and picture, median %.2f ms, slowest %.2f ms\n", milliseconds[30],
                milliseconds.back());
    EXPECT_LT(milliseconds[30], 16.0);
    // What was out of sight meanwhile is there once the pointer rests.
    ASSERT_TRUE(waitUntil([this] {
        return section("reach").text()->text().contains(section("reach").lines().front().value.toHtmlEscaped());
    }));
}

TEST_F(Inspector, AHoverOverTokensOfAKindLaysNothingOut)
{
    showMeasured();
    m_stage.selection.hover({kFirstWorld + 8 * 3 + 2});
    turnFor(std::chrono::milliseconds(300));
    ASSERT_TRUE(waitUntil([this] { return hasLines("norm"); }));
    LayoutCounter requests;
    for (QWidget* each : m_panel->findChildren<QWidget*>()) {
        if (each->layout() != nullptr)
            requests.watch(*each);
    }
    for (const std::int64_t column : {3, 4, 5}) {
        m_stage.selection.hover({kFirstWorld + 8 * 3 + column});
        QCoreApplication::processEvents();
        QCoreApplication::processEvents();
        ASSERT_EQ(m_panel->described(), kFirstWorld + 8 * 3 + column);
    }
    EXPECT_EQ(requests.count(), 0);
    // And what has another height gets its place.
    m_stage.selection.hover({answerAt(0)});
    EXPECT_TRUE(waitUntil([&requests] { return requests.count() > 0; }));
}

TEST_F(Inspector, HeightsThatAreKnownAreThoseOfTheText)
{
    showMeasured();
    choose({kFirstWorld + 3});
    ASSERT_TRUE(waitUntil([this] { return hasLines("norm") && hasLines("neighbours"); }));
    int compared = 0;
    for (const InspectorSection* each : m_panel->findChildren<InspectorSection*>()) {
        for (const int width : {130, 200, 260, 400, 900}) {
            if (each->lines().empty() || each->text()->text().isEmpty())
                continue;
            EXPECT_EQ(each->text()->parentWidget()->heightForWidth(width), each->text()->heightForWidth(width))
                << each->name().toStdString() << " at " << width;
            ++compared;
        }
    }
    EXPECT_GT(compared, 15);
}

TEST_F(Inspector, Pictures)
{
    showMeasured();
    const std::int64_t token = kFirstWorld + 8 * 3 + 5;
    choose({token});
    ASSERT_TRUE(waitUntil([this] { return hasLines("norm") && hasLines("neighbours"); }));
    for (const bool dark : {false, true}) {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, false);
        for (const QSize size : {QSize(320, 420), QSize(420, 1400)}) {
            m_panel->resize(size);
            QCoreApplication::processEvents();
            const QImage picture =
                panelPicture(*m_panel, QStringLiteral("inspector-%1-%2x%3")
                                           .arg(dark ? QStringLiteral("dark") : QStringLiteral("light"))
                                           .arg(size.width())
                                           .arg(size.height()));
            if (size.height() < 1000)
                continue;
            // The middle of the token in the gradient picture: x 137 of 200, y 52 of 120.
            const QPoint middle =
                m_panel->thumbnail()->mapTo(m_panel.get(), m_panel->thumbnail()->tokenRect().center().toPoint());
            const QColor shown = picture.pixelColor(middle);
            EXPECT_NEAR(shown.red(), 255 * 137 / 199, 6);
            EXPECT_NEAR(shown.green(), 255 * 52 / 119, 6);
            EXPECT_NEAR(shown.blue(), 96, 6);
            // Headings are readable on their ground.
            const QLabel* text = section("token").text();
            const QImage lines = picture.copy(QRect(text->mapTo(m_panel.get(), QPoint(0, 0)), text->size()));
            int lightest = 0, darkest = 255;
            for (int y = 0; y < lines.height(); ++y) {
                for (int x = 0; x < lines.width(); ++x) {
                    lightest = std::max(lightest, qGray(lines.pixel(x, y)));
                    darkest = std::min(darkest, qGray(lines.pixel(x, y)));
                }
            }
            EXPECT_GT(lightest - darkest, 120);
        }
    }
}

TEST(MaskReachOfPositions, AgreesWithTheRuleKeyByKey)
{
    const std::vector<PositionBlock> blocks = {{3, 9}, {14, 20}};
    const std::int64_t length = 24;
    for (const std::int64_t window : {0, 4, 6}) {
        for (std::int64_t query = 0; query < length; ++query) {
            std::int64_t first = -1, last = -1, seen = 0;
            for (std::int64_t key = 0; key < length; ++key) {
                bool visible = key <= query;
                for (const PositionBlock& block : blocks)
                    visible =
                        visible || (query >= block.begin && query < block.end && key >= block.begin && key < block.end);
                visible = visible && (window == 0 || key > query - window);
                if (!visible)
                    continue;
                first = first < 0 ? key : first;
                last = key;
                ++seen;
            }
            const MaskReach reach = maskReach(query, length, window, blocks);
            EXPECT_EQ(reach.begin, first) << query << " window " << window;
            EXPECT_EQ(reach.end, last + 1) << query << " window " << window;
            EXPECT_EQ(reach.seen(), seen) << query << " window " << window;
        }
    }
}

TEST(LatentFrames, StandForTheirSourceFrames)
{
    RecordBuilder builder;
    const int media = builder.addPicture("clip.mp4", 16, 16);
    builder.worldTokens(media, 3, 2, 2);
    RunRecord record = *builder.build();
    Clip& clip = record.question.media.front();
    clip.frames.assign(11, clip.frames.front());
    clip.framesPerSecond = 10;
    record.question.world.source = WorldSource::Clip;
    ShownRun run;
    run.showRecord(shared(record));
    // 9 frames for 3 latent frames: the last 9 of 11.
    EXPECT_EQ(latentTime(run, media, 0).toStdString(), "frame 2 · 0.20 s");
    EXPECT_EQ(latentTime(run, media, 1).toStdString(), "frames 3–6 · 0.30–0.60 s");
    EXPECT_EQ(latentTime(run, media, 2).toStdString(), "frames 7–10 · 0.70–1.00 s");
    record.question.world.source = WorldSource::Still;
    run.showRecord(shared(record));
    EXPECT_EQ(latentTime(run, media, 0), QString());
}

}  // namespace
}  // namespace armillary::test
