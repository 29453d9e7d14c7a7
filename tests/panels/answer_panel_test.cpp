// The conversation from records: colours of words with their legend, selection in and out, alternatives and branches, two answers
// beside each other, and that a long answer streams as fast at its end as at its beginning.
#include "support/record_builder.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/models/word_list_model.h"
#include "widgets/panels/answer_panel.h"
#include "widgets/text/conversation_view.h"
#include "widgets/text/token_alternatives.h"
#include "widgets/text/word_legend.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLabel>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <QVBoxLayout>

#include <array>
#include <cmath>
#include <cstring>

namespace armillary::test {
namespace {

using namespace widgets;

constexpr std::array kProbabilities = {0.98F, 0.5F, 0.91F, 0.03F, 0.7F, 0.25F, 0.002F, 0.6F, 0.99F};

// The typical record with probabilities that differ, and alternatives that have names.
std::shared_ptr<const RunRecord> record(std::vector<std::string> answer = {}, double temperature = 0)
{
    auto out = std::make_shared<RunRecord>(*RecordBuilder::typical().build());
    if (!answer.empty()) {
        out->generated.resize(answer.size(), out->generated.front());
        out->answer.clear();
        for (std::size_t i = 0; i < answer.size(); ++i) {
            TokenPiece& token = out->generated[i];
            token.position = out->layout->size() + static_cast<std::int64_t>(i);
            token.id = 500 + static_cast<std::int64_t>(i);
            token.piece = token.text = answer[i];
            out->answer += answer[i];
        }
    }
    for (std::size_t i = 0; i < out->generated.size(); ++i) {
        TokenPiece& token = out->generated[i];
        token.probability = kProbabilities[i % kProbabilities.size()];
        const float rest = 1 - token.probability;
        token.alternatives = {{token.id, token.probability}, {900, rest * 0.6F}, {901, rest * 0.3F}};
        std::sort(token.alternatives.begin(), token.alternatives.end(),
                  [](const auto& a, const auto& b) { return a.second > b.second; });
    }
    out->vocabulary = {{900, "▁mug"}, {901, "▁tea"}};
    out->cost.decodeSeconds = 0.5;
    out->question.sampling.temperature = temperature;
    out->question.sampling.maxNewTokens = 64;
    return out;
}

AnalysisResult worldBits(const RunRecord& of)
{
    const std::size_t size = static_cast<std::size_t>(of.layout->size()) + of.generated.size();
    std::vector<float> values(size, std::nanf(""));
    for (std::size_t i = 0; i < of.generated.size(); ++i)
        values[static_cast<std::size_t>(of.layout->size()) + i] = i == 3 ? 4.0F : i == 5 ? -2.0F : 0.0F;
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(size * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    AnalysisResult out;
    out.request.name = "surprisal-change";
    out.numbers = {{"answer_change_bits", 2, "bits"}};
    out.arrays["change_bits"] = {{"position"},
                                 {ElementType::Float32, {static_cast<std::int64_t>(size)}, std::move(bytes)}};
    return out;
}

bool near(const QColor& a, const QColor& b, int tolerance = 6)
{
    return std::abs(a.red() - b.red()) <= tolerance && std::abs(a.green() - b.green()) <= tolerance &&
           std::abs(a.blue() - b.blue()) <= tolerance;
}

class Answer : public testing::Test {
protected:
    void show(bool dark = false, const QSize& size = {420, 300})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_window = std::make_unique<QWidget>();
        auto* column = new QVBoxLayout(m_window.get());
        column->setContentsMargins(0, 0, 0, 0);
        m_panel = new AnswerPanel(m_stage.context());
        column->addWidget(m_panel);
        m_window->resize(size);
        m_window->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_window.get()));
        // No window manager gives the keys to a window of a test.
        m_window->activateWindow();
        ASSERT_TRUE(waitUntil([this] { return m_window->isActiveWindow(); }));
    }
    void showRecord(const std::shared_ptr<const RunRecord>& shown = record())
    {
        m_first = shown->layout->size();
        m_stage.run.showRecord(shown);
    }
    [[nodiscard]] ConversationView* view() const { return m_panel->view(); }
    [[nodiscard]] TokenAlternatives* list() const { return m_panel->alternatives(); }
    [[nodiscard]] std::int64_t word(int index) const { return m_first + index; }
    [[nodiscard]] QPoint pointOf(int index) const
    {
        const auto point = view()->pointFromPosition(word(index));
        EXPECT_TRUE(point) << index;
        return point.value_or(QPoint());
    }
    void click(int index, Qt::KeyboardModifiers keys = {})
    {
        QTest::mouseClick(view()->viewport(), Qt::LeftButton, keys, pointOf(index));
    }
    void key(Qt::Key key) { QTest::keyClick(QApplication::focusWidget(), key); }
    // At the left edge of the word, where no letter is.
    [[nodiscard]] QColor groundOf(int index) const
    {
        const QRect rect = view()->rectFromPosition(word(index)).value_or(QRect());
        const QPoint at(rect.left() + 2, rect.top() + 4);
        return view()->viewport()->grab().toImage().pixelColor(at);
    }
    // Whether the ink of the word's letters is light.
    [[nodiscard]] bool hasLightInk(int index) const
    {
        const QRect rect = view()->rectFromPosition(word(index)).value_or(QRect());
        const QImage picture = view()->viewport()->grab().toImage();
        const int ground = qGray(picture.pixel(rect.left() + 2, rect.top() + 4));
        int lightest = ground, darkest = ground;
        for (int x = rect.left() + 3; x < rect.right() - 2; ++x) {
            for (int y = rect.top() + 4; y < rect.bottom() - 4; ++y) {
                lightest = std::max(lightest, qGray(picture.pixel(x, y)));
                darkest = std::min(darkest, qGray(picture.pixel(x, y)));
            }
        }
        return lightest - ground > ground - darkest;
    }
    void keepPicture(const QString& name)
    {
        // Layouts settle in the event loop.
        QTest::qWait(30);
        panelPicture(*m_window, name);
    }

