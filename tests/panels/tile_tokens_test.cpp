// A record of nanoVLM's form in panels that know nothing of it: the global tile and the tiles as grids over one picture, tokens by their
// place, pointer and selection.
#include "support/record_builder.h"
#include "window_support/keyboard.h"
#include "window_support/overlay_pixels.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "inspect/tile_plan.h"
#include "widgets/canvas/picture_canvas.h"
#include "widgets/inspector/inspector_text.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/theme.h"
#include "widgets/token_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QComboBox>
#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;
using ::testing::ElementsAre;

constexpr int kSide = 2;  // tokens of a tile's side

// A picture of 240 x 160 in 2 x 3 tiles and a global one, in the order of the prompt: marker, tokens.
std::shared_ptr<const RunRecord> tiledRecord()
{
    RecordBuilder builder;
    builder.addPicture("tiled.png", 160, 240);
    auto record = std::make_shared<RunRecord>(*builder.build());
    inspect::TileRules rules;
    rules.tilePixels = 64;
    rules.maxSidePixels = 192;
    rules.tokensPerSide = kSide;
    const auto plan = inspect::planTiles({160, 240}, rules);
    auto layout = std::make_shared<TokenLayout>();
    const auto add = [&](std::int64_t id, TokenKind kind, const std::string& piece, const TokenOrigin& origin) {
        layout->ids.push_back(id);
        layout->kinds.push_back(kind);
        layout->pieces.push_back(piece);
        layout->origins.push_back(origin);
    };
    add(1, TokenKind::Control, "<|im_start|>", {});
    for (const inspect::Tile& tile : plan->tiles) {
        add(601 + tile.crop, TokenKind::Control, inspect::tileMarker(tile), {0, tile.crop, -1, -1, -1});
        for (int i = 0; i < kSide * kSide; ++i)
            add(600, TokenKind::Image, "<|image|>", {0, tile.crop, -1, i / kSide, i % kSide});
        TokenGrid grid{0, tile.crop, TokenKind::Image, kSide, kSide, 1, tile.covers};
        if (!tile.isGlobal) {
            grid.tileRow = tile.row;
            grid.tileColumn = tile.column;
        }
        layout->grids.push_back(grid);
    }
    add(42, TokenKind::Text, "What?", {});
    record->layout = layout;
    return record;
}

// Position of a token of tile `crop`.
std::int64_t positionOf(int crop, int row, int column)
{
    return 1 + crop * (1 + kSide * kSide) + 1 + row * kSide + column;
}

class TileTokens : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_panel = std::make_unique<PicturePanel>(m_stage.context());
        m_panel->resize(640, 480);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
        m_stage.run.showRecord(m_record);
        ASSERT_TRUE(waitUntil([this] { return m_panel->canvas()->drawnGrids() == 1; }));
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }

    // Every image token's value rises with its place in the sequence.
    void paint()
    {
        OverlayLayer layer;
        layer.title = QStringLiteral("Test ramp");
        layer.unit = QStringLiteral("weight");
        const auto size = static_cast<std::size_t>(m_record->layout->size());
        for (std::size_t i = 0; i < size; ++i)
            layer.values.push_back(static_cast<float>(i) / static_cast<float>(size));
        layer.marks.assign(size, CellMark::Visible);
        m_stage.overlays.setLayer(QStringLiteral("ramp"), layer);
        m_stage.overlays.setOpacity(QStringLiteral("ramp"), 1);
    }
    [[nodiscard]] QPoint pointOf(double row, double column) const
    {
        const QRectF rect = m_panel->canvas()->pictureRect();
        return QPointF(rect.left() + column * rect.width(), rect.top() + row * rect.height()).toPoint();
    }

    std::shared_ptr<const RunRecord> m_record = tiledRecord();
    PanelStage m_stage;
    std::unique_ptr<PicturePanel> m_panel;
};

TEST_F(TileTokens, ThePictureHasGlobalTileAndTilesToPaint)
{
    paint();
    ASSERT_EQ(m_panel->tokensBox()->count(), 2);
    panelPicture(*m_panel, QStringLiteral("tiles-global-light"));
    m_panel->tokensBox()->setCurrentIndex(1);
    ASSERT_EQ(m_panel->canvas()->tokens(), PictureTokens::Crops);
    ASSERT_TRUE(waitUntil([this] { return m_panel->canvas()->drawnGrids() == 6; }));
    panelPicture(*m_panel, QStringLiteral("tiles-split-light"));
    applyTheme(ThemeChoice::Dark, true);
    panelPicture(*m_panel, QStringLiteral("tiles-split-dark"));
    // Side by side without gaps: 6 tiles of 4 tokens, each its own colour.
    const auto colorAt = [this](double row, double column) {
        const QImage image = m_panel->canvas()->grab().toImage();
        return image.pixelColor(pointOf(row, column));
    };
    EXPECT_NE(colorAt(0.1, 0.1), colorAt(0.1, 0.9));
    EXPECT_NE(colorAt(0.1, 0.1), colorAt(0.9, 0.1));
}

TEST_F(TileTokens, APointChoosesTheTokenOfItsTile)
{
    m_panel->tokensBox()->setCurrentIndex(1);
    ASSERT_TRUE(waitUntil([this] { return m_panel->canvas()->drawnGrids() == 6; }));
    // Lower right corner: tile r2 c3, its last token.
    QTest::mouseClick(m_panel->canvas(), Qt::LeftButton, {}, pointOf(0.95, 0.95));
    EXPECT_TRUE(waitUntil([this] { return !m_stage.selection.chosen().empty(); }));
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(positionOf(6, 1, 1)));
    m_panel->tokensBox()->setCurrentIndex(0);
    ASSERT_TRUE(waitUntil([this] { return m_panel->canvas()->drawnGrids() == 1; }));
    QTest::mouseClick(m_panel->canvas(), Qt::LeftButton, {}, pointOf(0.95, 0.95));
    EXPECT_TRUE(waitUntil([this] { return m_stage.selection.isChosen(positionOf(0, 1, 1)); }));
    EXPECT_THAT(m_stage.selection.chosen(), ElementsAre(positionOf(0, 1, 1)));
}

TEST_F(TileTokens, TokensAreCalledByTheirTile)
{
    const QString last = describeToken(m_stage.run, positionOf(6, 1, 1)).oneLine();
    EXPECT_TRUE(last.contains(QStringLiteral("tile r2 c3"))) << last.toStdString();
    EXPECT_TRUE(last.contains(QStringLiteral("x 200–240"))) << last.toStdString();
    EXPECT_TRUE(last.contains(QStringLiteral("y 120–160"))) << last.toStdString();
    const QString whole = describeToken(m_stage.run, positionOf(0, 0, 0)).oneLine();
    EXPECT_TRUE(whole.contains(QStringLiteral("global tile"))) << whole.toStdString();
    // The marker in front of a tile names it too.
    QString said;
    for (const InspectorLine& line : tokenLines(m_stage.run, positionOf(6, 0, 0) - 1))
        said += line.label + QLatin1Char('=') + line.value + QLatin1Char(';');
    EXPECT_TRUE(said.contains(QStringLiteral("tile r2 c3"))) << said.toStdString();
    EXPECT_TRUE(said.contains(QStringLiteral("<row_2_col_3>"))) << said.toStdString();
}

}  // namespace
}  // namespace armillary::test
