// The account of a question: bar, table, sentences; selection in and out; pictures.
#include "support/record_builder.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"

#include "widgets/cost/budget_bar.h"
#include "widgets/models/budget_table_model.h"
#include "widgets/panels/budget_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/theme.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;

// As TheWorld on Gemma 3 4B would count a picture.
TokenBudget gemma()
{
    TokenBudget out;
    out.conversation = {40, 12, 256, 0, 784, 2, 128};
    out.question = {12, 6, 0, 0, 0, 0, 128};
    out.contextLength = 131072;
    out.mostPositions = 131072;
    out.localWindow = 1024;
    out.localLayers = 29;
    out.layers = 34;
    out.unseenAtLast.world = 196;
    out.unseenAtLast.control = 1;
    out.memory = {std::int64_t{8} << 30, std::int64_t{180} << 20, 139264, std::int64_t{400} << 20, 0};
    return out;
}

std::shared_ptr<const TokenBudget> shared(const TokenBudget& budget)
{
    return std::make_shared<const TokenBudget>(budget);
}

class Budget : public testing::Test {
protected:
    void SetUp() override
    {
        applyTheme(ThemeChoice::Light, false);
        m_panel = std::make_unique<BudgetPanel>(m_stage.context());
        m_panel->resize(640, 480);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void TearDown() override { applyTheme(ThemeChoice::Light, false); }

    [[nodiscard]] QString cell(const QString& name, int column) const
    {
        for (int row = 0; row < m_panel->model()->rowCount(); ++row) {
            if (m_panel->model()->index(row, 0).data().toString() == name)
                return m_panel->model()->index(row, column).data().toString();
        }
        return QStringLiteral("no row");
    }

    PanelStage m_stage;
    std::unique_ptr<BudgetPanel> m_panel;
};

TEST_F(Budget, WithoutAModelAndWithAProblemItSaysSo)
{
    EXPECT_FALSE(m_panel->table()->isVisible());
    m_panel->showBudget(nullptr, QStringLiteral("a world needs a picture: add one"));
    const auto labels = m_panel->findChildren<QLabel*>();
    EXPECT_TRUE(std::any_of(labels.begin(), labels.end(), [](const QLabel* label) {
        return label->isVisible() && label->text().contains(QStringLiteral("needs a picture"));
    }));
    EXPECT_FALSE(m_panel->viewData().has_value());
    m_panel->showBudget(shared(gemma()), {});
    EXPECT_TRUE(m_panel->table()->isVisible());
    m_panel->showBudget(nullptr, {});
    EXPECT_FALSE(m_panel->table()->isVisible());
}

TEST_F(Budget, RowsAreTheAccount)
{
    const QAbstractItemModelTester tester(m_panel->model(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    m_panel->showBudget(shared(gemma()), {});
    EXPECT_EQ(cell(QStringLiteral("world"), BudgetTableModel::ConversationColumn), QStringLiteral("784"));
    EXPECT_EQ(cell(QStringLiteral("world"), BudgetTableModel::QuestionColumn), QStringLiteral("0"));
    EXPECT_EQ(cell(QStringLiteral("together"), BudgetTableModel::ConversationColumn), QStringLiteral("1,222"));
    EXPECT_EQ(cell(QStringLiteral("together"), BudgetTableModel::QuestionColumn), QStringLiteral("146"));
    EXPECT_EQ(cell(QStringLiteral("crops"), BudgetTableModel::QuestionColumn), QStringLiteral("no row"));
    EXPECT_EQ(cell(QStringLiteral("keys and values"), BudgetTableModel::ConversationColumn),
              QStringLiteral("180.00 MiB"));
    EXPECT_TRUE(
        m_panel->sentences()->text().contains(QStringLiteral("198 tokens longer than the local window of 1,024")));
    EXPECT_TRUE(m_panel->sentences()->text().contains(QStringLiteral("196 of 784 world tokens")));

    TokenBudget crops = gemma();
    crops.conversation.crops = 512;
    m_panel->showBudget(shared(crops), {});
    EXPECT_EQ(cell(QStringLiteral("crops"), BudgetTableModel::ConversationColumn), QStringLiteral("512"));
    m_panel->showBudget(nullptr, {});
    EXPECT_EQ(m_panel->model()->rowCount(), 0);
}

TEST_F(Budget, WhatFitsHasNoSentenceAndWhatDoesNotSaysByHowMuch)
{
    TokenBudget fits = gemma();
    fits.localWindow = 0;
    m_panel->showBudget(shared(fits), {});
    EXPECT_FALSE(m_panel->sentences()->isVisible());
    EXPECT_TRUE(m_panel->bar()->words().contains(QStringLiteral("context 131,072")));

    TokenBudget over = fits;
    over.contextLength = 1000;
    m_panel->showBudget(shared(over), {});
    EXPECT_TRUE(m_panel->bar()->words().contains(QStringLiteral("222 over the context of 1,000")));
    EXPECT_TRUE(m_panel->sentences()->text().contains(QStringLiteral("222 more than the context of 1,000")));
    EXPECT_GT(m_panel->bar()->contextMark(), 0);

    over.mostPositions = 1000;
    m_panel->showBudget(shared(over), {});
    EXPECT_TRUE(m_panel->sentences()->text().contains(QStringLiteral("94 more than the 1,000 that can be asked")));
}

TEST_F(Budget, PartsOfTheBarAreAsWideAsTheirTokens)
{
    m_panel->showBudget(shared(gemma()), {});
    BudgetBar* bar = m_panel->bar();
    const QRectF world = bar->partRect(3), image = bar->partRect(4);
    EXPECT_NEAR(world.width() / image.width(), 784.0 / 256, 1e-6);
    EXPECT_DOUBLE_EQ(world.right(), image.left());
    EXPECT_NEAR(bar->windowMark(), world.width() * 1024 / 784, 1);
    EXPECT_LT(bar->contextMark(), 0) << "far away";
    const QImage picture = bar->grab().toImage();
    const QColor drawn = picture.pixelColor(world.center().toPoint());
    const QColor want = BudgetBar::partColor(budgetParts()[3], false);
    EXPECT_NEAR(drawn.red(), want.red(), 4);
    EXPECT_NEAR(drawn.green(), want.green(), 4);
    EXPECT_NEAR(drawn.blue(), want.blue(), 4);
}

TEST_F(Budget, NarrowBarsSayTheSumFirst)
{
    m_panel->showBudget(shared(gemma()), {});
    BudgetBar* bar = m_panel->bar();
    const QFontMetrics metrics = bar->fontMetrics();
    for (const int width : {900, 420, 320, 200, 90}) {
        const QString words = bar->wordsFor(width);
        EXPECT_LE(metrics.horizontalAdvance(words), width) << words.toStdString();
        EXPECT_TRUE(words.contains(QStringLiteral("1,222"))) << words.toStdString();
    }
    EXPECT_TRUE(bar->wordsFor(320).contains(QStringLiteral("of 131,072")));
}

TEST_F(Budget, SelectionComesInAndGoesOut)
{
    const auto record = RecordBuilder::typical().build();
    m_stage.run.showRecord(record);
    m_panel->showBudget(shared(gemma()), {});
    std::int64_t image = -1;
    for (std::int64_t i = 0; i < m_stage.run.size() && image < 0; ++i)
        image = m_stage.run.kindAt(i) == TokenKind::Image ? i : -1;
    ASSERT_GE(image, 0);
    m_stage.selection.hover({image});
    m_panel->showSelection();
    ASSERT_TRUE(m_panel->table()->currentIndex().isValid());
    EXPECT_EQ(m_panel->table()->currentIndex().siblingAtColumn(0).data().toString(), QStringLiteral("image"));

    m_stage.selection.hover({});
    QModelIndex text;
    for (int row = 0; row < m_panel->model()->rowCount(); ++row) {
        if (m_panel->model()->index(row, 0).data().toString() == QStringLiteral("text"))
            text = m_panel->model()->index(row, 0);
    }
    QTest::mouseClick(m_panel->table()->viewport(), Qt::LeftButton, {}, m_panel->table()->visualRect(text).center());
    ASSERT_FALSE(m_stage.selection.chosen().empty());
    for (const std::int64_t position : m_stage.selection.chosen())
        EXPECT_EQ(m_stage.run.kindAt(position), TokenKind::Text);
}

TEST_F(Budget, TheQuestionPanelShowsItAndTellsOfDrafts)
{
    QuestionPanel question(m_stage.context());
    question.resize(320, 300);
    question.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&question));
    EXPECT_FALSE(question.budgetBar()->isVisible());
    question.showBudget(shared(gemma()), {});
    EXPECT_TRUE(question.budgetBar()->isVisible());
    EXPECT_TRUE(question.budgetBar()->toolTip().contains(QStringLiteral("Forecast")));
    const QSignalSpy drafts(&question, &QuestionPanel::draftChanged);
    QTest::keyClicks(question.textEdit(), QStringLiteral("Hi"));
    EXPECT_EQ(drafts.count(), 2);
    panelPicture(question, QStringLiteral("budget_question_panel_320x300"));
    question.showBudget(nullptr, QStringLiteral("a world needs a picture: add one, or choose fusion none"));
    EXPECT_TRUE(question.budgetBar()->words().contains(QStringLiteral("needs a picture")));
    question.showBudget(nullptr, {});
    EXPECT_FALSE(question.budgetBar()->isVisible());
}

TEST_F(Budget, Pictures)
{
    for (const bool dark : {false, true}) {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        TokenBudget budget = gemma();
        budget.contextLength = 1200;
        m_panel->showBudget(shared(budget), {});
        for (const QSize& size : {QSize(420, 300), QSize(640, 480), QSize(1000, 700)}) {
            m_panel->resize(size);
            QApplication::processEvents();
            EXPECT_FALSE(panelPicture(*m_panel, QStringLiteral("budget_panel_%1x%2_%3")
                                                    .arg(size.width())
                                                    .arg(size.height())
                                                    .arg(dark ? QStringLiteral("dark") : QStringLiteral("light")))
                             .isNull());
        }
    }
}

}  // namespace
}  // namespace armillary::test