    PanelStage m_stage;
    std::unique_ptr<QWidget> m_window;
    AnswerPanel* m_panel = nullptr;
    std::int64_t m_first = 0;
};

TEST_F(Answer, EmptyItSaysWhatBelongsHere)
{
    show();
    const auto labels = m_panel->findChildren<QLabel*>();
    EXPECT_TRUE(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
        return label->isVisible() && label->text().contains(QStringLiteral("Ctrl+Enter"));
    }));
    EXPECT_FALSE(m_panel->viewData());
}

TEST_F(Answer, WordsAreColouredByWhatTheRecordSays)
{
    for (const bool dark : {false, true}) {
        show(dark);
        showRecord();
        EXPECT_TRUE(m_panel->legend()->text().isEmpty());
        m_panel->setMeasure(WordMeasure::Probability);
        for (const int index : {1, 3, 7})
            EXPECT_TRUE(near(groundOf(index), QColor(scaleColor(ColorScale::Magnitude,
                                                                kProbabilities[static_cast<std::size_t>(index)]))))
                << index << " " << groundOf(index).name().toStdString();
        // Every word is readable on its own colour, whatever its neighbours wear.
        for (std::size_t i = 0; i < kProbabilities.size() - 1; ++i) {
            const QColor ground(scaleColor(ColorScale::Magnitude, kProbabilities[i]));
            EXPECT_EQ(hasLightInk(static_cast<int>(i)), inkOn(ground) == QColor(Qt::white)) << i;
        }
        EXPECT_EQ(m_panel->legend()->text().toStdString(), "probability 0 – 1");
        keepPicture(dark ? QStringLiteral("answer-probability-dark") : QStringLiteral("answer-probability-light"));
        m_panel->setMeasure(WordMeasure::Surprisal);
        EXPECT_TRUE(near(groundOf(6), QColor(scaleColor(ColorScale::Magnitude, -std::log2(0.002) / 10))));
        EXPECT_EQ(m_panel->legend()->text().toStdString(), "surprisal 0 – 10+ bits");
        QTest::qWait(30);
        ASSERT_TRUE(m_panel->legend()->isVisible());
        const QImage legend = m_panel->legend()->grab().toImage();
        bool hasLow = false, hasHigh = false;
        for (int x = 0; x < legend.width(); ++x) {
            const QColor at = legend.pixelColor(x, legend.height() / 2);
            hasLow = hasLow || near(at, QColor(scaleColor(ColorScale::Magnitude, 0)), 12);
            hasHigh = hasHigh || near(at, QColor(scaleColor(ColorScale::Magnitude, 1)), 12);
        }
        EXPECT_TRUE(hasLow && hasHigh);
        const QColor yellow(scaleColor(ColorScale::Magnitude, 1));
        EXPECT_EQ(inkOn(yellow), QColor(Qt::black));
        EXPECT_EQ(inkOn(QColor(scaleColor(ColorScale::Magnitude, 0))), QColor(Qt::white));
        keepPicture(dark ? QStringLiteral("answer-surprisal-dark") : QStringLiteral("answer-surprisal-light"));
        m_stage.run.clear();
    }
}

