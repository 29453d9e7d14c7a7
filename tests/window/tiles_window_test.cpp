// Pictures on their way to the tile simulator of a real window that has no model: dropped on the panel, and by its button.
#include "support/test_data.h"
#include "support/tiny_engine.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/tiles_canvas.h"
#include "widgets/panels/inputs_panel.h"
#include "widgets/panels/tiles_panel.h"

#include <gtest/gtest.h>

#include <QDockWidget>
#include <QLabel>

namespace armillary::test {
namespace {

using namespace widgets;

TEST(TilesOfTheWindow, APictureDroppedOnThePanelIsCut)
{
    TinyScript script;
    const auto log = std::make_shared<TinyLog>();
    const auto window = showWindow([script, log] { return std::make_unique<TinyEngine>(script, log); });
    window->views().layout().setWorkspace(Workspace::Layout);
    auto* tiles = window->panel<TilesPanel>();
    ASSERT_NE(tiles, nullptr);
    ASSERT_NE(window->panel<InputsPanel>(), nullptr);
    QDockWidget* dock = window->dock(QStringLiteral("tiles"));
    ASSERT_NE(dock, nullptr);
    dock->show();
    dock->raise();
    ASSERT_TRUE(waitUntil([tiles] { return tiles->isVisible(); }));
    EXPECT_FALSE(window->controller().hasModel());
    const bool before = tiles->hasPicture();
    dropFiles(tiles, {QString::fromStdString(dataPath("media/coffee.png"))});
    ASSERT_TRUE(waitUntil([tiles] {
        return tiles->hasPicture() && tiles->canvas()->scene().plan && tiles->canvas()->scene().source.width == 448;
    })) << "a picture before: "
        << before << ", now " << tiles->canvas()->scene().source.width << " wide";
    EXPECT_TRUE(tiles->summary()->text().contains(QStringLiteral("2048")));
    turnFor(std::chrono::milliseconds(200));
    EXPECT_FALSE(saveScreenshot(*window, QStringLiteral("tiles-window")).isEmpty());
}

}  // namespace
}  // namespace armillary::test
