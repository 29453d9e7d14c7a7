// Workspaces, keys that act everywhere, undo, locks, presenting, the palette and exported views, in a window with a scripted engine.
#include "support/test_data.h"
#include "support/tiny_engine.h"
#include "window_support/event_loop_watch.h"
#include "window_support/readable.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/canvas/picture_canvas.h"
#include "widgets/canvas/token_strip_canvas.h"
#include "widgets/panel_registry.h"
#include "widgets/panels/message_panel.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/token_panel.h"
#include "widgets/shell/command_palette.h"
#include "widgets/shell/dock_title.h"
#include "widgets/shell/keys_dialog.h"
#include "widgets/shell/pair_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QToolButton>
#include <QTreeWidget>
#include <QUndoStack>

#include <array>
#include <functional>
#include <map>
#include <set>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::Positions;
using widgets::RunState;
using widgets::Workspace;

class Shell : public testing::Test {
protected:
    void SetUp() override
    {
        m_window = showWindow([] { return std::make_unique<TinyEngine>(TinyScript(), std::make_shared<TinyLog>()); });
        m_window->loadModels({});
        ASSERT_TRUE(waitUntil([this] { return m_window->controller().hasModel(); }));
        // What an earlier test left in the settings is not this one's.
        layout().setWorkspace(Workspace::Ask);
        layout().reset();
        turnFor(300ms);
    }
    void TearDown() override
    {
        m_window->close();
        EXPECT_TRUE(waitUntil([this] { return !m_window->isVisible(); }, 10s));
    }
    void openMedia(const char* file)
    {
        m_window->openMedia({QString::fromStdString(dataPath(file))});
        ASSERT_TRUE(waitUntil(
            [this] { return m_window->media().current() != nullptr && m_window->media().current()->ready(); }));
    }
    void ask()
    {
        openMedia("media/coffee.png");
        auto* question = m_window->panel<widgets::QuestionPanel>();
        clickAt(question->textEdit()->viewport(), QPoint(20, 10));
        typeText(question->textEdit(), QStringLiteral("What is it?"));
        pressKey(question->textEdit(), Qt::Key_Return, Qt::ControlModifier);
        ASSERT_TRUE(waitUntil([this] { return m_window->run().state() == RunState::Completed; }));
        turnFor(100ms);
    }
    // The keyboard stands where letters are commands.
    void standOn(const char* panelId)
    {
        m_window->views().goTo(QString::fromLatin1(panelId));
        turnFor(50ms);
        m_window->dock(QString::fromLatin1(panelId))->widget()->setFocus();
    }
    void press(int key, Qt::KeyboardModifiers modifiers = {}) { pressKey(m_window.get(), key, modifiers); }
    [[nodiscard]] app::WindowLayout& layout() { return m_window->views().layout(); }
    [[nodiscard]] bool isInSight(const char* panelId)
    {
        return layout().isInSight(m_window->dock(QString::fromLatin1(panelId)));
    }
    [[nodiscard]] const widgets::Focus& focus() const { return m_window->selection().focus(); }
    [[nodiscard]] QAction* action(const char* name) const
    {
        return m_window->findChild<QAction*>(QString::fromLatin1(name));
    }

    std::unique_ptr<app::MainWindow> m_window;
};

TEST_F(Shell, NumbersChangeTheWorkspace)
{
    openMedia("media/coffee.png");
    standOn("picture");
    EXPECT_EQ(layout().workspace(), Workspace::Ask);
    const std::array want = {Workspace::Ask,       Workspace::Layout,  Workspace::Embeddings,
                             Workspace::Attention, Workspace::Rollout, Workspace::Verify};
    for (int number : {5, 2, 3, 6, 4, 1}) {
        press(Qt::Key_0 + number);
        EXPECT_EQ(layout().workspace(), want[static_cast<std::size_t>(number - 1)]);
        turnFor(150ms);
        for (const widgets::PanelKind& kind : widgets::panelKinds())
            EXPECT_EQ(!m_window->dock(kind.id)->isHidden(), kind.workspaces.contains(layout().workspace()))
                << kind.id.toStdString() << " in workspace " << number;
        const auto* button = m_window->views().workspaceBar()->workspaceActions()[static_cast<std::size_t>(number - 1)];
        EXPECT_TRUE(button->isChecked());
    }
}

