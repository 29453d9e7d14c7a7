// The kept ground of the attention map: pointing draws the marks alone, whatever else changes draws it anew, and either way the
// picture is the one that a canvas made just now draws.
#include "support/record_builder.h"
#include "window_support/picture_difference.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/attention_map_canvas.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QFontInfo>
#include <QMouseEvent>
#include <QTest>
#include <QWheelEvent>

#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace armillary::test {
namespace {

using namespace widgets;

constexpr std::int64_t kWindow = 20;

template <class T>
AnalysisArray arrayOf(const std::vector<T>& values, ElementType type)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(T));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    return {{"all"}, {type, {static_cast<std::int64_t>(values.size())}, std::move(bytes)}};
}

// As the analysis of a layer and head has it; every head has weights of its own, layer 1 sees everything before.
std::shared_ptr<const AnalysisResult> resultOf(int layer, int head, std::int64_t positions)
{
    AnalysisResult out;
    out.request = {"attention-map", {{"layer", std::to_string(layer)}, {"head", std::to_string(head)}}};
    std::vector<std::int64_t> queries(static_cast<std::size_t>(positions)), edges(queries.size() + 1);
    std::iota(queries.begin(), queries.end(), 0);
    std::iota(edges.begin(), edges.end(), 0);
    std::vector<float> mean, maximum;
    std::vector<std::uint8_t> states;
    for (std::int64_t query = 0; query < positions; ++query) {
        for (std::int64_t key = 0; key < positions; ++key) {
            mean.push_back(static_cast<float>((query * 7 + key * 13 + head * 29) % 31 + 1) / 400);
            maximum.push_back(static_cast<float>((query * 11 + key * 5 + head * 3) % 23 + 1) / 50);
            const CellMark mark = key > query                            ? CellMark::Future
                                  : layer != 1 && query - key >= kWindow ? CellMark::OutsideWindow
                                                                         : CellMark::Visible;
            states.push_back(static_cast<std::uint8_t>(mark));
        }
    }
    out.arrays["mean"] = arrayOf(mean, ElementType::Float32);
    out.arrays["maximum"] = arrayOf(maximum, ElementType::Float32);
    out.arrays["states"] = arrayOf(states, ElementType::UInt8);
    out.arrays["queries"] = arrayOf(queries, ElementType::Int64);
    out.arrays["row edges"] = arrayOf(edges, ElementType::Int64);
    out.arrays["column edges"] = arrayOf(edges, ElementType::Int64);
    return std::make_shared<const AnalysisResult>(std::move(out));
}

