// What the window tells the panels of models, time and memory: loaded models, stages as they come, folders that are read.
#include "support/test_data.h"
#include "support/tiny_engine.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/cost/memory_curve.h"
#include "widgets/cost/stage_chart.h"
#include "widgets/models/model_tree_model.h"
#include "widgets/panels/anatomy_panel.h"
#include "widgets/panels/memory_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/timeline_panel.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QPlainTextEdit>

namespace armillary::test {
namespace {

using namespace widgets;

TEST(DetailFeedsOfTheWindow, LoadingAndRunsReachTheirPanels)
{
    TinyScript script;
    const auto log = std::make_shared<TinyLog>();
    const auto window = showWindow([script, log] { return std::make_unique<TinyEngine>(script, log); });
    auto* anatomy = window->panel<AnatomyPanel>();
    auto* memory = window->panel<MemoryPanel>();
    auto* timeline = window->panel<TimelinePanel>();
    ASSERT_TRUE(anatomy != nullptr && memory != nullptr && timeline != nullptr);
    EXPECT_TRUE(memory->curve()->samples().empty());
    window->loadModels({});
    ASSERT_TRUE(waitUntil([&] { return window->controller().hasModel(); }));
    EXPECT_EQ(anatomy->sourceBox()->currentText(), QStringLiteral("Loaded models"));
    EXPECT_GT(memory->model()->rowCount(), 0);
    EXPECT_GE(memory->curve()->samples().size(), 2U) << "before and after";

    auto* question = window->panel<QuestionPanel>();
    clickAt(question->textEdit()->viewport(), QPoint(20, 10));
    typeText(question->textEdit(), QStringLiteral("What is it?"));
    const std::size_t before = memory->curve()->samples().size();
    pressKey(question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
    ASSERT_TRUE(waitUntil([&] { return window->run().state() == RunState::Completed; }));
    EXPECT_GT(memory->curve()->samples().size(), before);

    // The scripted engine records no times; the stages are those that came in.
    ASSERT_EQ(timeline->chart()->runs().size(), 1U);
    const auto& stages = timeline->chart()->runs().front().stages;
    ASSERT_FALSE(stages.empty());
    EXPECT_EQ(stages.back().name, QStringLiteral("Answer"));
    EXPECT_FALSE(stages.back().isRunning);

    anatomy->openSnapshot(QString::fromStdString(dataPath("models/gemma-tiny")));
    ASSERT_TRUE(waitUntil([&] { return anatomy->sourceBox()->currentText() == QStringLiteral("Folder gemma-tiny"); }));
    EXPECT_TRUE(anatomy->model()->layerIndex(6).isValid());
    saveScreenshot(*window, QStringLiteral("details-in-window"));
}

}  // namespace
}  // namespace armillary::test
