// The real window with the real engine on small random models: a question about a photograph and one about a video,
// by mouse and keyboard, while the interface thread is watched.
#include "engine/engine.h"
#include "support/test_data.h"
#include "window_support/event_loop_watch.h"
#include "window_support/random_models.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/picture_canvas.h"
#include "widgets/canvas/token_strip_canvas.h"
#include "widgets/legend_row.h"
#include "widgets/models/token_table_model.h"
#include "widgets/panels/answer_panel.h"
#include "widgets/panels/media_panel.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/token_panel.h"
#include "widgets/shell/status_line.h"
#include "widgets/text/conversation_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QElapsedTimer>
#include <QImage>
#include <QSlider>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>

#include <iostream>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::RunState;

// What the models make of one picture: 512 x 512 pixels for the VAE, which shrinks by 8, and 4 x 4 image tokens.
constexpr std::int64_t kWorldTokens = 64 * 64;
constexpr std::int64_t kImageTokens = 16;
constexpr int kNewTokens = 400;

class FirstLight : public testing::Test {
protected:
    void SetUp() override
    {
        m_window = showWindow(&makeEngine);
        m_window->loadModels(randomModels());
        ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }, 60s));
        m_question = m_window->panel<widgets::QuestionPanel>();
        m_picture = m_window->panel<widgets::PicturePanel>();
        m_tokens = m_window->panel<widgets::TokenPanel>();
        limitNewTokens();
        // What is measured is the window at work, not its first layout.
        turnFor(300ms);
    }
    void TearDown() override
    {
        m_window->close();
        EXPECT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, 10s)) << "the window closes";
    }

    void limitNewTokens()
    {
        clickAt(m_question->optionsButton(), m_question->optionsButton()->rect().center());
        turnFor(100ms);
        QSpinBox* limit = nullptr;
        for (QSpinBox* box : m_question->findChildren<QSpinBox*>()) {
            if (box->accessibleName() == QLatin1String("New tokens"))
                limit = box;
        }
        ASSERT_NE(limit, nullptr);
        clickAt(limit, QPoint(12, limit->height() / 2));
        pressKey(limit, Qt::Key_A, Qt::ControlModifier);
        typeText(limit, QString::number(kNewTokens));
        ASSERT_EQ(limit->value(), kNewTokens);
        clickAt(m_question->optionsButton(), m_question->optionsButton()->rect().center());
    }
    void drop(const std::string& file)
    {
        dropFiles(m_window.get(), {QString::fromStdString(dataPath(file))});
        ASSERT_TRUE(waitUntil([this] {
            const widgets::MediaItem* item = m_window->media().current();
            return item != nullptr && item->ready();
        }));
    }
    void ask(const QString& text)
    {
        clickAt(m_question->textEdit()->viewport(), QPoint(20, 10));
        typeText(m_question->textEdit(), text);
        ASSERT_EQ(m_question->questionText(), text);
        pressKey(m_question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
        EXPECT_EQ(m_question->questionText(), QString()) << "the field is free for the next question";
    }
    [[nodiscard]] QString answer() const { return m_window->panel<widgets::AnswerPanel>()->view()->answerText(); }
    // Waits for the end; the answer must have been seen growing on the way.
    void watchAnswerStream()
    {
        ASSERT_TRUE(waitUntil([this] { return !m_window->run().generated().empty(); }, 120s)) << "no first token";
        EXPECT_EQ(m_window->run().state(), RunState::Running) << "the first token came only with the end";
        const auto first = m_window->run().generated().size();
        EXPECT_LT(first, static_cast<std::size_t>(kNewTokens));
        ASSERT_TRUE(waitUntil([this] { return m_window->run().state() != RunState::Running; }, 120s));
        EXPECT_EQ(m_window->run().state(), RunState::Completed)
            << (m_window->messages().messages().empty() ? ""
                                                        : m_window->messages().messages().front().text.toStdString());
    }
    // The strip, its legend and the table show what the record says.
    void expectCounts()
    {
        const auto record = m_window->run().record();
        ASSERT_NE(record, nullptr);
        const auto generated = static_cast<std::int64_t>(record->generated.size());
        EXPECT_GT(generated, 0);
        EXPECT_LE(generated, kNewTokens);
        EXPECT_EQ(record->layout->count(TokenKind::World), kWorldTokens);
        EXPECT_EQ(record->layout->count(TokenKind::Image), kImageTokens);
        EXPECT_EQ(record->layout->count(TokenKind::Bracket), 2);
        EXPECT_TRUE(
            waitUntil([&] { return m_tokens->strip()->stripLayout().count == record->layout->size() + generated; },
                      5s));
        EXPECT_EQ(m_tokens->table()->model()->rowCount(), record->layout->size() + generated);
        const std::string legend = m_tokens->legend()->text().remove(QLatin1Char(',')).toStdString();
        EXPECT_THAT(legend, testing::HasSubstr("world " + std::to_string(kWorldTokens)));
        EXPECT_THAT(legend, testing::HasSubstr("image " + std::to_string(kImageTokens)));
        EXPECT_THAT(legend, testing::HasSubstr("bracket 2"));
        EXPECT_THAT(legend, testing::HasSubstr("generated " + std::to_string(generated)));
        EXPECT_EQ(answer().toStdString(), record->answer);
        std::string streamed;
        for (const TokenPiece& piece : m_window->run().generated())
            streamed += piece.text;
        EXPECT_EQ(streamed, record->answer);
    }
    void expectLively(const EventLoopWatch& watch, const char* what)
    {
        std::cout << what << ": " << watch.summary().toStdString() << "\n";
        EXPECT_LE(watch.longestBlockMilliseconds(), kLongestBlockMilliseconds) << watch.summary().toStdString();
        EXPECT_GT(watch.beats(), 10);
    }
    // The first position of a kind.
    [[nodiscard]] std::int64_t firstOf(TokenKind kind) const
    {
        const auto& kinds = m_window->run().layout()->kinds;
        return std::find(kinds.begin(), kinds.end(), kind) - kinds.begin();
    }
    void expectHoverTiesStripAndPicture()
    {
        for (const TokenKind kind : {TokenKind::World, TokenKind::Image}) {
            const std::int64_t position = firstOf(kind) + 5;
            // Fitted, thousands of cells are smaller than the pointer.
            m_tokens->strip()->zoomToFit();
            m_tokens->strip()->zoomBy(4);
            m_tokens->strip()->scrollToPosition(position);
            turnFor(100ms);
            moveTo(m_tokens->strip(), m_tokens->strip()->pointFromPosition(position));
            ASSERT_TRUE(waitUntil([&] { return m_window->selection().isHovered(position); }, 5s))
                << "position " << position << " at " << m_tokens->strip()->pointFromPosition(position).y() << " of "
                << m_tokens->strip()->height();
            ASSERT_TRUE(waitUntil([this] { return m_picture->canvas()->drawnBoxes() == 1; }, 5s))
                << "no frame on the picture";
            EXPECT_THAT(status(), testing::HasSubstr(std::to_string(position)));
            EXPECT_THAT(status(), testing::HasSubstr("pixels x "));
        }
        moveTo(m_picture->canvas(), m_picture->canvas()->pictureRect().center().toPoint() + QPoint(7, 5));
        ASSERT_TRUE(waitUntil([this] { return m_window->selection().hovered().size() == 2; }, 5s));
        const widgets::Positions hovered = m_window->selection().hovered();
        EXPECT_EQ(m_window->run().kindAt(hovered[0]), TokenKind::World);
        EXPECT_EQ(m_window->run().kindAt(hovered[1]), TokenKind::Image);
    }
    [[nodiscard]] std::string status() const
    {
        return m_window->findChild<widgets::StatusLine*>()->text().toStdString();
    }

    std::unique_ptr<app::MainWindow> m_window;
    widgets::QuestionPanel* m_question = nullptr;
    widgets::PicturePanel* m_picture = nullptr;
    widgets::TokenPanel* m_tokens = nullptr;
};

