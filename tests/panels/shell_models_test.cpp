// Parts of the shell without a window of their own: fuzzy search, palette, A | B bar, history of the selection, recipes, CSV.
#include "app/views/result_csv.h"
#include "app/views/view_recipe.h"
#include "widgets/shell/command_palette.h"
#include "widgets/shell/fuzzy_match.h"
#include "widgets/shell/pair_bar.h"
#include "widgets/shell/palette_model.h"
#include "widgets/shell/selection_history.h"
#include "window_support/waiting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QAction>
#include <QHBoxLayout>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMainWindow>
#include <QTest>
#include <QUndoStack>

#include <cmath>
#include <cstring>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using widgets::fuzzyMatch;
using widgets::PairSide;
using widgets::Positions;

TEST(FuzzyMatch, WantsEveryLetterInOrder)
{
    EXPECT_TRUE(fuzzyMatch(QStringLiteral("rsl"), QStringLiteral("Reset the layout")));
    EXPECT_FALSE(fuzzyMatch(QStringLiteral("layoutx"), QStringLiteral("Reset the layout")));
    EXPECT_FALSE(fuzzyMatch(QStringLiteral("tyl"), QStringLiteral("Reset")));
    EXPECT_TRUE(fuzzyMatch(QStringLiteral("layout reset"), QStringLiteral("Reset the layout"))) << "words in any order";
    EXPECT_EQ(fuzzyMatch({}, QStringLiteral("anything"))->score, 0);
}

TEST(FuzzyMatch, LikesBeginningsOfWords)
{
    const QString typed = QStringLiteral("nl");
    EXPECT_GT(fuzzyMatch(typed, QStringLiteral("Next layer"))->score,
              fuzzyMatch(typed, QStringLiteral("Open a longer list"))->score);
    EXPECT_GT(fuzzyMatch(QStringLiteral("lock"), QStringLiteral("Lock the view"))->score,
              fuzzyMatch(QStringLiteral("lock"), QStringLiteral("Look at the clock back"))->score);
    EXPECT_THAT(fuzzyMatch(typed, QStringLiteral("Next layer"))->places, testing::ElementsAre(0, 5));
}

std::vector<widgets::PaletteEntry> someEntries(int& ran)
{
    return {{QStringLiteral("Next layer"),
             {},
             QStringLiteral("]"),
             QStringLiteral("One layer up"),
             {},
             true,
             [&ran] { ran = 1; }},
            {QStringLiteral("Previous layer"),
             {},
             QStringLiteral("["),
             QStringLiteral("One layer down"),
             {},
             true,
             [&ran] { ran = 2; }},
            {QStringLiteral("Flip A and B"),
             QStringLiteral("Runs"),
             {},
             QStringLiteral("Show the other"),
             QStringLiteral("no two runs are compared"),
             false,
             [&ran] { ran = 3; }}};
}

TEST(PaletteModel, IsAModelAndSortsByFit)
{
    int ran = 0;
    widgets::PaletteModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    model.setEntries(someEntries(ran));
    EXPECT_EQ(model.rowCount(), 3);
    model.setTyped(QStringLiteral("pl"));
    ASSERT_EQ(model.rowCount(), 1);
    EXPECT_EQ(model.entry(0)->title, QLatin1String("Previous layer"));
    model.setTyped(QStringLiteral("flip runs"));
    ASSERT_EQ(model.rowCount(), 1) << "the place is searched too";
    EXPECT_EQ(model.data(model.index(0), widgets::PaletteModel::ObstacleRole).toString(),
              QLatin1String("no two runs are compared"));
    model.setTyped(QStringLiteral("qqq"));
    EXPECT_EQ(model.rowCount(), 0);
    EXPECT_EQ(model.entry(0), nullptr);
}

class Palette : public testing::Test {
protected:
    void SetUp() override
    {
        m_window.resize(900, 600);
        m_window.show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(&m_window));
        m_window.activateWindow();
        m_palette = new widgets::CommandPalette(&m_window);
        m_palette->open(someEntries(m_ran));
    }
    QMainWindow m_window;
    widgets::CommandPalette* m_palette = nullptr;
    int m_ran = 0;
};

TEST_F(Palette, RunsWhatWasTyped)
{
    EXPECT_TRUE(m_palette->isVisible());
    QTest::keyClicks(m_palette->field(), QStringLiteral("layer"));
    EXPECT_EQ(m_palette->model()->rowCount(), 2);
    QTest::keyClick(m_palette->field(), Qt::Key_Down);
    QTest::keyClick(m_palette->field(), Qt::Key_Return);
    EXPECT_EQ(m_ran, 2);
    EXPECT_FALSE(m_palette->isVisible());
}

