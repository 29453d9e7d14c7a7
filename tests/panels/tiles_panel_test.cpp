// The tile simulator without a model: its numbers move the plan, sentences for cuts that do not fit, the pointer in every view, a run's
// tokens in and out, and what it looks like.
#include "support/attention_scene.h"
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/canvas/tiles_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/models/result_table_model.h"
#include "widgets/panels/tiles_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QJsonObject>
#include <QLabel>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>

namespace armillary::test {
namespace {

using namespace widgets;
using Pane = TilesCanvas::Pane;

class TilesOfPicture : public testing::Test {
protected:
    void show(bool dark = false, const QSize& size = {1000, 700})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<TilesPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
    }
    // The design note's frame, opened and never asked about.
    void openFrame(int width = 240, int height = 160)
    {
        const Image image = gradientImage(height, width);
        QImage picture(image.rgb().data(), width, height, 3 * width, QImage::Format_RGB888);
        const MediaId id = m_stage.media.add(QStringLiteral("frame.png"), QStringLiteral("frame.png"));
        m_stage.media.setOpened(id, 1, 0);
        m_stage.media.setFrame(id, {0, image, picture.copy(), picture.scaled(96, 64)});
        ASSERT_TRUE(m_panel->hasPicture());
    }
    [[nodiscard]] TilesCanvas* canvas() const { return m_panel->canvas(); }
    [[nodiscard]] QPoint pointOf(Pane pane, double row, double column) const
    {
        const QRectF rect = canvas()->paneRect(pane);
        return QPointF(rect.left() + column * rect.width(), rect.top() + row * rect.height()).toPoint();
    }
    [[nodiscard]] double cell(int row, const char* column) const
    {
        const ResultTableModel* model = m_panel->table();
        return model->index(row, model->columnOf(QString::fromLatin1(column)))
            .data(ResultTableModel::CellRole)
            .toDouble();
    }

