// Where docks come to stand: a panel opened in a workspace that it is no part of, and separators that are dragged and taken back.
#include "support/tiny_engine.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "app/views/workspace_shapes.h"
#include "widgets/panel_registry.h"
#include "widgets/panels/picture_panel.h"

#include <gtest/gtest.h>

#include <QDockWidget>
#include <QStatusBar>
#include <QTest>
#include <QUndoStack>
#include <QWindow>

#include <map>
#include <vector>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::PanelKind;
using widgets::Workspace;

class Layout : public testing::Test {
protected:
    void SetUp() override
    {
        show({1280, 800});
        layout().setWorkspace(Workspace::Ask);
        layout().reset();
        turnFor(300ms);
    }
    void TearDown() override
    {
        // The settings keep nothing of it for a test that follows.
        for (const Workspace workspace : widgets::kWorkspaces) {
            layout().setWorkspace(workspace);
            layout().reset();
        }
        m_window->close();
        EXPECT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, 10s));
    }
    void show(const QSize& size)
    {
        m_window =
            showWindow([] { return std::make_unique<TinyEngine>(TinyScript(), std::make_shared<TinyLog>()); }, size);
    }
    [[nodiscard]] app::WindowLayout& layout() { return m_window->views().layout(); }
    [[nodiscard]] std::map<QString, QRect> places()
    {
        std::map<QString, QRect> out;
        for (const PanelKind& kind : widgets::panelKinds()) {
            if (layout().isInSight(m_window->dock(kind.id)))
                out[kind.id] = m_window->dock(kind.id)->geometry();
        }
        return out;
    }
    void expectAsTheyCome(const std::string& when, const std::vector<Workspace>& workspaces);
    // By the gap right of the dock.
    void dragRightEdge(QDockWidget* dock, int pixels)
    {
        const QPoint grip(dock->geometry().right() + 4, dock->geometry().center().y());
        QWindow* handle = m_window->windowHandle();
        QTest::mouseMove(handle, grip);
        QTest::mousePress(handle, Qt::LeftButton, {}, grip);
        for (int x = 5; x <= pixels; x += 5)
            QTest::mouseMove(handle, grip + QPoint(x, 0));
        QTest::mouseRelease(handle, Qt::LeftButton, {}, grip + QPoint(pixels, 0));
    }
    // Those that a person sees lie beside each other and inside the window.
    void expectPlaced(const std::string& what)
    {
        std::vector<QDockWidget*> seen;
        for (const PanelKind& kind : widgets::panelKinds()) {
            QDockWidget* dock = m_window->dock(kind.id);
            if (layout().isInSight(dock))
                seen.push_back(dock);
        }
        for (std::size_t i = 0; i < seen.size(); ++i) {
            EXPECT_TRUE(m_window->rect().contains(seen[i]->geometry())) << what;
            for (std::size_t j = 0; j < i; ++j)
                EXPECT_FALSE(seen[i]->geometry().intersects(seen[j]->geometry()))
                    << what << ": " << seen[i]->objectName().toStdString() << " lies on "
                    << seen[j]->objectName().toStdString();
        }
    }

    std::unique_ptr<app::MainWindow> m_window;
};

TEST_F(Layout, APanelOpensInAPlaceOfItsOwnInEveryWorkspace)
{
    for (const Workspace workspace : widgets::kWorkspaces) {
        layout().setWorkspace(workspace);
        layout().reset();
        turnFor(50ms);
        for (const PanelKind& kind : widgets::panelKinds()) {
            const bool isThere = kind.workspaces.contains(workspace);
            m_window->views().goTo(kind.id);
            turnFor(20ms);
            const std::string what = (app::workspaceKey(workspace) + QStringLiteral(", ") + kind.id).toStdString();
            EXPECT_TRUE(layout().isInSight(m_window->dock(kind.id))) << what;
            EXPECT_GE(m_window->dock(kind.id)->widget()->height(), 50) << what;
            expectPlaced(what);
            if (!isThere)
                m_window->dock(kind.id)->hide();
        }
    }
    EXPECT_EQ(m_window->size(), QSize(1280, 800)) << "no panel makes the window larger";
}