TEST_F(FirstLight, AnswersAboutAPhotograph)
{
    EventLoopWatch watch;
    drop("media/coffee.png");
    ask("What is in this picture?");
    watchAnswerStream();
    expectCounts();
    expectHoverTiesStripAndPicture();
    expectLively(watch, "photograph");
    turnFor(200ms);
    EXPECT_FALSE(saveScreenshot(*m_window, "first-light-photograph").isEmpty());

    // A following question continues and pays for its own text only, and for the answer before it where that splits into other
    // tokens than were generated.
    const std::int64_t before = m_window->run().prefillLength();
    const auto answered = static_cast<std::int64_t>(m_window->run().record()->answer.size());
    watch.restart();
    ask("And what is beside it?");
    watchAnswerStream();
    const auto record = m_window->run().record();
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->question.turns.size(), 3U);
    EXPECT_EQ(record->question.media.size(), 1U) << "the picture is not shown twice";
    EXPECT_GE(record->cost.reusedTokens, before - 8);
    EXPECT_LT(record->cost.prefillTokens, answered + 50) << "a byte of the answer is a token at most";
    EXPECT_LT(record->cost.prefillTokens, kWorldTokens / 2) << "the media were not computed again";
    expectLively(watch, "following question");
}

TEST_F(FirstLight, AnswersAboutAVideoFrame)
{
    constexpr int kFrame = 7;
    EventLoopWatch watch;
    drop("media/clip.mp4");
    ASSERT_EQ(m_window->media().current()->frameCount, 40);
    clickAt(m_picture->canvas(), QPoint(30, 30));
    for (int i = 0; i < kFrame; ++i)
        pressKey(m_picture->canvas(), Qt::Key_Right);
    ASSERT_TRUE(waitUntil([this] { return m_window->media().current()->shownFrame == kFrame; }));
    EXPECT_EQ(m_picture->slider()->value(), kFrame);
    // The very frame that another decoder gave for this number.
    const QImage want =
        QImage(QString::fromStdString(dataPath("media/clip_frame_007.png"))).convertToFormat(QImage::Format_RGB888);
    const Image& got = m_window->media().current()->image;
    ASSERT_EQ(QSize(got.width(), got.height()), want.size());
    double difference = 0;
    for (int y = 0; y < want.height(); ++y) {
        for (int i = 0; i < 3 * want.width(); ++i)
            difference +=
                std::abs(got.rgb()[static_cast<std::size_t>(3 * y * want.width() + i)] - want.constScanLine(y)[i]);
    }
    EXPECT_LT(difference / (3.0 * want.width() * want.height()), 3.0);

    ask("What happens here?");
    watchAnswerStream();
    expectCounts();
    const auto record = m_window->run().record();
    ASSERT_EQ(record->question.media.size(), 1U);
    EXPECT_EQ(record->question.media[0].firstFrameIndex, kFrame);
    expectHoverTiesStripAndPicture();
    // Another frame was not part of the run: no highlights, and the panel says so.
    clickAt(m_picture->canvas(), QPoint(30, 30));
    pressKey(m_picture->canvas(), Qt::Key_Left);
    ASSERT_TRUE(waitUntil([this] { return m_window->media().current()->shownFrame == kFrame - 1; }));
    EXPECT_FALSE(m_picture->canvas()->runMedia());
    pressKey(m_picture->canvas(), Qt::Key_Right);
    ASSERT_TRUE(waitUntil([this] { return m_picture->canvas()->runMedia().has_value(); }));
    expectLively(watch, "video");
    moveTo(m_tokens->strip(), m_tokens->strip()->pointFromPosition(firstOf(TokenKind::World) + 2000));
    turnFor(200ms);
    EXPECT_FALSE(saveScreenshot(*m_window, "first-light-video").isEmpty());
}

