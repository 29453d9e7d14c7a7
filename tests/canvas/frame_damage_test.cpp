// Canvases draw only what changed: the picture must be the one that drawing everything gives, and still frames cost nothing.
#include "window_support/picture_difference.h"
#include "window_support/waiting.h"

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/kept_ground.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QTest>

#include <memory>
#include <random>

namespace armillary::test {
namespace {

using namespace widgets;

struct Scene {
    QPointF spot{40, 40};
    QColor color{Qt::red};
    int words = 0;
    bool isSlanting = false;
    QImage picture;
};

class SceneCanvas : public ImguiCanvas {
public:
    SceneCanvas() : m_textures(stage(), 1 << 20) {}
    Scene scene;

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override
    {
        const auto x = static_cast<float>(scene.spot.x()), y = static_cast<float>(scene.spot.y());
        for (int i = 0; i < 12; ++i)
            list.AddRectFilled(ImVec2(static_cast<float>(20 + 30 * i), 200),
                               ImVec2(static_cast<float>(44 + 30 * i), 230), canvasColor(20 * i, 120, 200));
        if (!scene.picture.isNull())
            m_textures.draw(list, scene.picture, ImVec2(250, 20), ImVec2(350, 120));
        list.PushClipRect(ImVec2(10, 10), ImVec2(size.x - 10, size.y - 10));
        list.AddCircleFilled(ImVec2(x, y), 17, canvasColor(scene.color));
        list.AddLine(ImVec2(x, 0), ImVec2(x, size.y), canvasColor(Qt::gray));
        if (scene.isSlanting) {
            list.AddLine(ImVec2(size.x, size.y), ImVec2(x, y), canvasColor(scene.color), 2);
            list.AddTriangleFilled(ImVec2(x, y), ImVec2(x + 90, y + 40), ImVec2(x + 10, y + 130),
                                   canvasColor(Qt::cyan));
        }
        list.PopClipRect();
        const QByteArray words = QByteArray::number(scene.words);
        list.AddText(ImVec2(20, 250), canvasColor(Qt::black), words.constData());
    }

private:
    TextureStore m_textures;
};

class DamagedFrames : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_canvas = shown();
        ASSERT_TRUE(m_canvas->failure().isEmpty()) << m_canvas->failure().toStdString();
    }
    [[nodiscard]] static std::unique_ptr<SceneCanvas> shown()
    {
        auto out = std::make_unique<SceneCanvas>();
        out->resize(401, 299);
        out->show();
        (void)QTest::qWaitForWindowExposed(out.get());
        (void)waitUntil([&out] { return out->frameCount() > 0; });
        return out;
    }
    // What a canvas shows that never drew anything else.
    [[nodiscard]] QImage afresh() const
    {
        const auto fresh = shown();
        fresh->scene = m_canvas->scene;
        fresh->resize(400, 299);
        fresh->resize(401, 299);
        (void)fresh->grab();
        return fresh->grab().toImage();
    }

    std::unique_ptr<SceneCanvas> m_canvas;
};

TEST_F(DamagedFrames, AreTheFramesThatDrawingEverythingGives)
{
    std::mt19937 engine(4);
    for (int step = 0; step < 16; ++step) {
        Scene& scene = m_canvas->scene;
        scene.spot = QPointF(engine() % 400, engine() % 300);
        if (step % 3 == 0)
            scene.color = QColor::fromHsv(static_cast<int>(engine() % 360), 200, 200);
        scene.words += step % 2;
        scene.isSlanting = step > 2;
        if (step % 4 == 2) {
            scene.picture = QImage(9, 7, QImage::Format_RGB32);
            scene.picture.fill(QColor::fromHsv(static_cast<int>(engine() % 360), 255, 255));
        }
        const QImage damaged = m_canvas->grab().toImage();
        const QImage whole = afresh();
        ASSERT_EQ(damaged.size(), whole.size());
        QRect differs;
        for (int y = 0; y < whole.height(); ++y) {
            for (int x = 0; x < whole.width(); ++x)
                differs |= damaged.pixel(x, y) == whole.pixel(x, y) ? QRect() : QRect(x, y, 1, 1);
        }
        EXPECT_TRUE(differs.isNull()) << "step " << step << ": " << differs.x() << ", " << differs.y() << ", "
                                      << differs.width() << " x " << differs.height();
    }
}

TEST_F(DamagedFrames, AreNothingWhenNothingChanged)
{
    (void)m_canvas->grab();
    (void)m_canvas->grab();
    EXPECT_TRUE(m_canvas->lastDamage().isEmpty());
    EXPECT_GT(m_canvas->lastDrawListSeconds(), 0);
    EXPECT_GE(m_canvas->lastDrawSeconds(), m_canvas->lastDrawListSeconds());
}

