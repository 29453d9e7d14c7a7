// The real window with the real engine on a nanoVLM folder: the panels that know nothing of tiles show its run as they show one of
// Gemma's.
#include "engine/engine.h"
#include "support/test_data.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/panels/attention_panel.h"
#include "widgets/panels/lens_panel.h"
#include "widgets/panels/map_panel.h"
#include "widgets/panels/matrix_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/token_panel.h"
#include "widgets/token_description.h"

#include <gtest/gtest.h>

#include <QDockWidget>
#include <QPlainTextEdit>
#include <QTabWidget>
#include <QToolButton>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::RunState;

class NanoVlmFirstLight : public testing::Test {
protected:
    void SetUp() override
    {
        m_window = showWindow(&makeEngine, {1600, 1000}, modelAnalyses());
        widgets::ModelChoice choice;
        choice.demo = false;
        choice.model = QString::fromStdString(dataPath("models/nanovlm-tiny"));
        choice.device = QStringLiteral("cpu");
        m_window->loadModels(choice);
        ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }, 60s));
    }
    void TearDown() override
    {
        m_window->close();
        EXPECT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, 10s)) << "the window closes";
    }

    // Shows the panel and waits until it has something to export.
    template <class PanelType>
    void expectData(const char* id)
    {
        m_window->dock(QString::fromLatin1(id))->show();
        m_window->dock(QString::fromLatin1(id))->raise();
        EXPECT_TRUE(waitUntil([this] { return m_window->panel<PanelType>()->viewData().has_value(); }, 30s)) << id;
        saveScreenshot(*m_window, QStringLiteral("nanovlm_") + QLatin1String(id));
    }

    std::unique_ptr<app::MainWindow> m_window;
};

TEST_F(NanoVlmFirstLight, PanelsShowItsRun)
{
    dropFiles(m_window.get(), {QString::fromStdString(dataPath("media/wide.png"))});
    ASSERT_TRUE(waitUntil([this] {
        const widgets::MediaItem* item = m_window->media().current();
        return item != nullptr && item->ready();
    }));
    auto* question = m_window->panel<widgets::QuestionPanel>();
    clickAt(question->textEdit()->viewport(), QPoint(20, 10));
    typeText(question->textEdit(), QStringLiteral("What is happening in this image?"));
    pressKey(question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
    ASSERT_TRUE(waitUntil([this] { return m_window->run().state() == RunState::Completed; }, 60s));
    const auto record = m_window->run().record();
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->layout->count(TokenKind::Image), 16);
    EXPECT_EQ(record->settings.at("model"), "nanovlm-tiny");

    // The last image token: lower right of the third tile.
    std::int64_t last = 0;
    for (std::int64_t i = 0; i < record->layout->size(); ++i)
        last = record->layout->kinds[static_cast<std::size_t>(i)] == TokenKind::Image ? i : last;
    m_window->selection().choose({last});
    EXPECT_TRUE(widgets::describeToken(m_window->run(), last).oneLine().contains(QStringLiteral("tile r1 c3")));

    expectData<widgets::TokenPanel>("tokens");
    expectData<widgets::AttentionPanel>("attention");
    expectData<widgets::MatrixPanel>("matrix");
    expectData<widgets::MapPanel>("map");

    // Lenses read words of the answer; the second one runs the model again.
    m_window->selection().choose({record->layout->size() + 1});
    expectData<widgets::LensPanel>("lens");
    m_window->panel<widgets::LensPanel>()->tabs()->setCurrentIndex(1);
    turnFor(200ms);
    for (QToolButton* button :
         m_window->panel<widgets::LensPanel>()->findChildren<QToolButton*>(QStringLiteral("analysisStart")))
        if (button->isVisible())
            clickAt(button, button->rect().center());
    expectData<widgets::LensPanel>("lens");
}

}  // namespace
}  // namespace armillary::test