class AttentionGround : public testing::Test {
protected:
    struct Shown {
        int layer = 0, head = 0;
        bool isDifference = false;
        BinValue value = BinValue::Mean;
        ValueScale scale = ValueScale::Logarithmic;
    };

    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        RecordBuilder builder;
        const int picture = builder.addPicture("gradient.png", 40, 40);
        builder.text({"<bos>"}, TokenKind::Control).worldTokens(picture, 2, 3, 4).imageTokens(picture, 4, 4);
        builder.text({"What", " is", " this", "?"}).answer({" a", " ball"});
        auto record = std::make_shared<RunRecord>(*builder.build());
        record->model = {2, 4, 2, 8, 64, 512, 0.0625, 1e-6, kWindow, {true, false}};
        record->bidirectionalBlocks = {{27, 43}};
        m_record = record;
        m_canvas = std::make_unique<AttentionMapCanvas>(m_selection);
        m_canvas->resize(520, 430);
        m_canvas->setMap(pictureOf(m_shown));
        m_canvas->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_canvas.get()));
        ASSERT_TRUE(waitUntil([this] { return m_canvas->frameCount() > 0; })) << m_canvas->failure().toStdString();
        settle();
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }

    [[nodiscard]] AttentionMapPicture pictureOf(const Shown& shown) const
    {
        return attentionMapPicture(resultOf(shown.layer, shown.head, m_record->layout->size()), m_record,
                                   shown.isDifference, shown.value, shown.scale);
    }
    // Frames that follow input are drawn.
    static void settle() { turnFor(std::chrono::milliseconds(60)); }
    // The same by a canvas that has kept nothing.
    [[nodiscard]] QImage drawnAnew(const std::optional<QPointF>& pointer = std::nullopt)
    {
        AttentionMapCanvas canvas(m_selection);
        canvas.setFont(m_canvas->font());
        canvas.resize(m_canvas->size());
        canvas.setMap(m_canvas->map());
        canvas.setPart(m_canvas->part());
        if (pointer) {
            QMouseEvent move(QEvent::MouseMove, *pointer, *pointer, Qt::NoButton, Qt::NoButton, Qt::NoModifier);
            QCoreApplication::sendEvent(&canvas, &move);
            (void)canvas.grab();
        }
        return canvas.grab().toImage();
    }
    // The ground was drawn anew since `before` was seen, and looks like a fresh one.
    void expectNewGround(const QImage& before, int grounds, const char* after)
    {
        settle();
        const QImage now = m_canvas->grab().toImage();
        EXPECT_GT(m_canvas->groundsDrawn(), grounds) << after;
        EXPECT_NE(differenceOf(now, before), "") << after << " changed nothing";
        EXPECT_EQ(differenceOf(now, drawnAnew()), "") << after;
    }
    template <class Change>
    void expectNewGroundAfter(const char* what, Change change)
    {
        const QImage before = m_canvas->grab().toImage();
        const int grounds = m_canvas->groundsDrawn();
        change();
        expectNewGround(before, grounds, what);
    }
    void leave()
    {
        QEvent event(QEvent::Leave);
        QCoreApplication::sendEvent(m_canvas.get(), &event);
        settle();
    }
    [[nodiscard]] int changedPixels() const
    {
        int out = 0;
        for (const QRect& part : m_canvas->lastDamageRects())
            out += part.width() * part.height();
        return out;
    }

    Shown m_shown;
    Selection m_selection;
    std::shared_ptr<const RunRecord> m_record;
    std::unique_ptr<AttentionMapCanvas> m_canvas;
};

TEST_F(AttentionGround, PointingDrawsTheMarksAlone)
{
    const QImage unmarked = m_canvas->grab().toImage();
    EXPECT_EQ(differenceOf(unmarked, drawnAnew()), "");
    const int grounds = m_canvas->groundsDrawn();
    const int all = m_canvas->width() * m_canvas->height();
    for (const AttentionMapCanvas::Pair pair :
         {AttentionMapCanvas::Pair{30, 14}, AttentionMapCanvas::Pair{9, 40}, AttentionMapCanvas::Pair{31, 15}}) {
        const QPoint point = m_canvas->pointFrom(pair).toPoint();
        moveTo(m_canvas.get(), point);
        ASSERT_TRUE(waitUntil([&] { return m_canvas->pointed() == pair; }));
        settle();
        const QImage now = m_canvas->grab().toImage();
        EXPECT_NE(differenceOf(now, unmarked), "") << "no cross at the pointer";
        EXPECT_EQ(differenceOf(now, drawnAnew(QPointF(point))), "") << pair.queryIndex;
    }
    leave();
    EXPECT_EQ(differenceOf(m_canvas->grab().toImage(), unmarked), "") << "something of the marks stays";
    // What others hover and choose, and the query of the focus, is marked above the same ground.
    m_selection.hover({17});
    m_canvas->update();
    settle();
    EXPECT_GT(changedPixels(), 0);
    EXPECT_LT(changedPixels(), all / 8) << "more than the ticks at both sides";
    m_selection.choose({3, 4, 5, 33});
    m_selection.setFocus({.layer = 0, .head = 0, .query = 21});
    m_canvas->update();
    settle();
    EXPECT_EQ(differenceOf(m_canvas->grab().toImage(), drawnAnew()), "");
    EXPECT_EQ(m_canvas->groundsDrawn(), grounds) << "the ground was drawn for a mark";
}