TEST_F(DamagedFrames, AreSmallWhenLittleChanged)
{
    (void)m_canvas->grab();
    m_canvas->scene.words = 7;
    (void)m_canvas->grab();
    EXPECT_FALSE(m_canvas->lastDamage().isEmpty());
    EXPECT_TRUE(QRect(0, 224, 64, 64).contains(m_canvas->lastDamage()))
        << m_canvas->lastDamage().width() << " x " << m_canvas->lastDamage().height();
}

TEST_F(DamagedFrames, AreSeveralPartsWhenTheHighlightGoesFarAway)
{
    (void)m_canvas->grab();
    m_canvas->scene.spot = QPointF(300, 260);
    (void)m_canvas->grab();
    const std::vector<QRect>& parts = m_canvas->lastDamageRects();
    EXPECT_GE(parts.size(), 2U);
    int pixels = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        pixels += parts[i].width() * parts[i].height();
        EXPECT_TRUE(QRect(0, 0, 401, 299).contains(parts[i]));
        for (std::size_t j = 0; j < i; ++j)
            EXPECT_FALSE(parts[i].intersects(parts[j]));
    }
    EXPECT_LT(pixels, 401 * 299 / 2);
    for (const QPoint& changed : {QPoint(40, 40), QPoint(300, 260)}) {
        EXPECT_TRUE(std::any_of(parts.begin(), parts.end(), [&](const QRect& part) { return part.contains(changed); }))
            << changed.x();
    }
}

TEST_F(DamagedFrames, ArePaintedOnlyWhereTheyChanged)
{
    class Painted : public QObject {
    public:
        QRegion region;
        int count = 0;
        bool eventFilter(QObject* watched, QEvent* event) override
        {
            if (event->type() == QEvent::Paint) {
                region |= static_cast<QPaintEvent*>(event)->region();
                ++count;
            }
            return QObject::eventFilter(watched, event);
        }
    } painted;
    turnFor(std::chrono::milliseconds(50));
    m_canvas->installEventFilter(&painted);
    m_canvas->scene.words = 7;
    m_canvas->update();
    ASSERT_TRUE(waitUntil([&] { return painted.count > 0; }));
    EXPECT_EQ(painted.region.boundingRect(), m_canvas->lastDamage());
    EXPECT_TRUE(QRect(0, 224, 64, 64).contains(painted.region.boundingRect()));
    // A frame in which nothing changed paints nothing.
    const qint64 frames = m_canvas->frameCount();
    painted.count = 0;
    m_canvas->update();
    ASSERT_TRUE(waitUntil([&] { return m_canvas->frameCount() > frames; }));
    turnFor(std::chrono::milliseconds(30));
    EXPECT_EQ(painted.count, 0);
}

TEST_F(DamagedFrames, AreEverythingForAnotherThemeOrSize)
{
    (void)m_canvas->grab();
    applyTheme(ThemeChoice::Dark, true);
    (void)m_canvas->grab();
    EXPECT_EQ(m_canvas->grab().toImage().pixelColor(395, 5), themeColors(true).base);
    applyTheme(ThemeChoice::Light, false);
    EXPECT_EQ(m_canvas->grab().toImage().pixelColor(395, 5), themeColors(false).base);
    (void)m_canvas->grab();
    EXPECT_EQ(m_canvas->lastDamage(), QRect());
    m_canvas->resize(400, 299);
    (void)m_canvas->grab();
    EXPECT_EQ(m_canvas->lastDamage(), QRect(0, 0, 400, 299));
}

TEST_F(DamagedFrames, AreWhereAnotherTextureStands)
{
    const auto fill = [this](Qt::GlobalColor color) {
        m_canvas->scene.picture = QImage(4, 4, QImage::Format_RGB32);
        m_canvas->scene.picture.fill(color);
        (void)m_canvas->grab();
    };
    fill(Qt::blue);
    EXPECT_TRUE(m_canvas->lastDamage().contains(QRect(250, 20, 100, 100)));
    fill(Qt::green);
    EXPECT_TRUE(m_canvas->lastDamage().contains(QRect(250, 20, 100, 100)));
    EXPECT_FALSE(m_canvas->lastDamage().contains(QPoint(20, 250)));
    EXPECT_EQ(m_canvas->grab().toImage().pixelColor(300, 70), QColor(Qt::green));
}

