// Canvases draw only what changed: the picture must be the one that drawing everything gives, and still frames cost nothing.
#include "window_support/waiting.h"

#include "widgets/canvas/imgui_canvas.h"
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
    for (int step = 0; step < 12; ++step) {
        Scene& scene = m_canvas->scene;
        scene.spot = QPointF(engine() % 400, engine() % 300);
        if (step % 3 == 0)
            scene.color = QColor::fromHsv(static_cast<int>(engine() % 360), 200, 200);
        scene.words += step % 2;
        if (step % 4 == 2) {
            scene.picture = QImage(9, 7, QImage::Format_RGB32);
            scene.picture.fill(QColor::fromHsv(static_cast<int>(engine() % 360), 255, 255));
        }
        const QImage damaged = m_canvas->grab().toImage();
        EXPECT_EQ(damaged, afresh()) << "step " << step;
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

TEST_F(DamagedFrames, AreEverythingForAnotherThemeSizeOrTexture)
{
    (void)m_canvas->grab();
    applyTheme(ThemeChoice::Dark, true);
    (void)m_canvas->grab();
    EXPECT_EQ(m_canvas->grab().toImage().pixelColor(395, 5), themeColors(true).base);
    applyTheme(ThemeChoice::Light, false);
    EXPECT_EQ(m_canvas->grab().toImage().pixelColor(395, 5), themeColors(false).base);
    m_canvas->scene.picture = QImage(4, 4, QImage::Format_RGB32);
    m_canvas->scene.picture.fill(Qt::blue);
    (void)m_canvas->grab();
    EXPECT_EQ(m_canvas->lastDamage(), QRect(0, 0, 401, 299));
}

}  // namespace
}  // namespace armillary::test