    PanelStage m_stage;
    std::unique_ptr<TilesPanel> m_panel;
};

TEST_F(TilesOfPicture, AnEmptyOneSaysWhatToDropAndCutsATestCard)
{
    show();
    EXPECT_FALSE(m_panel->hasPicture());
    EXPECT_FALSE(m_panel->viewData());
    const auto* hint = m_panel->findChild<HintPage*>();
    ASSERT_TRUE(hint != nullptr && hint->isVisible());
    QTest::mouseClick(hint->button(), Qt::LeftButton);
    ASSERT_TRUE(m_panel->hasPicture());
    ASSERT_TRUE(canvas()->scene().plan);
    EXPECT_EQ(canvas()->scene().source.width, 1280);
    m_panel->field(TilesPanel::Width)->setValue(512);
    m_panel->field(TilesPanel::Height)->setValue(512);
    EXPECT_EQ(canvas()->scene().source.width, 512);
    EXPECT_EQ(canvas()->scene().plan->stretch(), 1);
    EXPECT_TRUE(m_panel->summary()->text().contains(QStringLiteral("proportions kept")));
}

TEST_F(TilesOfPicture, NumbersAreThoseOfThePublishedConfigurations)
{
    show();
    const QAbstractItemModelTester tester(m_panel->table());
    openFrame();
    ASSERT_EQ(m_panel->table()->rowCount(), 3);
    EXPECT_EQ(cell(0, "pictures"), 13);
    EXPECT_EQ(cell(0, "tokens_a_picture"), 64);
    EXPECT_EQ(cell(0, "image_tokens"), 13 * 64);
    EXPECT_EQ(cell(0, "total_tokens"), 13 * 65);
    EXPECT_EQ(cell(1, "image_tokens"), 256);
    EXPECT_TRUE(m_panel->summary()->text().contains(QStringLiteral("2048×1536")))
        << m_panel->summary()->text().toStdString();
    EXPECT_TRUE(m_panel->summary()->text().contains(QStringLiteral("12.5 %")));
    EXPECT_TRUE(m_panel->problem()->isHidden());
}

TEST_F(TilesOfPicture, SlidersMoveThePlan)
{
    show();
    openFrame(1600, 900);
    // Tiles of 256: 8 x 5 of them, 4 x 4 tokens each.
    m_panel->slider(TilesPanel::TileSide)->setValue(256 / 32);
    ASSERT_TRUE(canvas()->scene().plan) << canvas()->scene().planProblem.toStdString();
    EXPECT_EQ(canvas()->scene().plan->columns, 8);
    EXPECT_EQ(canvas()->scene().plan->rows, 5);
    EXPECT_EQ(canvas()->scene().plan->tokensPerTile(), 16);
    m_panel->slider(TilesPanel::Shuffle)->setValue(2);
    EXPECT_EQ(canvas()->scene().plan->tokensPerTile(), 64);
    m_panel->field(TilesPanel::MaxSide)->setValue(1024);
    EXPECT_EQ(m_panel->slider(TilesPanel::MaxSide)->value(), 1024 / 64) << "slider and field go together";
    EXPECT_EQ(canvas()->scene().plan->resized.width, 1024);
    // The global tile goes with its box, by key too.
    EXPECT_TRUE(canvas()->scene().plan->tiles.front().isGlobal);
    canvas()->setFocus();
    QTest::keyClick(canvas(), Qt::Key_G);
    EXPECT_FALSE(m_panel->globalBox()->isChecked());
    EXPECT_FALSE(canvas()->scene().plan->tiles.front().isGlobal);
    // Small pictures grow, or only to the next tile.
    openFrame();
    QTest::keyClick(canvas(), Qt::Key_Home);
    EXPECT_EQ(canvas()->scene().plan->resized.width, 2048);
    QTest::keyClick(canvas(), Qt::Key_M, Qt::ShiftModifier);
    EXPECT_EQ(canvas()->scene().plan->resized.width, 512);
    EXPECT_EQ(canvas()->scene().plan->tiles.size(), 1U);
    QTest::keyClick(canvas(), Qt::Key_Minus);
    EXPECT_EQ(m_panel->field(TilesPanel::TileSide)->value(), 480);
}

TEST_F(TilesOfPicture, WhatDoesNotFitIsSaidAndThePictureTurnsGrey)
{
    show();
    openFrame();
    m_panel->field(TilesPanel::MaxSide)->setValue(2000);
    EXPECT_TRUE(m_panel->problem()->isVisible());
    EXPECT_TRUE(m_panel->problem()->text().contains(QStringLiteral("whole number of tiles")));
    EXPECT_FALSE(canvas()->scene().plan);
    EXPECT_EQ(m_panel->table()->rowCount(), 3) << "the other ways stay";
    m_panel->field(TilesPanel::MaxSide)->setValue(2048);
    m_panel->field(TilesPanel::Shuffle)->setValue(5);
    EXPECT_TRUE(m_panel->problem()->text().contains(QStringLiteral("32 x 32 patches")));
    m_panel->field(TilesPanel::Shuffle)->setValue(4);
    m_panel->slider(TilesPanel::TileSide)->setValue(4);
    EXPECT_TRUE(m_panel->problem()->text().contains(QStringLiteral("only 8 have names")));
    m_panel->field(TilesPanel::Names)->setValue(16);
    EXPECT_TRUE(m_panel->problem()->isHidden());
}

TEST_F(TilesOfPicture, PanAndScanIsLive)
{
    show();
    openFrame(1500, 600);
    EXPECT_EQ(canvas()->scene().crops.size(), 3U);
    EXPECT_EQ(cell(2, "pictures"), 4);
    m_panel->field(TilesPanel::MostCrops)->setValue(2);
    EXPECT_EQ(canvas()->scene().crops.size(), 2U);
    m_panel->ratioField()->setValue(3);
    EXPECT_TRUE(canvas()->scene().crops.empty());
    EXPECT_TRUE(canvas()->scene().cropNote.contains(QStringLiteral("2.50 : 1")));
    m_panel->ratioField()->setValue(1.2);
    m_panel->field(TilesPanel::LeastCrop)->setValue(700);
    EXPECT_TRUE(canvas()->scene().cropNote.contains(QStringLiteral("700")));
}

TEST_F(TilesOfPicture, LinesAreDrawnWhereTilesMeet)
{
    show();
    openFrame(1600, 1200);
    (void)canvas()->grab();
    const QImage image = canvas()->grab().toImage();
    const QColor accent = themeColors(false).accent;
    // 4 x 3 tiles: a vertical line at a quarter of the width, a horizontal one at a third of the height.
    for (const QPoint& at : {pointOf(Pane::Tiles, 0.2, 0.25), pointOf(Pane::Tiles, 0.5, 0.5)}) {
        bool found = false;
        for (int dx = -2; dx <= 2; ++dx) {
            const QColor color = image.pixelColor(at + QPoint(dx, 0));
            found = found || (std::abs(color.red() - accent.red()) < 50 && std::abs(color.blue() - accent.blue()) < 50);
        }
        EXPECT_TRUE(found) << at.x() << " " << at.y();
    }
    // The stretched panes show the same pixel at the same fraction: red grows to the right.
    for (const Pane pane : {Pane::Tiles, Pane::Global, Pane::Square, Pane::Crops}) {
        EXPECT_LT(image.pixelColor(pointOf(pane, 0.45, 0.06)).red() + 90,
                  image.pixelColor(pointOf(pane, 0.45, 0.97)).red())
            << pane;
    }
}

TEST_F(TilesOfPicture, ThePointerNamesTheTokenOfEveryView)
{
    show();
    openFrame(1600, 1200);
    (void)canvas()->grab();
    QTest::mouseMove(canvas(), pointOf(Pane::Square, 0.5, 0.6));
    (void)canvas()->grab();
    const QString words = canvas()->wordsAt({0.6, 0.5});
    EXPECT_TRUE(words.contains(QStringLiteral("<row_2_col_3>"))) << words.toStdString();
    EXPECT_TRUE(words.contains(QStringLiteral("x 960  y 600")));
    EXPECT_TRUE(words.contains(QStringLiteral("Gemma's square: token row 8, column 9")));
    EXPECT_TRUE(words.contains(QStringLiteral("crop 2")) || words.contains(QStringLiteral("crop 1")));
    EXPECT_TRUE(words.contains(QStringLiteral("global tile: token row 4, column 4")));
    // A pointer that rests is reported once.
    turnFor(std::chrono::milliseconds(60));
    const QSignalSpy reports(canvas(), &TilesCanvas::pointed);
    (void)canvas()->grab();
    (void)canvas()->grab();
    turnFor(std::chrono::milliseconds(60));
    EXPECT_EQ(reports.count(), 0);
}

TEST_F(TilesOfPicture, TokensOfARunGoInAndOut)
{
    show();
    const AttentionScene scene;
    m_stage.run.showRecord(scene.record);
    ASSERT_TRUE(m_panel->hasPicture());
    EXPECT_EQ(canvas()->scene().source.width, 180);
    (void)canvas()->grab();
    QTest::mouseMove(canvas(), pointOf(Pane::Square, 0.9, 0.9));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.isHovered(scene.image + 23); }));
    QTest::mouseClick(canvas(), Qt::LeftButton, {}, pointOf(Pane::Tiles, 0.1, 0.1));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.chosen() == Positions{scene.image}; }));
    QTest::mouseClick(canvas(), Qt::LeftButton, Qt::ControlModifier, pointOf(Pane::Crops, 0.1, 0.3));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.chosen().size() == 2; }));
    QTest::mouseClick(canvas(), Qt::LeftButton, Qt::AltModifier, pointOf(Pane::Square, 0.9, 0.9));
    ASSERT_TRUE(waitUntil([&] { return m_stage.selection.focus().query == scene.image + 23; }));
    // In: a chosen token is framed in every view.
    m_stage.selection.choose({});
    QTest::mouseMove(canvas(), QPoint(1, 1));
    (void)canvas()->grab();
    const QImage before = canvas()->grab().toImage();
    m_stage.selection.choose({scene.image + 8});
    m_panel->showSelection();
    (void)canvas()->grab();
    const QImage after = canvas()->grab().toImage();
    // Token 8 is row 1, column 2 of 4 x 6: its left border.
    for (const Pane pane : {Pane::Tiles, Pane::Square, Pane::Crops}) {
        const QPoint edge = pointOf(pane, 1.5 / 4, 2.0 / 6);
        bool changed = false;
        for (int dx = -2; dx <= 2; ++dx)
            changed = changed || before.pixel(edge + QPoint(dx, 0)) != after.pixel(edge + QPoint(dx, 0));
        EXPECT_TRUE(changed) << pane;
    }
}