TEST_F(Palette, SaysWhyADisabledOneCannotBeRun)
{
    QTest::keyClicks(m_palette->field(), QStringLiteral("flip"));
    EXPECT_THAT(m_palette->findChild<QLabel*>(QStringLiteral("paletteTip"))->text().toStdString(),
                testing::HasSubstr("no two runs are compared"));
    QTest::keyClick(m_palette->field(), Qt::Key_Return);
    EXPECT_EQ(m_ran, 0);
    EXPECT_TRUE(m_palette->isVisible());
    QTest::keyClick(m_palette->field(), Qt::Key_Escape);
    EXPECT_FALSE(m_palette->isVisible());
}

TEST(PaletteEntries, NameEveryActionOnceWithItsKey)
{
    QMainWindow window;
    auto* action = new QAction(QStringLiteral("&Open media…"), &window);
    action->setShortcut(Qt::CTRL | Qt::Key_O);
    action->setEnabled(false);
    action->setProperty("obstacle", QStringLiteral("nothing there"));
    auto* theme = new QAction(QStringLiteral("Light"), &window);
    theme->setProperty("wholeName", QStringLiteral("Theme: Light"));
    window.addActions({action, theme});
    const std::vector<widgets::PaletteEntry> entries = widgets::entriesFromActions(&window);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].title, QLatin1String("Open media"));
    EXPECT_EQ(entries[0].key, QLatin1String("Ctrl+O"));
    EXPECT_FALSE(entries[0].isEnabled);
    EXPECT_EQ(entries[0].obstacle, QLatin1String("nothing there"));
    EXPECT_EQ(entries[1].title, QLatin1String("Theme: Light"));
}

widgets::PairedRun pairedRun(const char* id)
{
    return {std::make_shared<RunRecord>(), QString::fromLatin1(id), QStringLiteral("run %1").arg(QLatin1String(id))};
}

TEST(PairBar, FlipsWhileTheKeyIsHeld)
{
    widgets::RunPair pair;
    QMainWindow window;
    auto* line = new QLineEdit;
    auto* bar = new widgets::PairBar(pair);
    auto* holder = new QWidget;
    holder->setFocusPolicy(Qt::StrongFocus);
    auto* row = new QHBoxLayout(holder);
    row->addWidget(bar);
    row->addWidget(line);
    window.setCentralWidget(holder);
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
    EXPECT_FALSE(bar->isVisible()) << "nothing to switch";
    pair.setA(pairedRun("one"));
    pair.setB(pairedRun("two"));
    EXPECT_TRUE(bar->isVisible());
    EXPECT_THAT(bar->text().toStdString(),
                testing::AllOf(testing::HasSubstr("run one"), testing::HasSubstr("run two")));

    QTest::keyPress(holder, Qt::Key_QuoteLeft);
    EXPECT_EQ(pair.side(), PairSide::B);
    QTest::keyRelease(holder, Qt::Key_QuoteLeft);
    EXPECT_EQ(pair.side(), PairSide::A);
    bar->sideAction(PairSide::Difference)->trigger();
    EXPECT_EQ(pair.side(), PairSide::Difference);
    QTest::keyPress(holder, Qt::Key_QuoteLeft);
    EXPECT_EQ(pair.side(), PairSide::B);
    QTest::keyRelease(holder, Qt::Key_QuoteLeft);
    EXPECT_EQ(pair.side(), PairSide::Difference) << "back to where it was held";
    // In a field it is a character.
    line->setFocus();
    QTest::keyClick(line, Qt::Key_QuoteLeft);
    EXPECT_EQ(pair.side(), PairSide::Difference);
    EXPECT_EQ(line->text(), QLatin1String("`"));
    bar->clearAction()->trigger();
    EXPECT_FALSE(pair.isPair());
    EXPECT_FALSE(bar->isVisible());
}

TEST(SelectionHistory, GoesBackAndForth)
{
    widgets::Selection selection;
    QUndoStack stack;
    widgets::SelectionHistory history(selection, stack);
    selection.choose({3});
    turnFor(std::chrono::milliseconds(widgets::SelectionHistory::kBurstMilliseconds + 50));
    widgets::Focus focus;
    focus.layer = 2;
    selection.setFocus(focus);
    ASSERT_EQ(stack.count(), 2);
    stack.undo();
    EXPECT_FALSE(selection.focus().layer);
    EXPECT_EQ(selection.chosen(), Positions{3});
    stack.undo();
    EXPECT_TRUE(selection.chosen().empty());
    stack.redo();
    stack.redo();
    EXPECT_EQ(selection.focus().layer, 2);
    EXPECT_EQ(stack.count(), 2) << "going back is no change of its own";
}

