// What the model sees, from a record: every input with its range beside the source, tokens in and out of every view, hints where a
// record keeps none, and what it looks like.
#include "support/attention_scene.h"
#include "window_support/keyboard.h"
#include "window_support/overlay_pixels.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/waiting.h"

#include "widgets/canvas/inputs_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/panels/inputs_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QJsonObject>
#include <QLabel>
#include <QTest>
#include <QToolButton>

namespace armillary::test {
namespace {

using namespace widgets;

// Keeps `level(channel, row, column)` as an input of the record.
template <class Level>
void keepLevels(RunRecord& record, inspect::InputReader reader, int index, int side, const inspect::PixelScale& scale,
                Level level)
{
    const auto plane = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
    std::vector<float> values(3 * plane);
    for (int channel = 0; channel < 3; ++channel) {
        for (int i = 0; i < side * side; ++i) {
            const double rescaled = level(channel, i / side, i % side) * scale.rescale[0];
            values[static_cast<std::size_t>(channel) * plane + static_cast<std::size_t>(i)] =
                (static_cast<float>(rescaled) - static_cast<float>(scale.mean[0])) /
                static_cast<float>(scale.deviation[0]);
        }
    }
    inspect::keepModelInput(record, reader, 0, index, values, plane, side, side, scale);
}

class InputsOfRun : public testing::Test {
protected:
    InputsOfRun()
    {
        auto record = std::make_shared<RunRecord>(*m_scene.record);
        // Two crops of two by three tokens beside the whole picture; the sequence gets their tokens at its end.
        auto layout = std::make_shared<TokenLayout>(*record->layout);
        m_crops = layout->size();
        for (std::int32_t crop = 1; crop <= 2; ++crop) {
            const double left = (crop - 1) * 0.5;
            layout->grids.push_back({0, crop, TokenKind::Image, 2, 3, 1, {0, left, 1, left + 0.5}});
            for (std::int32_t i = 0; i < 6; ++i) {
                layout->ids.push_back(1);
                layout->kinds.push_back(TokenKind::Image);
                layout->origins.push_back({0, crop, -1, i / 3, i % 3});
                layout->pieces.emplace_back("<image>");
            }
        }
        record->layout = layout;
        record->generated.clear();
        inspect::PixelScale siglip;
        siglip.mean = siglip.deviation = {0.5, 0.5, 0.5};
        const auto ramp = [](int side) {
            return [side](int channel, int row, int column) {
                return channel == 0 ? 255 * column / (side - 1) : channel == 1 ? 255 * row / (side - 1) : 96;
            };
        };
        for (int crop = 0; crop < 3; ++crop)
            keepLevels(*record, inspect::InputReader::VisionEncoder, crop, 56, siglip, ramp(56));
        for (int frame = 0; frame < 5; ++frame) {
            keepLevels(*record, inspect::InputReader::VideoAutoencoder, frame, 48,
                       inspect::scaleOf(PixelRange::ZeroTo255), [frame](int channel, int row, int column) {
                           const bool inside = std::abs(column - 8 - 6 * frame) < 5 && std::abs(row - 24) < 5;
                           return inside ? (channel == 0 ? 255 : 40) : 120;
                       });
        }
        record->question.world.source = WorldSource::Clip;
        record->question.world.rollout.reset();
        record->rolloutFrames = nullptr;
        Clip& clip = record->question.media[0];
        clip.frames.assign(5, clip.frames[0]);
        clip.framesPerSecond = 8;
        m_record = record;
    }
    void show(bool dark = false, const QSize& size = {1000, 700})
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<InputsPanel>(m_stage.context());
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
    }
    void showInputs()
    {
        m_stage.run.showRecord(m_record);
        ASSERT_TRUE(m_panel->hasInputs());
        ASSERT_TRUE(waitUntil([this] { return m_panel->waiting() == 0; }));
        (void)canvas()->grab();
    }
    [[nodiscard]] InputsCanvas* canvas() const { return m_panel->canvas(); }
    // Cards: the source, three of the encoder, five of the autoencoder.
    static constexpr int kWhole = 1, kCrop = 2, kFrame = 4;
    [[nodiscard]] QPoint pointOf(int card, double row, double column) const
    {
        const QRectF rect = canvas()->pictureRect(card);
        return QPointF(rect.left() + column * rect.width(), rect.top() + row * rect.height()).toPoint();
    }
    [[nodiscard]] QColor colorAt(const QPoint& point) { return canvas()->grab().toImage().pixelColor(point); }