TEST_F(TilesOfPicture, ALockedOneKeepsItsPicture)
{
    show();
    const AttentionScene scene;
    m_stage.run.showRecord(scene.record);
    m_panel->setLocked(true);
    m_stage.run.clear();
    EXPECT_TRUE(m_panel->hasPicture());
    EXPECT_EQ(canvas()->scene().source.width, 180);
    m_panel->setLocked(false);
    EXPECT_FALSE(m_panel->hasPicture());
}

TEST_F(TilesOfPicture, TheViewComesBackAndIsExported)
{
    show();
    m_panel->cutTestCard();
    m_panel->field(TilesPanel::Width)->setValue(1920);
    m_panel->field(TilesPanel::Height)->setValue(800);
    m_panel->slider(TilesPanel::TileSide)->setValue(8);
    m_panel->modeBox()->setCurrentIndex(1);
    m_panel->ratioField()->setValue(2);
    const QJsonObject view = m_panel->saveView();
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data);
    ASSERT_EQ(data->tables.size(), 2U);
    EXPECT_EQ(data->tables[1].rows.size(), 8U * 4 + 1);
    EXPECT_TRUE(m_panel->caption().contains(QStringLiteral("1920×800")));
    show();
    m_panel->restoreView(view);
    EXPECT_TRUE(m_panel->hasPicture());
    EXPECT_EQ(m_panel->saveView(), view);
    EXPECT_EQ(canvas()->scene().plan->rules.tilePixels, 256);
    EXPECT_EQ(canvas()->scene().source.height, 800);
}