TEST_F(Answer, TheKeyCGoesThroughTheMeasuresAndTheViewRemembersIt)
{
    show();
    showRecord();
    view()->setFocus();
    key(Qt::Key_C);
    EXPECT_EQ(m_panel->measure(), WordMeasure::Probability);
    key(Qt::Key_C);
    EXPECT_EQ(m_panel->measure(), WordMeasure::Surprisal);
    const QJsonObject saved = m_panel->saveView();
    m_panel->setMeasure(WordMeasure::None);
    m_panel->restoreView(saved);
    EXPECT_EQ(m_panel->measure(), WordMeasure::Surprisal);
    EXPECT_THAT(m_panel->caption().toStdString(), testing::HasSubstr("surprisal"));
    m_panel->restoreView({});
    EXPECT_EQ(m_panel->measure(), WordMeasure::Surprisal);
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data);
    ASSERT_EQ(data->tables.front().rows.size(), 9u);
    EXPECT_EQ(std::get<double>(data->tables.front().rows[1][4]), 1.0);
}

TEST_F(Answer, BitsGainedAreKeptOrStartedByAPerson)
{
    show();
    showRecord();
    m_panel->setMeasure(WordMeasure::WorldBits);
    EXPECT_FALSE(view()->colors().color(3).isValid());
    EXPECT_THAT(m_panel->worldBitsStrip()->text().toStdString(), testing::HasSubstr("models"));
    EXPECT_FALSE(m_panel->worldBitsStrip()->startAction()->isEnabled());
    EXPECT_TRUE(m_stage.desk.requests().empty());
    keepPicture(QStringLiteral("answer-world-bits-none"));

    m_stage.desk.refuse("surprisal-change", QStringLiteral("The model has no world part."));
    Q_EMIT m_stage.desk.availabilityChanged();
    QAction* start = m_panel->worldBitsStrip()->startAction();
    ASSERT_TRUE(start->isEnabled());
    start->trigger();
    ASSERT_TRUE(
        waitUntil([this] { return m_panel->worldBitsStrip()->text().contains(QStringLiteral("no world part")); }));
    EXPECT_EQ(m_stage.desk.requests().size(), 1u);

    m_stage.desk.give(worldBits(*m_stage.run.record()));
    EXPECT_EQ(view()->colors().value(3), 4.0F);
    EXPECT_TRUE(near(groundOf(3), QColor(scaleColor(ColorScale::Signed, 1))));
    EXPECT_TRUE(near(groundOf(5), QColor(scaleColor(ColorScale::Signed, 0.25))));
    EXPECT_EQ(m_panel->legend()->text().toStdString(), "gained from the world -4 – 4 bits");
    keepPicture(QStringLiteral("answer-world-bits"));
    // Another run has none yet, and must not wear these.
    showRecord(record({"Another", " answer"}));
    EXPECT_EQ(m_panel->measure(), WordMeasure::WorldBits);
}