// Points on a ground that is kept, or drawn with every frame.
class GroundCanvas : public ImguiCanvas {
public:
    explicit GroundCanvas(bool keeps) : m_ground(stage()), m_keeps(keeps) {}
    QPointF spot{40, 40};
    [[nodiscard]] KeptGround& ground() { return m_ground; }

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override
    {
        const auto describe = [&size](ImDrawList& into) {
            into.AddLine(ImVec2(0, size.y), ImVec2(size.x, 0), canvasColor(Qt::darkGreen), 1.5F);
            for (int i = 0; i < 60; ++i)
                into.AddCircleFilled(ImVec2(static_cast<float>(i * 37 % 400), static_cast<float>(i * 53 % 300)), 5.5F,
                                     canvasColor(4 * i, 90, 200, 225));
        };
        if (m_keeps)
            m_ground.draw(list, colors().base, describe);
        else
            describe(list);
        list.AddCircle(ImVec2(static_cast<float>(spot.x()), static_cast<float>(spot.y())), 9, canvasColor(Qt::black),
                       20, 2);
    }

private:
    KeptGround m_ground;
    bool m_keeps;
};

TEST(KeptGrounds, LookAsIfTheyWereDrawnAndAreDescribedOnce)
{
    applyTheme(ThemeChoice::Light, false);
    GroundCanvas kept(true), drawn(false);
    for (GroundCanvas* each : {&kept, &drawn}) {
        each->resize(401, 299);
        each->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(each));
        ASSERT_TRUE(each->failure().isEmpty()) << each->failure().toStdString();
    }
    (void)kept.grab();
    const int described = kept.ground().described();
    for (const QPointF& spot : {QPointF(40, 40), QPointF(300, 200), QPointF(390, 12)}) {
        kept.spot = drawn.spot = spot;
        EXPECT_EQ(differenceOf(kept.grab().toImage(), drawn.grab().toImage()), "") << spot.x();
        EXPECT_LT(kept.lastDamage().width() * kept.lastDamage().height(), 401 * 299);
    }
    EXPECT_EQ(kept.ground().described(), described);
    kept.ground().forget();
    EXPECT_EQ(differenceOf(kept.grab().toImage(), drawn.grab().toImage()), "");
    EXPECT_EQ(kept.ground().described(), described + 1);
    for (GroundCanvas* each : {&kept, &drawn})
        each->resize(380, 260);
    EXPECT_EQ(differenceOf(kept.grab().toImage(), drawn.grab().toImage()), "");
    applyTheme(ThemeChoice::Dark, true);
    EXPECT_EQ(differenceOf(kept.grab().toImage(), drawn.grab().toImage()), "");
    applyTheme(ThemeChoice::Light, false);
}

// Shows a spot once the pointer was reported.
class ReportingCanvas : public ImguiCanvas {
public:
    bool isReported = false;

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override
    {
        const ImVec2 mouse = ImGui::GetIO().MousePos;
        const bool isInside = mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y;
        if (isInside && hasPointerMoved())
            afterFrame([this] {
                isReported = true;
                update();
            });
        if (isReported)
            list.AddRectFilled(ImVec2(64, 64), ImVec2(96, 96), canvasColor(Qt::red));
    }
};

TEST(FramesOfInput, ShowWhatTheyReportedAtOnceAndDrawNothingWhileHidden)
{
    applyTheme(ThemeChoice::Light, false);
    ReportingCanvas canvas;
    canvas.resize(200, 200);
    canvas.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&canvas));
    ASSERT_TRUE(waitUntil([&] { return canvas.frameCount() > 0; }));
    turnFor(std::chrono::milliseconds(50));
    const auto move = [&canvas](const QPointF& at) {
        QMouseEvent event(QEvent::MouseMove, at, canvas.mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&canvas, &event);
    };
    move(QPointF(20, 20));
    turnFor(std::chrono::milliseconds(50));
    EXPECT_FALSE(canvas.isReported) << "the pointer came from nowhere";
    qint64 frames = canvas.frameCount();
    move(QPointF(30, 20));
    ASSERT_TRUE(waitUntil([&] { return canvas.frameCount() > frames; }));
    EXPECT_TRUE(canvas.isReported);
    turnFor(std::chrono::milliseconds(50));
    EXPECT_EQ(canvas.grab().toImage().pixelColor(80, 80), QColor(Qt::red));
    canvas.hide();
    frames = canvas.frameCount();
    canvas.update();
    turnFor(std::chrono::milliseconds(50));
    EXPECT_EQ(canvas.frameCount(), frames);
    canvas.show();
    EXPECT_TRUE(waitUntil([&] { return canvas.frameCount() > frames; })) << "what was asked for comes when it is seen";
}

}  // namespace
}  // namespace armillary::test