TEST_F(AttentionGround, EveryMoveOfTheViewDrawsItAnew)
{
    const QPointF middle = m_canvas->pointFrom({20, 12});
    expectNewGroundAfter("the wheel", [&] {
        QWheelEvent wheel(middle, m_canvas->mapToGlobal(middle), {}, QPoint(0, 240), Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(m_canvas.get(), &wheel);
        ASSERT_TRUE(waitUntil([this] { return m_canvas->part().width() < 1; }));
        leave();
    });
    const QRectF zoomed = m_canvas->part();
    expectNewGroundAfter("a drag", [&] {
        const QPoint from = m_canvas->mapRect().center().toPoint();
        QTest::mousePress(m_canvas.get(), Qt::LeftButton, {}, from);
        for (int step = 1; step <= 4; ++step) {
            const QPointF to = from - QPoint(12 * step, 9 * step);
            QMouseEvent move(QEvent::MouseMove, to, m_canvas->mapToGlobal(to), Qt::NoButton, Qt::LeftButton,
                             Qt::NoModifier);
            QCoreApplication::sendEvent(m_canvas.get(), &move);
            settle();
        }
        QTest::mouseRelease(m_canvas.get(), Qt::LeftButton, {}, from - QPoint(48, 36));
        settle();
        leave();
        ASSERT_NE(m_canvas->part(), zoomed);
    });
    EXPECT_EQ(m_canvas->part().size(), zoomed.size());
    expectNewGroundAfter("a key that zooms", [this] { m_canvas->zoomBy(3); });
    expectNewGroundAfter("a restored view", [this] { m_canvas->setPart({0.1, 0.2, 0.4, 0.4}); });
    expectNewGroundAfter("fitting", [this] { m_canvas->zoomToFit(); });
    expectNewGroundAfter("another size", [this] { m_canvas->resize(430, 380); });
    expectNewGroundAfter("larger letters", [this] {
        QFont font = m_canvas->font();
        font.setPixelSize(QFontInfo(font).pixelSize() * 3 / 2);
        m_canvas->setFont(font);
    });
}

TEST_F(AttentionGround, OtherDataAndThemesDrawItAnew)
{
    const auto show = [this](const Shown& shown) { return [this, shown] { m_canvas->setMap(pictureOf(shown)); }; };
    expectNewGroundAfter("another head", show({.head = 2}));
    expectNewGroundAfter("another layer", show({.layer = 1, .head = 2}));
    expectNewGroundAfter("the maximum", show({.head = 2, .value = BinValue::Maximum}));
    expectNewGroundAfter("a linear scale", show({.head = 2, .value = BinValue::Maximum, .scale = ValueScale::Linear}));
    expectNewGroundAfter("the colours of a difference", show({.head = 2, .isDifference = true}));
    expectNewGroundAfter("another size of the map", [this] {
        m_canvas->setMap(attentionMapPicture(resultOf(0, 1, 20), m_record, false, BinValue::Mean, ValueScale::Linear));
    });
    expectNewGroundAfter("the dark theme", [] { applyTheme(ThemeChoice::Dark, true); });
    expectNewGroundAfter("the light theme", [] { applyTheme(ThemeChoice::Light, false); });
}

TEST_F(AttentionGround, IsGoneWithTheMapAndComesBackWithIt)
{
    m_canvas->setHint(QStringLiteral("There is no map."));
    m_canvas->setMap({});
    settle();
    const QColor ground = themeColors(false).base;
    const QPoint corner = m_canvas->mapRect().topLeft().toPoint() + QPoint(4, 4);
    EXPECT_EQ(m_canvas->grab().toImage().pixelColor(corner), ground);
    m_canvas->setMap(pictureOf({.head = 3}));
    settle();
    EXPECT_NE(m_canvas->grab().toImage().pixelColor(corner), ground);
    EXPECT_EQ(differenceOf(m_canvas->grab().toImage(), drawnAnew()), "");
}

}  // namespace
}  // namespace armillary::test