TEST_F(Answer, TheOverlayLayerThatKnowsWordsColoursThem)
{
    show();
    showRecord();
    m_panel->setMeasure(WordMeasure::Layer);
    EXPECT_THAT(m_panel->legend()->text().toStdString(), testing::HasSubstr("point at a patch"));
    OverlayLayer layer;
    layer.title = QStringLiteral("who reads the patch");
    layer.unit = QStringLiteral("weight");
    layer.values.assign(static_cast<std::size_t>(m_first) + 9, std::nanf(""));
    layer.values[static_cast<std::size_t>(word(1))] = 0.2F;
    layer.values[static_cast<std::size_t>(word(3))] = 0.4F;
    layer.highest = 0.4F;
    m_stage.overlays.setLayer(QStringLiteral("readers"), layer);
    // A layer above it that says nothing of words does not hide it.
    OverlayLayer picture = layer;
    picture.values.assign(static_cast<std::size_t>(m_first), 1.0F);
    m_stage.overlays.setLayer(QStringLiteral("picture"), picture);
    EXPECT_TRUE(near(groundOf(3), QColor(scaleColor(ColorScale::Magnitude, 1))));
    EXPECT_TRUE(near(groundOf(1), QColor(scaleColor(ColorScale::Magnitude, 0.5))));
    EXPECT_FALSE(view()->colors().color(0).isValid());
    EXPECT_EQ(m_panel->legend()->text().toStdString(), "who reads the patch 0 – 0.4 weight");
    m_stage.overlays.setOn(false);
    EXPECT_FALSE(view()->colors().color(3).isValid());
}

TEST_F(Answer, SelectionGoesInAndOut)
{
    show();
    showRecord();
    m_panel->setMeasure(WordMeasure::Probability);
    const QColor before = groundOf(4);
    m_stage.selection.choose({word(1)});
    // Unselected words turn towards the ground and stay where they are.
    EXPECT_FALSE(near(groundOf(4), before));
    EXPECT_TRUE(near(groundOf(1), QColor(scaleColor(ColorScale::Magnitude, 0.5))));
    keepPicture(QStringLiteral("answer-chosen"));

    click(3);
    EXPECT_EQ(m_stage.selection.chosen(), Positions{word(3)});
    click(5, Qt::ShiftModifier);
    EXPECT_EQ(m_stage.selection.chosen(), (Positions{word(3), word(4), word(5)}));
    click(4, Qt::ControlModifier);
    EXPECT_EQ(m_stage.selection.chosen(), (Positions{word(3), word(5)}));
    click(7, Qt::AltModifier);
    EXPECT_EQ(m_stage.selection.focus().query, word(7));
    click(7, Qt::AltModifier);
    EXPECT_FALSE(m_stage.selection.focus().query);
    QTest::mouseMove(view()->viewport(), pointOf(2));
    EXPECT_TRUE(waitUntil([this] { return m_stage.selection.hovered() == Positions{word(2)}; }));
    QTest::mouseMove(view()->viewport(), QPoint(view()->viewport()->width() - 3, view()->viewport()->height() - 3));
    EXPECT_TRUE(waitUntil([this] { return m_stage.selection.hovered().empty(); }));
    // A hover that another view began is not ended by a pointer over no word.
    m_stage.selection.hover({word(1)});
    QTest::mouseMove(view()->viewport(), QPoint(view()->viewport()->width() - 5, view()->viewport()->height() - 3));
    QTest::qWait(50);
    EXPECT_EQ(m_stage.selection.hovered(), Positions{word(1)});
    m_stage.selection.hover({});
    m_stage.selection.choose({word(0)});
    view()->setFocus();
    key(Qt::Key_Right);
    EXPECT_EQ(m_stage.selection.chosen(), Positions{word(1)});
}