TEST_F(Layout, AWorkspaceHasItsViewsOnTopAndKeepsTheChosenOnes)
{
    const auto inSight = [this](const char* id) { return layout().isInSight(m_window->dock(QString::fromLatin1(id))); };
    const std::map<Workspace, std::vector<const char*>> onTop = {{Workspace::Embeddings,
                                                                  {"map", "alignment", "layers"}},
                                                                 {Workspace::Attention, {"picture", "attention"}},
                                                                 {Workspace::Verify, {"verification", "comparison"}}};
    for (const auto& [workspace, ids] : onTop) {
        layout().setWorkspace(workspace);
        layout().reset();
        turnFor(100ms);
        for (const char* id : ids)
            EXPECT_TRUE(inSight(id)) << id;
    }
    layout().setWorkspace(Workspace::Embeddings);
    turnFor(100ms);
    m_window->dock(QStringLiteral("lens"))->raise();
    turnFor(100ms);
    ASSERT_TRUE(inSight("lens"));
    layout().setWorkspace(Workspace::Ask);
    turnFor(100ms);
    layout().setWorkspace(Workspace::Embeddings);
    turnFor(100ms);
    EXPECT_TRUE(inSight("lens")) << "where a person left it";
    EXPECT_TRUE(inSight("map"));
}

TEST_F(Layout, ADraggedSeparatorIsTakenBack)
{
    QDockWidget* picture = m_window->dock(QStringLiteral("picture"));
    const int width = picture->width();
    const int before = m_window->views().undoStack().index();
    dragRightEdge(picture, 60);
    ASSERT_TRUE(waitUntil([&] { return picture->width() > width + 30; }, 5s)) << "the drag took hold";
    ASSERT_TRUE(waitUntil([&] { return m_window->views().undoStack().index() == before + 1; }, 5s));
    m_window->views().undoStack().undo();
    EXPECT_TRUE(waitUntil([&] { return std::abs(picture->width() - width) <= 2; }, 5s))
        << picture->width() << " after " << width;
}

// They look as they would if they were laid out anew.
void Layout::expectAsTheyCome(const std::string& when, const std::vector<Workspace>& workspaces)
{
    // The height that a panel asks for at least depends on whether it was narrow for a moment: a row of buttons wraps.
    constexpr int kRow = 16;
    for (const Workspace workspace : workspaces) {
        layout().setWorkspace(workspace);
        turnFor(30ms);
        const std::map<QString, QRect> found = places();
        layout().reset();
        turnFor(30ms);
        const std::map<QString, QRect> wanted = places();
        const std::string where = when + ", " + app::workspaceKey(workspace).toStdString();
        EXPECT_EQ(found.size(), wanted.size()) << where;
        for (const auto& [id, place] : wanted) {
            const auto there = found.find(id);
            ASSERT_NE(there, found.end()) << where << ": " << id.toStdString();
            EXPECT_NEAR(there->second.height(), place.height(), kRow) << where << ": " << id.toStdString();
            EXPECT_NEAR(there->second.width(), place.width(), 3) << where << ": " << id.toStdString();
        }
    }
}

TEST_F(Layout, WorkspacesLeftAsTheyCameFollowTheWindow)
{
    for (const Workspace workspace : widgets::kWorkspaces)
        layout().setWorkspace(workspace);
    // A click on what takes none moves nothing.
    clickAt(m_window->statusBar(), QPoint(3, m_window->statusBar()->height() / 2));
    m_window->resize(1920, 1080);
    turnFor(400ms);
    saveScreenshot(*m_window, QStringLiteral("layout_followed"));
    expectAsTheyCome("after the window grew", {widgets::kWorkspaces.begin(), widgets::kWorkspaces.end()});
    m_window->resize(1280, 800);
    turnFor(400ms);
    expectAsTheyCome("after it shrank", {Workspace::Verify, Workspace::Ask, Workspace::Attention});
}