    AttentionScene m_scene;
    std::shared_ptr<const RunRecord> m_record;
    std::int64_t m_crops = 0;  // first token of crop 1
    PanelStage m_stage;
    std::unique_ptr<InputsPanel> m_panel;
};

TEST_F(InputsOfRun, HintsSayWhyThereIsNothing)
{
    show();
    const auto hint = [this] {
        QString out;
        for (const HintPage* page : m_panel->findChildren<HintPage*>()) {
            if (page->isVisible())
                out += page->titleLabel()->text();
        }
        return out.toStdString();
    };
    EXPECT_EQ(hint(), "What the model sees appears here");
    m_stage.run.showRecord(m_scene.record);
    EXPECT_EQ(hint(), "This record keeps no model inputs");
    EXPECT_FALSE(m_panel->viewData());
    m_stage.run.begin(std::make_shared<Question>(m_scene.record->question));
    EXPECT_EQ(hint(), "The run is still going on");
    m_stage.run.finish(RunState::Failed, nullptr);
    EXPECT_EQ(hint(), "This run failed before it left a record");
    auto textOnly = std::make_shared<RunRecord>(*m_scene.record);
    textOnly->question.media.clear();
    m_stage.run.showRecord(textOnly);
    EXPECT_EQ(hint(), "This run saw no picture");
    showInputs();
    EXPECT_EQ(hint(), "");
}

TEST_F(InputsOfRun, EveryInputHasItsRangeAndNormalisation)
{
    show();
    showInputs();
    const std::vector<InputCard>& cards = canvas()->cards();
    ASSERT_EQ(cards.size(), 9U);
    EXPECT_EQ(cards[0].kind, InputCard::Kind::Original);
    EXPECT_TRUE(cards[0].title.contains(QStringLiteral("180×120")));
    EXPECT_TRUE(cards[kCrop].title.contains(QStringLiteral("crop 1"))) << cards[kCrop].title.toStdString();
    EXPECT_TRUE(cards[kWhole].range.startsWith(QStringLiteral("−1 … 1, mean"))) << cards[kWhole].range.toStdString();
    EXPECT_EQ(cards[kWhole].normalisation, QStringLiteral("(x/255 − 0.5) / 0.5"));
    EXPECT_TRUE(cards[kFrame].range.startsWith(QStringLiteral("40 … 255, mean"))) << cards[kFrame].range.toStdString();
    EXPECT_EQ(cards[kFrame].normalisation, QStringLiteral("levels as they are"));
    EXPECT_TRUE(cards[kFrame + 3].title.contains(QStringLiteral("VAE 3 → t1")));
    const auto data = m_panel->viewData();
    ASSERT_TRUE(data);
    ASSERT_EQ(data->tables[0].rows.size(), 8U * 3);
    EXPECT_EQ(std::get<std::string>(data->tables[0].rows[0][0]), "media.0.pixels.0");
    EXPECT_TRUE(m_panel->caption().contains(QStringLiteral("5 frame")));
}

TEST_F(InputsOfRun, PixelsAreThoseOfTheRecord)
{
    show();
    showInputs();
    // The encoder's ramp: red to the right, green down; the source of the scene has the same.
    EXPECT_LE(colorDistance(colorAt(pointOf(kWhole, 0.5, 0.5)), QColor(128, 128, 96)), 8);
    EXPECT_LE(colorDistance(colorAt(pointOf(kCrop, 0.9, 0.1)), QColor(26, 230, 96)), 12);
    // The square stands at column 8 + 6 f of 48.
    for (const int frame : {0, 4}) {
        EXPECT_LE(colorDistance(colorAt(pointOf(kFrame + frame, 0.5, (8.5 + 6 * frame) / 48)), QColor(255, 40, 40)), 4);
        EXPECT_LE(colorDistance(colorAt(pointOf(kFrame + frame, 0.1, 0.1)), QColor(120, 120, 120)), 4);
    }
}

TEST_F(InputsOfRun, ClickingAPatchChoosesItsToken)
{
    show();
    showInputs();
    QTest::mouseMove(canvas(), pointOf(kWhole, 0.9, 0.9));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.hovered() == Positions{m_scene.image + 23}; }));
    QTest::mouseClick(canvas(), Qt::LeftButton, {}, pointOf(kWhole, 0.1, 0.1));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.chosen() == Positions{m_scene.image}; }));
    // In the second crop: its own token, not the whole picture's.
    QTest::mouseClick(canvas(), Qt::LeftButton, {}, pointOf(kCrop + 1, 0.25, 0.5));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.chosen() == Positions{m_crops + 6 + 1}; }));
    // Frames 1 to 4 are latent frame 1.
    QTest::mouseClick(canvas(), Qt::LeftButton, Qt::ControlModifier, pointOf(kFrame + 2, 0.99, 0.99));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.chosen().size() == 2; }));
    EXPECT_TRUE(m_stage.selection.isChosen(m_scene.world + 2 * 48 - 1));
    QTest::mouseClick(canvas(), Qt::LeftButton, Qt::AltModifier, pointOf(kWhole, 0.1, 0.9));
    ASSERT_TRUE(waitUntil([this] { return m_stage.selection.focus().query == m_scene.image + 5; }));
    EXPECT_EQ(m_stage.selection.chosen().size(), 2U);
}