TEST_F(Answer, AClickShowsAlternativesAndOneOfThemBranches)
{
    show(false, {420, 420});
    showRecord();
    QSignalSpy branches(m_panel, &AnswerPanel::branchRequested);
    click(3);
    ASSERT_TRUE(list()->isVisible());
    EXPECT_EQ(list()->position(), word(3));
    const QAbstractItemModelTester tester(list()->model());
    ASSERT_EQ(list()->model()->rowCount(), 3);
    EXPECT_EQ(list()->model()->index(0, WordListModel::Word).data().toString(), QStringLiteral(" mug"));
    EXPECT_EQ(list()->model()->takenRow(), 2);
    EXPECT_EQ(list()->list()->currentIndex().row(), 2);
    EXPECT_TRUE(m_window->rect().contains(list()->geometry()));
    keepPicture(QStringLiteral("answer-alternatives-light"));

    // Not modal: other words can be pointed at; arrows go to the next word and Escape closes.
    QTest::mouseMove(view()->viewport(), pointOf(1));
    EXPECT_TRUE(waitUntil([this] { return m_stage.selection.hovered() == Positions{word(1)}; }));
    m_stage.selection.hover({});
    key(Qt::Key_Right);
    EXPECT_EQ(list()->position(), word(4));
    EXPECT_EQ(m_stage.selection.chosen(), Positions{word(4)});
    key(Qt::Key_Left);
    EXPECT_EQ(list()->position(), word(3));
    key(Qt::Key_Escape);
    EXPECT_FALSE(list()->isVisible());
    EXPECT_TRUE(view()->hasFocus());
    EXPECT_TRUE(branches.isEmpty());

    key(Qt::Key_Return);
    ASSERT_TRUE(list()->isVisible());
    key(Qt::Key_Up);
    key(Qt::Key_Return);
    ASSERT_EQ(branches.size(), 1);
    const auto question = branches.front().front().value<Question>();
    EXPECT_EQ(question.answerPrefix, (std::vector<std::int64_t>{500, 501, 502, 901}));
    EXPECT_EQ(question.turns.back().text, m_stage.run.question()->turns.back().text);
    EXPECT_EQ(question.media.size(), 1u);
    EXPECT_FALSE(list()->isVisible());

    // The same by the mouse.
    click(0);
    QTest::mouseClick(list()->list()->viewport(), Qt::LeftButton, {},
                      list()->list()->visualRect(list()->model()->index(1, 0)).center());
    ASSERT_EQ(branches.size(), 2);
    EXPECT_EQ(branches.back().front().value<Question>().answerPrefix, (std::vector<std::int64_t>{900}));
}

TEST_F(Answer, WhereNothingCanBranchTheListSaysWhy)
{
    show(true, {420, 420});
    const auto whole = record();
    m_stage.run.begin(std::make_shared<const Question>(whole->question));
    m_stage.run.setLayout(whole->layout);
    m_stage.run.appendTokens(whole->generated);
    m_first = whole->layout->size();
    QSignalSpy branches(m_panel, &AnswerPanel::branchRequested);
    click(3);
    ASSERT_TRUE(list()->isVisible());
    EXPECT_THAT(list()->note().toStdString(), testing::HasSubstr("being made"));
    keepPicture(QStringLiteral("answer-alternatives-dark"));
    key(Qt::Key_Return);
    EXPECT_TRUE(branches.isEmpty());
    key(Qt::Key_Escape);
    auto bare = std::make_shared<RunRecord>(*whole);
    for (TokenPiece& token : bare->generated)
        token.alternatives.clear();
    showRecord(bare);
    click(3);
    EXPECT_THAT(list()->note().toStdString(), testing::HasSubstr("no alternatives"));
}