TEST_F(FirstLight, StopsWithinTwoSecondsAndGoesOn)
{
    EventLoopWatch watch;
    drop("media/astronaut.png");
    ask("Who is this?");
    ASSERT_TRUE(waitUntil([this] { return m_window->run().state() == RunState::Running; }));
    turnFor(150ms);
    QElapsedTimer clock;
    clock.start();
    pressKey(m_question->textEdit(), Qt::Key_Escape);
    ASSERT_TRUE(waitUntil([this] { return m_window->run().state() == RunState::Cancelled; }, 10s));
    EXPECT_LT(clock.elapsed(), 2000);
    EXPECT_EQ(m_question->questionText(), QLatin1String("Who is this?")) << "the unanswered question comes back";
    for (const widgets::Message& message : m_window->messages().messages())
        EXPECT_NE(message.kind, widgets::MessageKind::Error) << "a stop is no error: " << message.text.toStdString();
    pressKey(m_question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
    watchAnswerStream();
    expectCounts();
    expectLively(watch, "stop and ask again");
}

TEST_F(FirstLight, BrokenModelFolderLeavesTheLoadedModelInUse)
{
    widgets::ModelChoice broken;
    broken.demo = false;
    broken.model = QString::fromStdString(dataPath("media"));
    m_window->loadModels(broken);
    ASSERT_TRUE(waitUntil([this] { return m_window->messages().rowCount() > 0; }));
    const std::string sentence = m_window->messages().messages().front().text.toStdString();
    EXPECT_THAT(sentence, testing::HasSubstr("config.json"));
    EXPECT_THAT(sentence, testing::HasSubstr(dataPath("media")));
    EXPECT_EQ(status(), sentence);
    drop("media/tiny.png");
    ask("Still there?");
    watchAnswerStream();
    expectCounts();
}

}  // namespace
}  // namespace armillary::test