TEST_F(InputsOfRun, ChosenTokensAreFramedInEveryView)
{
    show();
    showInputs();
    EXPECT_EQ(canvas()->drawnFrames(), 0);
    // Image token 0 was made from the whole picture; crop 1 and all frames show the same place.
    m_stage.selection.choose({m_scene.image});
    m_panel->showSelection();
    (void)canvas()->grab();
    EXPECT_EQ(canvas()->drawnFrames(), 2) << "the source and the encoder's whole picture";
    EXPECT_EQ(canvas()->drawnCorners(), 1 + 5);
    const QRectF rect = canvas()->pictureRect(kWhole);
    const QPoint edge = QPointF(rect.left() + rect.width() / 6, rect.top() + rect.height() / 8).toPoint();
    const QImage framed = canvas()->grab().toImage();
    m_stage.selection.choose({});
    m_panel->showSelection();
    (void)canvas()->grab();
    const QImage plain = canvas()->grab().toImage();
    int unlike = 0;
    for (int dx = -2; dx <= 2; ++dx)
        unlike += framed.pixel(edge + QPoint(dx, 0)) != plain.pixel(edge + QPoint(dx, 0)) ? 1 : 0;
    EXPECT_GE(unlike, 2);
    // A world token of latent frame 1: its four frames, and the place in the others.
    m_stage.selection.choose({m_scene.world + 48});
    m_panel->showSelection();
    (void)canvas()->grab();
    EXPECT_EQ(canvas()->drawnFrames(), 4 + 1);
    // Hovering one more.
    m_stage.selection.hover({m_crops});
    m_panel->showSelection();
    (void)canvas()->grab();
    EXPECT_EQ(canvas()->drawnFrames(), 4 + 1 + 2);
}