TEST_F(Layout, WorkspacesOfASmallerWindowAreLaidOutForTheNextOne)
{
    for (const Workspace workspace : widgets::kWorkspaces)
        layout().setWorkspace(workspace);
    // Tabs are a person's, heights are the window's.
    layout().setWorkspace(Workspace::Embeddings);
    m_window->dock(QStringLiteral("lens"))->raise();
    turnFor(200ms);
    ASSERT_TRUE(layout().isInSight(m_window->dock(QStringLiteral("lens"))));
    m_window->close();
    ASSERT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, 10s));
    m_window.reset();
    show({1920, 1080});
    turnFor(400ms);
    EXPECT_EQ(layout().workspace(), Workspace::Embeddings);
    EXPECT_TRUE(layout().isInSight(m_window->dock(QStringLiteral("lens"))));
    m_window->dock(QStringLiteral("alignment"))->raise();
    expectAsTheyCome("in the next window", {Workspace::Embeddings, Workspace::Ask, Workspace::Layout});
}

TEST_F(Layout, LargeTextGetsTheRoomOfALowWindow)
{
    m_window->resize(1920, 1080);
    layout().setWorkspace(Workspace::Attention);
    QDockWidget* picture = m_window->dock(QStringLiteral("picture"));
    QDockWidget* matrix = m_window->dock(QStringLiteral("matrix"));
    const auto areBoth = [&] { return layout().isInSight(picture) && layout().isInSight(matrix); };
    ASSERT_TRUE(waitUntil(areBoth, 5s));
    for (int step = 0; step < 5; ++step)
        pressKey(m_window.get(), Qt::Key_Equal, Qt::ControlModifier);
    EXPECT_TRUE(waitUntil([&] { return !areBoth(); }, 5s)) << "tabs of one place";
    turnFor(400ms);
    EXPECT_GT(100 * picture->height(), 45 * m_window->height());
    expectAsTheyCome("with large text", {Workspace::Attention, Workspace::Ask});
    layout().setWorkspace(Workspace::Attention);
    pressKey(m_window.get(), Qt::Key_0, Qt::ControlModifier);
    EXPECT_TRUE(waitUntil(areBoth, 5s)) << "one above the other again";
    expectAsTheyCome("with usual text again", {Workspace::Ask});
}

TEST_F(Layout, ASwitchInAGrownWindowIsAStepAndItsGrowthIsNone)
{
    layout().setWorkspace(Workspace::Attention);
    layout().setWorkspace(Workspace::Ask);
    turnFor(200ms);
    m_window->resize(1920, 1080);
    turnFor(500ms);
    QUndoStack& stack = m_window->views().undoStack();
    const int before = stack.index();
    clickAt(m_window->statusBar(), QPoint(3, m_window->statusBar()->height() / 2));
    turnFor(300ms);
    EXPECT_EQ(stack.index(), before) << "nobody moved a dock: " << stack.undoText().toStdString();
    // Its docks get other places on the way, for a window that was low when it was left.
    layout().setWorkspace(Workspace::Attention);
    turnFor(500ms);
    EXPECT_EQ(stack.index(), before + 1);
    EXPECT_EQ(stack.undoText(), QStringLiteral("workspace"));
    EXPECT_TRUE(layout().isInSight(m_window->dock(QStringLiteral("picture"))) &&
                layout().isInSight(m_window->dock(QStringLiteral("matrix"))));
}

TEST_F(Layout, SizesThatAPersonGaveStay)
{
    QDockWidget* picture = m_window->dock(QStringLiteral("picture"));
    dragRightEdge(picture, 60);
    turnFor(200ms);
    const int dragged = picture->width();
    layout().setWorkspace(Workspace::Layout);
    turnFor(50ms);
    layout().setWorkspace(Workspace::Ask);
    turnFor(50ms);
    EXPECT_NEAR(picture->width(), dragged, 2);
    m_window->resize(1290, 800);
    turnFor(100ms);
    layout().reset();
    turnFor(100ms);
    EXPECT_GT(dragged, picture->width() + 30) << "the default was another one";
}

}  // namespace
}  // namespace armillary::test
