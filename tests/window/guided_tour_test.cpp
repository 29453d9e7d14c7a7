// The guided tour with the embedded model: what can be asked is asked live, and said to be live.
#include "app/demo/demo_desk.h"
#include "engine/engine.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/shell/coach_strip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::CoachStrip;

TEST(GuidedTourLive, AsksTheModelWithAndWithoutTheWorld)
{
    const auto window = showWindow(&makeEngine, {1920, 1080}, modelAnalyses());
    window->showFirstMinutes();
    window->loadModels({});
    ASSERT_TRUE(waitUntil([&] { return window->controller().hasModel() && window->run().record() != nullptr; }, 60s));
    app::GuidedTour& tour = window->demo().tour();
    pressKey(window.get(), Qt::Key_F8);
    ASSERT_TRUE(waitUntil([&] { return tour.isRunning(); }, 5s));
    const auto live = [&](int world) {
        const auto record = window->pair().shown().record;
        return tour.coach()->mark() == CoachStrip::Mark::Live && record && !window->controller().isBusy() &&
               (world < 0 || (record->layout->count(TokenKind::World) > 0) == (world > 0));
    };
    pressKey(window.get(), Qt::Key_PageDown);
    ASSERT_TRUE(waitUntil([&] { return live(1); }, 60s)) << tour.coach()->words().toStdString();
    pressKey(window.get(), Qt::Key_PageDown);
    ASSERT_TRUE(waitUntil(
        [&] {
            const auto b = window->pair().b().record;
            return live(1) && b && b->layout->count(TokenKind::World) == 0 &&
                   !window->demo().shelf().isRecorded(window->sessionFiles().path(), window->pair().b().id);
        },
        60s))
        << tour.coach()->words().toStdString();
    turnFor(300ms);
    saveScreenshot(*window, QStringLiteral("tour_live"));
    EXPECT_EQ(window->pair().a().record->question.turns.back().text,
              window->pair().b().record->question.turns.back().text);
    pressKey(window.get(), Qt::Key_PageDown);
    ASSERT_TRUE(waitUntil([&] { return tour.step() == 3U && live(1); }, 10s));
    EXPECT_THAT(window->selection().chosen(), testing::ElementsAre(window->run().prefillLength()));
    window->close();
    EXPECT_TRUE(waitUntil([&] { return !window->isVisible(); }, 20s));
}

}  // namespace
}  // namespace armillary::test