TEST_F(InputsOfRun, OneAtATimeStandsBesideItsSource)
{
    show();
    showInputs();
    canvas()->setFocus();
    QTest::keyClick(canvas(), Qt::Key_Return);
    ASSERT_EQ(canvas()->solo(), kWhole) << "the first that is no source";
    EXPECT_TRUE(m_panel->soloButton()->isChecked());
    QTest::keyClick(canvas(), Qt::Key_Right);
    ASSERT_EQ(canvas()->solo(), kCrop);
    (void)canvas()->grab();
    ASSERT_FALSE(canvas()->originalRect().isEmpty());
    // Beside crop 1 stands the left half of the source: red ends at its middle.
    const QRectF source = canvas()->originalRect();
    EXPECT_NEAR(source.width() / source.height(), 90.0 / 120, 0.02);
    const QColor right = colorAt(QPointF(source.right() - 4, source.center().y()).toPoint());
    EXPECT_NEAR(right.red(), 126, 8);
    EXPECT_TRUE(canvas()->pictureRect(kWhole).isEmpty());
    const QJsonObject view = m_panel->saveView();
    // A double click on the picture goes back to all.
    QTest::mouseDClick(canvas(), Qt::LeftButton, {}, pointOf(kCrop, 0.5, 0.5));
    ASSERT_TRUE(waitUntil([this] { return !canvas()->solo(); }));
    m_panel->restoreView(view);
    EXPECT_EQ(canvas()->solo(), kCrop);
    QTest::keyClick(canvas(), Qt::Key_F);
    EXPECT_FALSE(canvas()->solo());
    QTest::keyClick(canvas(), Qt::Key_W);
    EXPECT_EQ(canvas()->cards().size(), 4U) << "the encoder's alone";
    QTest::keyClick(canvas(), Qt::Key_W);
    EXPECT_EQ(canvas()->cards().size(), 6U) << "the autoencoder's alone";
}

TEST_F(InputsOfRun, BesideAFrameOfARolloutStandsTheFrameThatItGoesOnFrom)
{
    // Nine frames, of which a rollout of seven reads the last seven: the first of them is the third of the clip.
    auto record = std::make_shared<RunRecord>(*m_record);
    Clip& clip = record->question.media[0];
    clip.frames.clear();
    for (int frame = 0; frame < 9; ++frame) {
        std::vector<std::uint8_t> rgb(12 * 16 * 3, 0);
        for (std::size_t i = 0; i < rgb.size(); i += 3)
            rgb[i] = static_cast<std::uint8_t>(20 * frame);
        clip.frames.emplace_back(12, 16, std::move(rgb));
    }
    record->question.world.source = WorldSource::Rollout;
    record->question.world.rollout.emplace().frames = 7;
    m_record = record;
    show();
    showInputs();
    const auto& cards = canvas()->cards();
    const auto frame = std::find_if(cards.begin(), cards.end(),
                                    [](const InputCard& card) { return card.kind == InputCard::Kind::Frame; });
    ASSERT_NE(frame, cards.end());
    canvas()->setSolo(static_cast<int>(frame - cards.begin()));
    (void)canvas()->grab();
    ASSERT_FALSE(canvas()->originalRect().isEmpty());
    EXPECT_NEAR(colorAt(canvas()->originalRect().center().toPoint()).red(), 40, 3);
}

TEST_F(InputsOfRun, ALockedOneKeepsItsRun)
{
    show();
    showInputs();
    m_panel->setLocked(true);
    m_stage.run.clear();
    EXPECT_TRUE(m_panel->hasInputs());
    m_panel->setLocked(false);
    EXPECT_FALSE(m_panel->hasInputs());
}

TEST_F(InputsOfRun, LooksRight)
{
    for (const bool dark : {false, true}) {
        for (const QSize& size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            show(dark, size);
            showInputs();
            m_stage.selection.choose({m_scene.image + 8, m_crops + 2, m_scene.world + 48 + 20});
            m_panel->showSelection();
            turnFor(std::chrono::milliseconds(60));
            const QImage picture =
                panelPicture(*m_panel, QStringLiteral("inputs-%1-%2").arg(dark ? "dark" : "light").arg(size.width()));
            EXPECT_EQ(picture.size(), size * picture.devicePixelRatio());
            if (size.width() == 640) {
                canvas()->setFocus();
                QTest::keyClick(canvas(), Qt::Key_Return);
                turnFor(std::chrono::milliseconds(60));
                (void)panelPicture(*m_panel, QStringLiteral("inputs-solo-%1-640").arg(dark ? "dark" : "light"));
            }
            m_stage.selection.choose({});
            m_stage.run.clear();
        }
    }
}

}  // namespace
}  // namespace armillary::test
