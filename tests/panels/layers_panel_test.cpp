// The list of overlay layers: rows follow the stack, switches and sliders change it.
#include "window_support/panel_stage.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/overlay/overlay_legend.h"
#include "widgets/panels/layers_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QJsonObject>
#include <QSlider>
#include <QTest>
#include <QToolButton>

namespace armillary::test {
namespace {

using namespace widgets;

OverlayLayer layerOf(const QString& title, float highest, ColorScale scale = ColorScale::Magnitude)
{
    OverlayLayer out;
    out.title = title;
    out.unit = QStringLiteral("weight");
    out.values = {0, highest};
    out.lowest = scale == ColorScale::Signed ? -highest : 0;
    out.highest = highest;
    out.scale = scale;
    return out;
}

class LayersOnScreen : public testing::Test {
protected:
    void show(bool dark, const QSize& size)
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<LayersPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void addLayers()
    {
        m_stage.overlays.setLayer(QStringLiteral("attention"),
                                  layerOf(QStringLiteral("Attention · choosing “left” · mean of 34 layers · mean of 8 "
                                                         "heads · raw"),
                                          0.0123F));
        OverlayLayer second = layerOf(QStringLiteral("A − B · Attention"), 0.4F, ColorScale::Signed);
        second.marks = {CellMark::Future, CellMark::OutsideWindow};
        m_stage.overlays.setLayer(QStringLiteral("difference"), second);
        OverlayLayer empty;
        empty.title = QStringLiteral("Answer words that read a patch: point at one");
        m_stage.overlays.setLayer(QStringLiteral("readers"), empty);
    }

    PanelStage m_stage;
    std::unique_ptr<LayersPanel> m_panel;
};

TEST_F(LayersOnScreen, RowsAreTheStackFromTheTop)
{
    show(false, {300, 420});
    EXPECT_TRUE(m_panel->rows().empty());
    EXPECT_FALSE(m_panel->onBox()->isVisible()) << "a hint stands there";
    addLayers();
    ASSERT_EQ(m_panel->rows().size(), 3U);
    EXPECT_EQ(m_panel->rows()[0].id, QStringLiteral("readers"));
    EXPECT_EQ(m_panel->rows()[2].id, QStringLiteral("attention"));
    EXPECT_TRUE(m_panel->rows()[2].legend->text().contains(QStringLiteral("choosing “left”")));
    EXPECT_TRUE(m_panel->rows()[0].legend->gradientRect().isEmpty());
    EXPECT_FALSE(m_panel->rows()[1].legend->gradientRect().isEmpty());
    EXPECT_EQ(m_panel->rows()[1].opacity->value(), 75);
    EXPECT_TRUE(m_panel->rows()[1].opacity->accessibleName().contains(QStringLiteral("A − B")));
    m_stage.overlays.setOpacity(QStringLiteral("difference"), 0.3);
    EXPECT_EQ(m_panel->rows()[1].opacity->value(), 30);
    m_stage.overlays.removeLayer(QStringLiteral("difference"));
    EXPECT_EQ(m_panel->rows().size(), 2U);
}

TEST_F(LayersOnScreen, SwitchesAndSlidersChangeTheStack)
{
    show(false, {300, 420});
    addLayers();
    const LayersPanel::Row row = m_panel->rows()[2];
    QTest::keyClick(row.visible, Qt::Key_Space);
    EXPECT_FALSE(m_stage.overlays.find(QStringLiteral("attention"))->isVisible);
    QTest::keyClick(row.opacity, Qt::Key_Left);
    EXPECT_LT(m_stage.overlays.find(QStringLiteral("attention"))->opacity, 0.75);
    QTest::mouseClick(row.solo, Qt::LeftButton);
    EXPECT_EQ(m_stage.overlays.solo(), QStringLiteral("attention"));
    EXPECT_EQ(m_stage.overlays.top()->id, QStringLiteral("attention"));
    QTest::mouseClick(row.solo, Qt::LeftButton);
    EXPECT_TRUE(m_stage.overlays.solo().isEmpty());
    EXPECT_EQ(m_stage.overlays.top()->id, QStringLiteral("difference")) << "an empty layer is not the uppermost";
    QTest::keyClick(m_panel->onBox(), Qt::Key_Space);
    EXPECT_FALSE(m_stage.overlays.isOn());
    EXPECT_EQ(m_stage.overlays.top(), nullptr);
    const QJsonObject view = m_panel->saveView();
    m_stage.overlays.setOn(true);
    m_stage.overlays.setVisible(QStringLiteral("attention"), true);
    m_panel->restoreView(view);
    EXPECT_FALSE(m_stage.overlays.isOn());
    EXPECT_FALSE(m_stage.overlays.find(QStringLiteral("attention"))->isVisible);
}

TEST_F(LayersOnScreen, ANarrowLegendKeepsItsUnitWhole)
{
    m_stage.overlays.setLayer(QStringLiteral("attention"), layerOf(QStringLiteral("Attention"), 0.000474F));
    OverlayLegend legend(m_stage.overlays, OverlayLegend::Form::ThreeLines, QStringLiteral("attention"));
    double before = 0;
    for (const int width : {185, 400}) {
        legend.resize(width, legend.sizeHint().height());
        const QRectF bar = legend.gradientRect();
        const int words = legend.fontMetrics().horizontalAdvance(QStringLiteral("0.000474 weight"));
        EXPECT_LE(bar.right() + words, width) << "what stands behind the bar";
        EXPECT_GT(bar.width(), before);
        before = bar.width();
    }
    EXPECT_GE(before, 100);
}

TEST_F(LayersOnScreen, ALongTitleShowsWholeLinesOnly)
{
    show(false, {300, 420});
    m_stage.overlays.setLayer(
        QStringLiteral("attention"),
        layerOf(QStringLiteral("Attention · choosing “<end_of_turn>” · mean of 34 layers · mean of 8 heads · raw"), 1));
    auto* legend = m_panel->rows()[0].legend;
    for (int width = 180; width <= 340; width += 8) {
        m_panel->resize(width, 420);
        QCoreApplication::processEvents();
        const QImage image = legend->grab().toImage();
        const QColor ground = image.pixelColor(1, 1);
        const int afterTitle = 2 * QFontMetrics(legend->font()).lineSpacing() + 1;
        const int beforeScale = static_cast<int>(legend->gradientRect().top()) - 5;
        ASSERT_LT(afterTitle, beforeScale);
        for (int row = afterTitle; row < beforeScale; ++row) {
            for (int column = 0; column < image.width(); ++column)
                ASSERT_EQ(image.pixelColor(column, row), ground) << width << " wide, at " << column << ", " << row;
        }
    }
}

TEST_F(LayersOnScreen, LooksRight)
{
    addLayers();
    for (const bool dark : {false, true}) {
        show(dark, {300, 420});
        turnFor(std::chrono::milliseconds(50));
        EXPECT_FALSE(saveScreenshot(*m_panel, QStringLiteral("layers-%1").arg(dark ? "dark" : "light")).isEmpty());
        // The middle of a signed scale is neutral, its ends are not.
        const OverlayLegend* legend = m_panel->rows()[1].legend;
        const QRectF bar = legend->gradientRect();
        const QImage image = const_cast<OverlayLegend*>(legend)->grab().toImage();
        const QColor middle = image.pixelColor(bar.center().toPoint());
        const QColor high = image.pixelColor(QPointF(bar.right() - 2, bar.center().y()).toPoint());
        EXPECT_LT(middle.saturation(), 40);
        EXPECT_GT(high.saturation(), 120);
    }
}

}  // namespace
}  // namespace armillary::test