TEST_F(Answer, AskAgainAndEditGoOut)
{
    show();
    QSignalSpy branches(m_panel, &AnswerPanel::branchRequested);
    QSignalSpy edits(m_panel, &AnswerPanel::editRequested);
    auto shown = std::make_shared<RunRecord>(*record({}, 0.8));
    shown->question.sampling.seed = 7;
    shown->question.answerPrefix = {500, 501};
    showRecord(shown);
    view()->setFocus();
    QTest::keyClick(view(), Qt::Key_G, Qt::ControlModifier);
    ASSERT_EQ(branches.size(), 1);
    EXPECT_EQ(branches.front().front().value<Question>().sampling.seed, 8u);
    EXPECT_EQ(branches.front().front().value<Question>().answerPrefix.size(), 2u);
    QTest::keyClick(view(), Qt::Key_F2);
    ASSERT_EQ(edits.size(), 1);
    EXPECT_EQ(edits.front().front().toString(), QStringLiteral("What is in this picture?"));
}

TEST_F(Answer, TheDifferenceMarksWhatOnlyOneAnswerHas)
{
    for (const bool dark : {false, true}) {
        show(dark, {640, 420});
        const auto a = record();
        const auto b = record({"A", " bowl", " of", " hot", " coffee", " on", " a", " table", "."});
        m_stage.pair.setA({a, QStringLiteral("1"), QStringLiteral("A")});
        m_stage.pair.setB({b, QStringLiteral("2"), QStringLiteral("B")});
        showRecord(a);
        EXPECT_EQ(view()->difference(), nullptr);
        m_panel->setMeasure(WordMeasure::Probability);
        m_stage.pair.setSide(PairSide::Difference);
        ASSERT_NE(view()->difference(), nullptr);
        EXPECT_EQ(view()->difference()->common, 7u);
        EXPECT_FALSE(view()->difference()->partnerInB[1]);
        EXPECT_FALSE(view()->difference()->partnerInA[3]);
        EXPECT_EQ(m_panel->legend()->text().toStdString(),
                  "probability, A − B -1 – 1 · underlined: only in A; dashed: only in B");
        // " coffee" is word 3 of A and word 4 of B.
        EXPECT_NEAR(view()->colors().value(3), kProbabilities[3] - kProbabilities[4], 1e-6);
        EXPECT_TRUE(std::isnan(view()->colors().value(1)));
        const QRect cup = view()->rectFromPosition(word(1)).value_or(QRect());
        const QImage picture = view()->viewport()->grab().toImage();
        const auto hasUnderline = [&](int y) {
            return near(picture.pixelColor(cup.center().x(), y), onlyInColor(true, dark), 30);
        };
        EXPECT_TRUE(hasUnderline(cup.bottom() - 1) || hasUnderline(cup.bottom() - 2) || hasUnderline(cup.bottom()));
        keepPicture(dark ? QStringLiteral("answer-difference-dark") : QStringLiteral("answer-difference-light"));
        // Bits gained belong to the positions of one answer.
        m_panel->setMeasure(WordMeasure::WorldBits);
        EXPECT_THAT(m_panel->legend()->text().toStdString(), testing::HasSubstr("show A or B"));
        m_stage.pair.setSide(PairSide::A);
        EXPECT_EQ(view()->difference(), nullptr);
        m_stage.pair.clear();
        m_stage.run.clear();
    }
}

TEST_F(Answer, GivenTokensAreNamedAndTheRateIsShown)
{
    show();
    auto branch = std::make_shared<RunRecord>(*record());
    branch->question.answerPrefix = {500, 501, 502};
    branch->stopReason = StopReason::TokenLimit;
    showRecord(branch);
    EXPECT_EQ(view()->footnote().toStdString(), "9 tokens · 16.0 tokens/s · cut at the limit of new tokens");
    EXPECT_THAT(view()->conversationText().toStdString(), testing::HasSubstr("continued after 3 given token"));
    keepPicture(QStringLiteral("answer-branch"));
}