TEST_F(TilesOfPicture, LooksRight)
{
    for (const bool dark : {false, true}) {
        for (const QSize& size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            show(dark, size);
            openFrame(1500, 640);
            turnFor(std::chrono::milliseconds(60));
            const QImage picture =
                panelPicture(*m_panel, QStringLiteral("tiles-%1-%2").arg(dark ? "dark" : "light").arg(size.width()));
            EXPECT_EQ(picture.size(), size * picture.devicePixelRatio());
            if (size.width() == 420) {
                m_panel->settingsButton()->click();
                turnFor(std::chrono::milliseconds(60));
                (void)panelPicture(*m_panel, QStringLiteral("tiles-settings-%1-420").arg(dark ? "dark" : "light"));
            }
            if (size.width() == 1000) {
                bool isPointed = false;
                QObject::connect(canvas(), &TilesCanvas::pointed, m_panel.get(),
                                 [&isPointed](const std::optional<QPointF>& at) { isPointed = at.has_value(); });
                // The pointer of the window before may stand there already.
                QTest::mouseMove(canvas(), QPoint(1, 1));
                QTest::mouseMove(canvas(), pointOf(Pane::Tiles, 0.3, 0.4));
                EXPECT_TRUE(waitUntil([&] { return isPointed; }));
                (void)panelPicture(*m_panel, QStringLiteral("tiles-hover-%1-1000").arg(dark ? "dark" : "light"));
            }
        }
    }
}

}  // namespace
}  // namespace armillary::test
