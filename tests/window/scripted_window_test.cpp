// The main window with a scripted engine: docks, asking, stopping, following questions, errors, closing.
#include "support/test_data.h"
#include "support/tiny_engine.h"
#include "window_support/event_loop_watch.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/picture_canvas.h"
#include "widgets/canvas/token_strip_canvas.h"
#include "widgets/legend_row.h"
#include "widgets/panels/answer_panel.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/token_panel.h"
#include "widgets/shell/model_dialog.h"
#include "widgets/shell/notice_strip.h"
#include "widgets/shell/status_line.h"
#include "widgets/text/conversation_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QDockWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>

namespace armillary::test {
namespace {

using widgets::RunState;

class ScriptedWindow : public testing::Test {
protected:
    void open(TinyScript script, const QSize& size = {1280, 800})
    {
        m_log = std::make_shared<TinyLog>();
        m_window = showWindow([script, log = m_log] { return std::make_unique<TinyEngine>(script, log); }, size);
    }
    void loadDemo()
    {
        m_window->loadModels({});
        ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }));
    }
    void openCoffee()
    {
        m_window->openMedia({QString::fromStdString(dataPath("media/coffee.png"))});
        ASSERT_TRUE(waitUntil(
            [this] { return m_window->media().current() != nullptr && m_window->media().current()->ready(); }));
    }
    void ask(const QString& text)
    {
        auto* question = m_window->panel<widgets::QuestionPanel>();
        clickAt(question->textEdit()->viewport(), QPoint(20, 10));
        typeText(question->textEdit(), text);
        ASSERT_EQ(question->questionText(), text);
        pressKey(question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
    }
    [[nodiscard]] bool answered() const { return m_window->run().state() == RunState::Completed; }
    [[nodiscard]] QString answerText() const { return m_window->panel<widgets::AnswerPanel>()->view()->answerText(); }

    std::shared_ptr<TinyLog> m_log;
    std::unique_ptr<app::MainWindow> m_window;
};

struct Look {
    const char* name;
    QSize size;
    widgets::ThemeChoice theme;
};

class Looks : public ScriptedWindow, public testing::WithParamInterface<Look> {};

TEST_P(Looks, ShowEveryState)
{
    const Look look = GetParam();
    const QString name = QString::fromLatin1(look.name);
    app::Settings().setTheme(look.theme);
    TinyScript script;
    script.worldRows = script.worldColumns = 64;
    script.imageSide = 16;
    script.tokenCount = 150;
    open(script, look.size);
    loadDemo();
    turnFor(std::chrono::milliseconds(200));
    saveScreenshot(*m_window, name + "-1-empty");
    openCoffee();
    m_window->openMedia({QString::fromStdString(dataPath("media/clip.mp4"))});
    ASSERT_TRUE(waitUntil([this] { return m_window->media().current()->isVideo(); }));
    ask("What is in this picture?");
    ASSERT_TRUE(waitUntil([this] { return answered(); }));
    auto* picture = m_window->panel<widgets::PicturePanel>();
    moveTo(picture->canvas(), picture->canvas()->rect().center());
    turnFor(std::chrono::milliseconds(300));
    saveScreenshot(*m_window, name + "-2-picture-hovered");
    m_window->panel<widgets::QuestionPanel>()->optionsButton()->click();
    auto* tokens = m_window->panel<widgets::TokenPanel>();
    tokens->strip()->zoomBy(6);
    tokens->strip()->scrollToPosition(70);
    turnFor(std::chrono::milliseconds(100));
    moveTo(tokens->strip(), tokens->strip()->pointFromPosition(70));
    turnFor(std::chrono::milliseconds(300));
    saveScreenshot(*m_window, name + "-3-token-hovered-options");
    m_window->openMedia({QString::fromStdString(dataPath("media/LICENSES.md"))});
    ASSERT_TRUE(waitUntil([this] { return m_window->messages().rowCount() > 0; }));
    moveTo(m_window.get(), QPoint(2, 2));
    turnFor(std::chrono::milliseconds(100));
    m_window->findChild<QDockWidget*>("dock.messages")->show();
    turnFor(std::chrono::milliseconds(300));
    saveScreenshot(*m_window, name + "-4-messages");
}

TEST_F(ScriptedWindow, AModelWhoseWordsMeanNothingSaysSo)
{
    for (const bool isMeaningless : {true, false}) {
        TinyScript script;
        script.wordsAreMeaningless = isMeaningless;
        open(script);
        auto* notice = m_window->findChild<widgets::NoticeStrip*>();
        ASSERT_NE(notice, nullptr);
        EXPECT_FALSE(notice->isVisible()) << "nothing is loaded yet";
        loadDemo();
        ASSERT_EQ(m_window->controller().report()->wordsAreMeaningless, isMeaningless);
        EXPECT_EQ(notice->isVisible(), isMeaningless);
        if (isMeaningless) {
            EXPECT_THAT(notice->text().toStdString(), testing::HasSubstr("its words mean nothing"));
            EXPECT_EQ(notice->accessibleName(), notice->text());
            turnFor(std::chrono::milliseconds(50));
            clickAt(notice->button(), notice->button()->rect().center());
            const auto* dialog = m_window->findChild<widgets::ModelDialog*>();
            ASSERT_NE(dialog, nullptr) << "the remedy is a click away";
            EXPECT_TRUE(dialog->isVisible());
        } else {
            EXPECT_TRUE(notice->text().isEmpty());
        }
        m_window.reset();
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Looks,
                         testing::Values(Look{"small-light", {1280, 800}, widgets::ThemeChoice::Light},
                                         Look{"large-light", {1920, 1080}, widgets::ThemeChoice::Light},
                                         Look{"small-dark", {1280, 800}, widgets::ThemeChoice::Dark},
                                         Look{"large-dark", {1920, 1080}, widgets::ThemeChoice::Dark}),
                         [](const auto& info) {
                             return QString::fromLatin1(info.param.name).remove('-').toStdString();
                         });

}  // namespace
}  // namespace armillary::test