TEST(SelectionHistory, TakesABurstAsOneStep)
{
    widgets::Selection selection;
    QUndoStack stack;
    widgets::SelectionHistory history(selection, stack);
    for (int layer = 0; layer < 30; ++layer) {
        widgets::Focus focus;
        focus.layer = layer;
        selection.setFocus(focus);
    }
    EXPECT_EQ(stack.count(), 1);
    stack.undo();
    EXPECT_FALSE(selection.focus().layer);
    selection.hover({1, 2});
    EXPECT_EQ(stack.index(), 0) << "what is hovered is not kept";
    EXPECT_TRUE(stack.canRedo());
}

TEST(ViewRecipe, SurvivesItsJson)
{
    app::ViewRecipe recipe;
    recipe.session = QStringLiteral("/data/one & two.armillary");
    recipe.shownRun = QStringLiteral("000001-1a2b");
    recipe.runA = recipe.shownRun;
    recipe.runB = QStringLiteral("000002-ffff");
    recipe.side = PairSide::Difference;
    recipe.panel = QStringLiteral("attention");
    recipe.views[QStringLiteral("attention")] = QJsonObject{{"zoom", 2.5}};
    recipe.chosen = {3, 4, 5, 9};
    recipe.focus = {.layer = 17, .head = 3, .query = 4200, .method = widgets::AttentionMethod::Relevancy};
    recipe.overlaysOn = false;
    recipe.soloLayer = QStringLiteral("attention");
    recipe.layers = {{QStringLiteral("attention"), false, 0.25}};
    recipe.workspace = QStringLiteral("attention");
    recipe.docks = QByteArray("\x00\x01\x02state", 8);
    const QJsonObject json = app::jsonFromRecipe(recipe);
    EXPECT_EQ(json["selection"].toString(), QLatin1String("3-5,9"));
    const auto back =
        app::recipeFromJson(QJsonDocument::fromJson(QJsonDocument(json).toJson(QJsonDocument::Compact)).object());
    ASSERT_TRUE(back);
    EXPECT_EQ(app::jsonFromRecipe(*back), json);
    EXPECT_EQ(back->chosen, recipe.chosen);
    EXPECT_EQ(back->focus, recipe.focus);
    EXPECT_EQ(back->side, recipe.side);
    EXPECT_EQ(back->docks, recipe.docks);
    ASSERT_EQ(back->layers.size(), 1U);
    EXPECT_DOUBLE_EQ(back->layers[0].opacity, 0.25);
}

TEST(ViewRecipe, RefusesWhatIsNone)
{
    EXPECT_FALSE(app::recipeFromJson({}));
    EXPECT_FALSE(app::recipeFromJson({{"armillary", 2}}));
    EXPECT_TRUE(app::positionsFromText(QStringLiteral("5-2")).empty());
    EXPECT_TRUE(app::positionsFromText(QStringLiteral("1-2-3")).empty());
    EXPECT_TRUE(app::positionsFromText(QStringLiteral("0-999999999999")).empty());
    EXPECT_TRUE(app::positionsFromText(QStringLiteral("cat")).empty());
    EXPECT_EQ(app::positionsFromText(QStringLiteral("7,9-10")), (Positions{7, 9, 10}));
}

TEST(ResultCsv, WritesNumbersTablesAndArrays)
{
    AnalysisResult result;
    result.numbers = {{"mass", 0.25, "ratio"}, {"none", std::nan(""), ""}};
    result.tables = {{"words", {"word", "bits"}, {{std::string("a, \"b\""), 1.5}, {std::string("c"), 2.0}}}};
    const std::vector<float> values = {1, 2, 3, 4.5F, 5, 6};
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(float));
    std::memcpy(bytes->data(), values.data(), bytes->size());
    result.arrays["map"] = {{"row", "column"}, {ElementType::Float32, {2, 3}, bytes}};
    EXPECT_EQ(app::csvFromResult(result).toStdString(), "name,value,unit\r\n"
                                                        "mass,0.25,ratio\r\n"
                                                        "none,,\r\n"
                                                        "\r\n"
                                                        "table,words\r\n"
                                                        "word,bits\r\n"
                                                        "\"a, \"\"b\"\"\",1.5\r\n"
                                                        "c,2\r\n"
                                                        "\r\n"
                                                        "array,map\r\n"
                                                        "row,column,value\r\n"
                                                        "0,0,1\r\n"
                                                        "0,1,2\r\n"
                                                        "0,2,3\r\n"
                                                        "1,0,4.5\r\n"
                                                        "1,1,5\r\n"
                                                        "1,2,6\r\n");
}

}  // namespace
}  // namespace armillary::test