TEST_F(Shell, NumbersAndLettersAreTextWhileTyping)
{
    auto* question = m_window->panel<widgets::QuestionPanel>();
    clickAt(question->textEdit()->viewport(), QPoint(20, 10));
    const widgets::Focus before = focus();
    typeText(question->textEdit(), QStringLiteral("5 rows, LVMRSF?"));
    EXPECT_EQ(question->questionText(), QLatin1String("5 rows, LVMRSF?"));
    press(Qt::Key_3);
    press(Qt::Key_V);
    press(Qt::Key_BracketRight);
    EXPECT_EQ(layout().workspace(), Workspace::Ask);
    EXPECT_EQ(focus(), before);
    EXPECT_TRUE(m_window->overlays().isOn());
    press(Qt::Key_Z, Qt::ControlModifier);
    EXPECT_TRUE(question->questionText().size() < 18) << "a field has its own undo";
    EXPECT_TRUE(m_window->findChildren<widgets::KeysDialog*>().isEmpty());
}

TEST_F(Shell, AWorkspaceKeepsWhatWasDoneToIt)
{
    standOn("media");
    m_window->dock(QStringLiteral("tokens"))->hide();
    m_window->views().goTo(QStringLiteral("messages"));
    turnFor(200ms);
    press(Qt::Key_2);
    turnFor(200ms);
    EXPECT_FALSE(m_window->dock(QStringLiteral("tokens"))->isHidden());
    layout().setWorkspace(Workspace::Ask);
    turnFor(200ms);
    EXPECT_TRUE(m_window->dock(QStringLiteral("tokens"))->isHidden());
    EXPECT_FALSE(m_window->dock(QStringLiteral("messages"))->isHidden());
    press(Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
    turnFor(200ms);
    EXPECT_FALSE(m_window->dock(QStringLiteral("tokens"))->isHidden()) << "reset brings it back";
}

TEST_F(Shell, NamedLayoutsComeBack)
{
    m_window->dock(QStringLiteral("media"))->hide();
    turnFor(200ms);
    layout().saveAs(QStringLiteral("without media"));
    EXPECT_THAT(layout().names(), testing::Contains(QStringLiteral("without media")));
    layout().reset();
    layout().setWorkspace(Workspace::Verify);
    turnFor(200ms);
    layout().open(QStringLiteral("without media"));
    turnFor(200ms);
    EXPECT_EQ(layout().workspace(), Workspace::Ask);
    EXPECT_TRUE(m_window->dock(QStringLiteral("media"))->isHidden());
    layout().forget(QStringLiteral("without media"));
    EXPECT_TRUE(layout().names().isEmpty());
}

TEST_F(Shell, KeysWalkThroughLayersHeadsAndMethods)
{
    ask();
    auto record = std::make_shared<RunRecord>(*m_window->run().record());
    record->model.layers = 3;
    record->model.queryHeads = 2;
    record->model.slidingWindow = 16;
    record->model.layerIsLocal = {true, true, false};
    m_window->run().showRecord(record);
    standOn("picture");
    press(Qt::Key_BracketLeft);
    EXPECT_FALSE(focus().layer) << "the mean stands before the first";
    press(Qt::Key_BracketRight);
    EXPECT_EQ(focus().layer, 0);
    const auto* line = m_window->findChild<QLabel*>(QStringLiteral("focusLine"));
    EXPECT_THAT(line->text().toStdString(), testing::HasSubstr("layer 0 local"));
    for (int i = 0; i < 5; ++i)
        press(Qt::Key_BracketRight);
    EXPECT_EQ(focus().layer, 2) << "there are three";
    EXPECT_THAT(line->text().toStdString(), testing::HasSubstr("layer 2 global"));
    press(Qt::Key_Period);
    press(Qt::Key_Period);
    EXPECT_EQ(focus().head, 1);
    press(Qt::Key_M);
    EXPECT_FALSE(focus().head);
    press(Qt::Key_M);
    EXPECT_EQ(focus().head, 1) << "back to the last one";
    press(Qt::Key_Comma);
    EXPECT_EQ(focus().head, 0);
    for (const widgets::AttentionMethod method :
         {widgets::AttentionMethod::Rollout, widgets::AttentionMethod::Relevancy,
          widgets::AttentionMethod::ValueWeighted, widgets::AttentionMethod::Raw}) {
        press(Qt::Key_R);
        EXPECT_EQ(focus().method, method);
    }
    press(Qt::Key_S);
    EXPECT_TRUE(focus().sinksRemoved);
    EXPECT_THAT(line->text().toStdString(), testing::HasSubstr("sinks removed"));
    press(Qt::Key_V);
    EXPECT_FALSE(m_window->overlays().isOn());
    press(Qt::Key_V);
    EXPECT_TRUE(m_window->overlays().isOn());
    press(Qt::Key_Right, Qt::ShiftModifier);
    EXPECT_EQ(focus().latentFrame, 0);
    press(Qt::Key_Left, Qt::ShiftModifier);
    EXPECT_FALSE(focus().latentFrame);
}

TEST_F(Shell, ArrowsStepFramesAndSpacePlays)
{
    openMedia("media/clip.mp4");
    standOn("media");
    const auto frame = [this] { return m_window->media().current()->wantedFrame; };
    // The list of media lives on arrows itself; the conversation does not.
    standOn("answer");
    press(Qt::Key_Right);
    EXPECT_EQ(frame(), 1);
    press(Qt::Key_Right);
    press(Qt::Key_Left);
    EXPECT_EQ(frame(), 1);
    press(Qt::Key_Space);
    EXPECT_TRUE(waitUntil([&] { return frame() > 3; }, 5s)) << "it plays";
    press(Qt::Key_Space);
    turnFor(200ms);
    const int halted = frame();
    turnFor(300ms);
    EXPECT_EQ(frame(), halted);
    standOn("picture");
    press(Qt::Key_Right);
    EXPECT_EQ(frame(), halted + 1) << "once, though panel and window both have the key";
}

TEST_F(Shell, AnActionOfThePanelComesBeforeThatOfTheWindow)
{
    ask();
    standOn("tokens");
    auto* strip = m_window->panel<widgets::TokenPanel>()->strip();
    strip->setFocus();
    m_window->selection().choose({5});
    press(Qt::Key_Right);
    EXPECT_EQ(m_window->selection().chosen(), Positions{6}) << "on the strip arrows move from token to token";
}

TEST_F(Shell, UndoGoesThroughSelectionAndLayout)
{
    ask();
    standOn("picture");
    turnFor(400ms);
    auto& stack = m_window->views().undoStack();
    const int before = stack.index();
    m_window->selection().choose({3});
    turnFor(500ms);
    press(Qt::Key_6);
    turnFor(300ms);
    EXPECT_EQ(layout().workspace(), Workspace::Verify);
    ASSERT_EQ(stack.index(), before + 2);
    press(Qt::Key_Z, Qt::ControlModifier);
    turnFor(300ms);
    EXPECT_EQ(layout().workspace(), Workspace::Ask);
    EXPECT_EQ(m_window->selection().chosen(), Positions{3});
    press(Qt::Key_Z, Qt::ControlModifier);
    EXPECT_TRUE(m_window->selection().chosen().empty());
    press(Qt::Key_Y, Qt::ControlModifier);
    press(Qt::Key_Y, Qt::ControlModifier);
    turnFor(300ms);
    EXPECT_EQ(layout().workspace(), Workspace::Verify);
    EXPECT_EQ(stack.index(), before + 2);
}

TEST_F(Shell, LocksThePanelThatIsAttendedTo)
{
    openMedia("media/coffee.png");
    standOn("picture");
    auto* panel = m_window->panel<widgets::PicturePanel>();
    press(Qt::Key_L);
    EXPECT_TRUE(panel->isLocked());
    auto* title = m_window->findChild<QDockWidget*>(QStringLiteral("dock.picture"))->titleBarWidget();
    EXPECT_TRUE(qobject_cast<widgets::DockTitle*>(title)->lockButton()->isChecked());
    EXPECT_FALSE(m_window->panel<widgets::TokenPanel>()->isLocked());
    press(Qt::Key_L);
    EXPECT_FALSE(panel->isLocked());
    // The question stands in no tab: its bar is there to be clicked.
    auto* bar = qobject_cast<widgets::DockTitle*>(m_window->dock(QStringLiteral("question"))->titleBarWidget());
    ASSERT_TRUE(waitUntil([&] { return bar->lockButton()->isVisible(); }));
    clickAt(bar->lockButton(), bar->lockButton()->rect().center());
    EXPECT_TRUE(m_window->panel<widgets::QuestionPanel>()->isLocked());
}

TEST_F(Shell, PresentsTheCentreAlone)
{
    openMedia("media/coffee.png");
    standOn("picture");
    const double before = QApplication::font().pointSizeF();
    press(Qt::Key_F11);
    turnFor(300ms);
    EXPECT_TRUE(m_window->views().isPresenting());
    EXPECT_FALSE(m_window->menuWidget()->isVisible());
    EXPECT_FALSE(m_window->statusBar()->isVisible());
    EXPECT_FALSE(isInSight("question"));
    EXPECT_TRUE(isInSight("picture"));
    EXPECT_GT(QApplication::font().pointSizeF(), before * 1.2);
    saveScreenshot(*m_window, QStringLiteral("present"));
    press(Qt::Key_Escape);
    turnFor(300ms);
    EXPECT_FALSE(m_window->views().isPresenting());
    EXPECT_TRUE(m_window->menuWidget()->isVisible());
    EXPECT_TRUE(waitUntil([this] { return isInSight("question"); }, 5s));
    EXPECT_DOUBLE_EQ(QApplication::font().pointSizeF(), before);
}

TEST_F(Shell, ScalesText)
{
    ask();
    auto record = std::make_shared<RunRecord>(*m_window->run().record());
    record->model.layers = 3;
    m_window->run().showRecord(record);
    widgets::OverlayLayer layer;
    layer.unit = QStringLiteral("share of the answer");
    layer.values.assign(static_cast<std::size_t>(m_window->run().size()), 0.5F);
    m_window->overlays().setLayer(QStringLiteral("shares"), layer);
    const auto* line = m_window->findChild<QLabel*>(QStringLiteral("focusLine"));
    EXPECT_TRUE(waitUntil([line] { return line->text().contains(QStringLiteral("…")); }, 5s)) << "with the scale";
    const int usual = line->width();
    const double before = QApplication::font().pointSizeF();
    press(Qt::Key_Equal, Qt::ControlModifier);
    EXPECT_NEAR(QApplication::font().pointSizeF(), before * 1.1, 0.1);
    press(Qt::Key_Minus, Qt::ControlModifier);
    EXPECT_NEAR(QApplication::font().pointSizeF(), before, 0.1);
    for (int i = 0; i < 7; ++i)
        press(Qt::Key_Equal, Qt::ControlModifier);
    turnFor(300ms);
    saveScreenshot(*m_window, QStringLiteral("text-large"));
    EXPECT_EQ(clippedTexts(*m_window->menuWidget()).join(QLatin1Char('\n')).toStdString(), "")
        << "the top takes a second line";
    EXPECT_THAT(line->text().toStdString(),
                testing::AllOf(testing::StartsWith("mean of layers"), testing::Not(testing::HasSubstr("…"))));
    EXPECT_GE(line->width(), line->sizeHint().width()) << "says less where there is no room for more";
    press(Qt::Key_0, Qt::ControlModifier);
    EXPECT_TRUE(waitUntil([&] { return line->width() == usual; }, 5s)) << line->width() << " and not " << usual;
    EXPECT_NEAR(QApplication::font().pointSizeF(), before, 0.1);
}

TEST_F(Shell, NamesTwoRunsWhereThereIsRoom)
{
    ask();
    ask();
    ASSERT_TRUE(waitUntil([this] { return m_window->runs().rowCount() == 2; }));
    m_window->runs().wantCompared(m_window->runs().rows().back().id);
    ASSERT_TRUE(waitUntil([this] { return m_window->pair().isPair(); }));
    const auto* plan = m_window->findChild<QLabel*>(QStringLiteral("runPlan"));
    ASSERT_NE(plan, nullptr);
    QString narrow;
    for (const int width : {1280, 1920}) {
        m_window->resize(width, 800);
        turnFor(200ms);
        EXPECT_EQ(clippedTexts(*m_window->menuWidget()).join(QLatin1Char('\n')).toStdString(), "") << width;
        EXPECT_TRUE(plan->text().contains(QLatin1String("VLM"))) << plan->text().toStdString();
        if (width == 1280)
            narrow = plan->text();
    }
    EXPECT_GE(plan->text().size(), narrow.size());
    const auto labels = m_window->views().pairBar()->findChildren<QLabel*>();
    EXPECT_TRUE(std::all_of(labels.begin(), labels.end(),
                            [](const QLabel* label) { return label->isVisible() && label->text().size() > 8; }));
}

TEST_F(Shell, FindsActionsPanelsAndRunsByName)
{
    ask();
    standOn("picture");
    press(Qt::Key_P, Qt::ControlModifier);
    auto* palette = m_window->views().palette();
    ASSERT_TRUE(palette->isVisible());
    typeText(palette, QStringLiteral("go to token"));
    ASSERT_GT(palette->model()->rowCount(), 0);
    EXPECT_EQ(palette->model()->entry(0)->title, QLatin1String("Go to Token strip"));
    turnFor(100ms);
    saveScreenshot(*m_window, QStringLiteral("palette"));
    press(Qt::Key_Return);
    EXPECT_FALSE(palette->isVisible());
    EXPECT_TRUE(m_window->dock(QStringLiteral("tokens"))->isAncestorOf(QApplication::focusWidget()));
    ASSERT_TRUE(waitUntil([this] { return m_window->runs().rowCount() > 0; }));
    press(Qt::Key_P, Qt::ControlModifier);
    typeText(palette, QStringLiteral("show run what"));
    ASSERT_GT(palette->model()->rowCount(), 0);
    EXPECT_THAT(palette->model()->entry(0)->title.toStdString(), testing::HasSubstr("What is it?"));
    press(Qt::Key_Escape);
    EXPECT_FALSE(palette->isVisible());
    press(Qt::Key_P, Qt::ControlModifier);
    typeText(palette, QStringLiteral("flip"));
    ASSERT_GT(palette->model()->rowCount(), 0);
    EXPECT_FALSE(palette->model()->entry(0)->isEnabled);
    EXPECT_THAT(palette->model()->entry(0)->obstacle.toStdString(), testing::HasSubstr("two runs"));
    press(Qt::Key_Escape);
}

TEST_F(Shell, ListsEveryKeyOnceAWindow)
{
    standOn("picture");
    press(Qt::Key_Question, Qt::ShiftModifier);
    const auto dialogs = m_window->findChildren<widgets::KeysDialog*>();
    ASSERT_EQ(dialogs.size(), 1);
    std::map<QString, QStringList> namesOfKey;
    QTreeWidget* list = dialogs.front()->list();
    for (int i = 0; i < list->topLevelItemCount(); ++i) {
        const QTreeWidgetItem* item = list->topLevelItem(i);
        EXPECT_FALSE(item->text(3).isEmpty()) << item->text(0).toStdString() << " has no tooltip";
        if (item->text(2) == QLatin1String("everywhere")) {
            for (const QString& key : item->text(1).split(QStringLiteral(", ")))
                namesOfKey[key] << item->text(0);
        }
    }
    for (const auto& [key, names] : namesOfKey) {
        if (key != QLatin1String("Esc")) {
            EXPECT_EQ(names.size(), 1) << key.toStdString() << ": " << names.join(QStringLiteral("; ")).toStdString();
        }
    }
    for (const char* key : {"1", "6", "Space", "[", "]", ".", "M", "R", "S", "V", "L", "F", "Ctrl+P", "F11", "`"})
        EXPECT_TRUE(namesOfKey.contains(QString::fromLatin1(key))) << key;
    dialogs.front()->close();
}

TEST_F(Shell, EveryDockHasANameForReaders)
{
    for (const QDockWidget* dock : m_window->findChildren<QDockWidget*>()) {
        EXPECT_FALSE(dock->accessibleName().isEmpty()) << dock->objectName().toStdString();
        EXPECT_FALSE(dock->widget()->accessibleName().isEmpty()) << dock->objectName().toStdString();
    }
    // F6 reaches every panel in sight.
    standOn("media");
    std::set<QString> reached;
    for (int i = 0; i < 12; ++i) {
        press(Qt::Key_F6);
        for (const QDockWidget* dock : m_window->findChildren<QDockWidget*>()) {
            if (QApplication::focusWidget() != nullptr && dock->isAncestorOf(QApplication::focusWidget()))
                reached.insert(dock->objectName());
        }
    }
    for (QDockWidget* dock : m_window->findChildren<QDockWidget*>()) {
        if (layout().isInSight(dock)) {
            EXPECT_TRUE(reached.contains(dock->objectName())) << dock->objectName().toStdString();
        }
    }
}

class ShellFiles : public Shell {
protected:
    [[nodiscard]] QString pathOf(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }
    void waitFor(const std::function<void()>& save)
    {
        QSignalSpy saved(&m_window->views().files(), &app::ViewFiles::saved);
        QSignalSpy failed(&m_window->views().files(), &app::ViewFiles::failed);
        save();
        ASSERT_TRUE(waitUntil([&] { return saved.count() + failed.count() > 0; }));
        ASSERT_EQ(failed.count(), 0) << failed.front().front().toString().toStdString();
    }
    QTemporaryDir m_folder;
};

TEST_F(ShellFiles, ADroppedPictureBringsItsViewBack)
{
    ask();
    ASSERT_TRUE(waitUntil([this] {
        return !m_window->runs().rows().empty() && !m_window->runs().rows().back().isPending &&
               !m_window->sessionFiles().path().isEmpty() && m_window->pair().a().record != nullptr;
    }));
    standOn("picture");
    m_window->selection().choose({3, 4, 5});
    widgets::Focus focus;
    focus.sinksRemoved = true;
    focus.method = widgets::AttentionMethod::Relevancy;
    m_window->selection().setFocus(focus);
    m_window->overlays().setOn(false);
    layout().setWorkspace(Workspace::Attention);
    turnFor(300ms);
    auto* picture = m_window->panel<widgets::PicturePanel>();
    for (const char* name : {"view.png", "view.svg"}) {
        waitFor([&] { m_window->views().files().savePanelPicture(*picture, pathOf(name)); });
        const auto recipe = app::recipeInPicture(pathOf(name));
        ASSERT_TRUE(recipe) << name;
        EXPECT_EQ(recipe->panel, QLatin1String("picture"));
        EXPECT_EQ(recipe->session, m_window->sessionFiles().path());
    }
    const QImage saved(pathOf("view.png"));
    EXPECT_EQ(saved.width(), picture->width());
    EXPECT_GT(saved.height(), picture->height()) << "the caption stands below";
    waitFor([&] { m_window->views().files().saveWindowPicture(pathOf("window.png")); });

    for (const char* name : {"view.png", "view.svg", "window.png"}) {
        m_window->selection().clear();
        m_window->selection().setFocus({});
        m_window->overlays().setOn(true);
        layout().setWorkspace(Workspace::Rollout);
        turnFor(200ms);
        const auto mediaBefore = m_window->media().rowCount();
        dropFiles(m_window.get(), {pathOf(name)});
        ASSERT_TRUE(waitUntil([this] { return m_window->selection().chosen() == Positions{3, 4, 5}; }, 5s)) << name;
        EXPECT_EQ(m_window->selection().focus(), focus) << name;
        EXPECT_FALSE(m_window->overlays().isOn()) << name;
        EXPECT_EQ(layout().workspace(), Workspace::Attention) << name;
        turnFor(200ms);
        EXPECT_TRUE(isInSight("picture")) << name;
        EXPECT_EQ(m_window->media().rowCount(), mediaBefore) << "it is no medium";
    }
}

TEST_F(ShellFiles, APictureOpensItsSession)
{
    ask();
    ASSERT_TRUE(waitUntil([this] {
        return !m_window->runs().rows().empty() && !m_window->runs().rows().back().isPending &&
               !m_window->sessionFiles().path().isEmpty();
    }));
    m_window->selection().choose({7});
    waitFor([&] {
        m_window->views().files().savePanelPicture(*m_window->panel<widgets::TokenPanel>(), pathOf("tokens.png"));
    });
    const QString session = m_window->sessionFiles().path();
    m_window->sessionFiles().openNew();
    ASSERT_TRUE(waitUntil([&] { return m_window->runs().rows().empty(); }));
    dropFiles(m_window.get(), {pathOf("tokens.png")});
    ASSERT_TRUE(waitUntil([&] { return m_window->sessionFiles().path() == session; }));
    ASSERT_TRUE(waitUntil([this] { return m_window->selection().chosen() == Positions{7}; }, 10s));
    EXPECT_NE(m_window->run().record(), nullptr);

    // The same without the session: a sentence with its name.
    m_window->sessionFiles().openNew();
    ASSERT_TRUE(waitUntil([&] { return m_window->runs().rows().empty(); }));
    ASSERT_TRUE(waitUntil([&] { return m_window->sessionFiles().isIdle(); }));
    ASSERT_TRUE(QDir().rename(session, session + QStringLiteral(".away")));
    const auto before = m_window->messages().rowCount();
    dropFiles(m_window.get(), {pathOf("tokens.png")});
    ASSERT_TRUE(waitUntil([&] { return m_window->messages().rowCount() > before; }));
    EXPECT_THAT(m_window->messages().messages().front().text.toStdString(), testing::HasSubstr(session.toStdString()));
}

TEST_F(ShellFiles, SaysWhyNothingWasSaved)
{
    QSignalSpy failed(&m_window->views().files(), &app::ViewFiles::failed);
    auto* tokens = m_window->panel<widgets::TokenPanel>();
    m_window->views().files().savePanelPicture(*tokens, pathOf("view.gif"));
    ASSERT_EQ(failed.count(), 1);
    EXPECT_THAT(failed.back().front().toString().toStdString(), testing::HasSubstr("view.gif"));
    m_window->views().files().savePanelPicture(*tokens, pathOf("missing/view.png"));
    ASSERT_TRUE(waitUntil([&] { return failed.count() == 2; }));
    EXPECT_THAT(failed.back().front().toString().toStdString(), testing::HasSubstr("missing/view.png"));
    m_window->views().files().savePanelData(*m_window->panel<widgets::MessagePanel>(), pathOf("none.csv"));
    EXPECT_EQ(failed.count(), 3);
}

}  // namespace
}  // namespace armillary::test