TEST(TokenRate, IsOfTheLastTwoSeconds)
{
    TokenRate rate;
    EXPECT_EQ(rate.perSecond(), 0);
    rate.add(0, 1);
    EXPECT_EQ(rate.perSecond(), 0);
    for (int i = 1; i <= 50; ++i)
        rate.add(i * 100, 1 + i);
    EXPECT_NEAR(rate.perSecond(), 10, 0.01);
    for (int i = 51; i <= 90; ++i)
        rate.add(i * 100, 51 + (i - 50) * 4);
    EXPECT_NEAR(rate.perSecond(), 40, 0.01);
}

// 10,000 tokens with colours on: work is counted, because it cannot vary, and time is held to a wide ratio beside it.
TEST_F(Answer, TenThousandTokensStreamAsFastAtTheEndAsAtTheBeginning)
{
    show(false, {420, 400});
    m_panel->setMeasure(WordMeasure::Probability);
    auto whole = record();
    m_stage.run.begin(std::make_shared<const Question>(whole->question));
    m_stage.run.setLayout(whole->layout);
    constexpr int kTokens = 10'000, kPart = 1'000, kBatch = 5;
    std::array<qint64, kTokens / kPart> milliseconds{}, lines{}, values{};
    for (int part = 0; part < kTokens / kPart; ++part) {
        const qint64 linesBefore = view()->wrappedLines(), valuesBefore = view()->colors().valuesMade();
        QElapsedTimer clock;
        clock.start();
        for (int i = 0; i < kPart; i += kBatch) {
            std::vector<TokenPiece> batch;
            for (int k = 0; k < kBatch; ++k) {
                const int at = part * kPart + i + k;
                TokenPiece token = whole->generated[static_cast<std::size_t>(at) % whole->generated.size()];
                token.position = whole->layout->size() + at;
                token.text = at % 40 == 39 ? "\n" : token.text;
                batch.push_back(std::move(token));
            }
            m_stage.run.appendTokens(std::move(batch));
            view()->viewport()->repaint();
        }
        const auto index = static_cast<std::size_t>(part);
        milliseconds[index] = clock.elapsed();
        lines[index] = view()->wrappedLines() - linesBefore;
        values[index] = view()->colors().valuesMade() - valuesBefore;
    }
    RecordProperty("first_thousand_ms", static_cast<int>(milliseconds.front()));
    RecordProperty("last_thousand_ms", static_cast<int>(milliseconds.back()));
    EXPECT_EQ(values.front(), kPart);
    EXPECT_EQ(values.back(), kPart);
    // The second thousand: the first one also fills the first page.
    EXPECT_NEAR(static_cast<double>(lines.back()), static_cast<double>(lines[1]), 0.1 * static_cast<double>(lines[1]));
    EXPECT_LT(static_cast<double>(milliseconds.back()), 2.0 * static_cast<double>(milliseconds[1]) + 20);
    EXPECT_THAT(view()->footnote().toStdString(), testing::HasSubstr("tokens/s"));
    std::printf("first thousand %lld ms, last %lld ms; lines wrapped %lld and %lld\n",
                static_cast<long long>(milliseconds.front()), static_cast<long long>(milliseconds.back()),
                static_cast<long long>(lines.front()), static_cast<long long>(lines.back()));
}

TEST_F(Answer, AlternativesCoverWhatLiesBelowThem)
{
    QWidget home;
    home.setStyleSheet(QStringLiteral("background-color: red"));
    home.resize(320, 320);
    TokenAlternatives alternatives(m_stage.run, &home);
    alternatives.setGeometry(10, 10, 290, 290);
    alternatives.show();
    const QImage shown = home.grab().toImage();
    EXPECT_EQ(shown.pixelColor(5, 5), QColor(Qt::red));
    EXPECT_EQ(shown.pixelColor(14, 14), alternatives.palette().color(QPalette::Base)) << "its margin, too";
}

}  // namespace
}  // namespace armillary::test
