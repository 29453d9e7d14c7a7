// The media panel: rows of the model, the current one in and out by mouse and keys, ticks, and what is said without any.
#include "support/record_builder.h"
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/readable.h"
#include "window_support/test_window.h"
#include "window_support/waiting.h"

#include "widgets/hint_page.h"
#include "widgets/panels/media_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>

namespace armillary::test {
namespace {

using namespace widgets;

class MediaOfSession : public testing::Test {
protected:
    void open(bool dark = false)
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel = std::make_unique<MediaPanel>(m_stage.context());
        m_panel->resize(220, 300);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
        takeKeyboard(*m_panel);
    }
    MediaId add(const QString& name, int frames, const QColor& color)
    {
        const MediaId id = m_stage.media.add(QStringLiteral("/pictures/") + name, name);
        m_stage.media.setOpened(id, frames, 8);
        QImage thumbnail(96, 64, QImage::Format_RGB888);
        thumbnail.fill(color);
        m_stage.media.setFrame(id, {0, gradientImage(64, 96), thumbnail, thumbnail});
        return id;
    }
    [[nodiscard]] QPoint rowCentre(int row) const
    {
        return list()->visualRect(list()->model()->index(row, 0)).center();
    }
    [[nodiscard]] QListView* list() const { return m_panel->list(); }

    PanelStage m_stage;
    std::unique_ptr<MediaPanel> m_panel;
};

TEST_F(MediaOfSession, SaysHowToBringOneWithoutAny)
{
    open();
    auto* hint = m_panel->findChild<HintPage*>();
    ASSERT_TRUE(hint->isVisible());
    const QSignalSpy wanted(m_panel.get(), &MediaPanel::openRequested);
    clickAt(hint->button(), hint->button()->rect().center());
    EXPECT_TRUE(waitUntil([&] { return wanted.count() == 1; }, std::chrono::seconds(5)));
    add(QStringLiteral("cup.png"), 1, Qt::red);
    EXPECT_FALSE(hint->isVisible());
}

TEST_F(MediaOfSession, ShowsThePictureThatAnOpenedRunKeeps)
{
    open();
    auto* hint = m_panel->findChild<HintPage*>();
    EXPECT_EQ(hint->titleLabel()->text(), QLatin1String("No picture yet"));
    RunRecord record = *RecordBuilder::typical().build();
    Clip clip;
    clip.path = "/far/away/scene 3";
    clip.frames = {gradientImage(48, 64)};
    record.question.media = {clip};
    record.question.stillFrames = {0};
    m_stage.run.showRecord(std::make_shared<const RunRecord>(record));
    m_panel->showRun();
    ASSERT_TRUE(hint->isVisible());
    EXPECT_EQ(hint->titleLabel()->text(), QLatin1String("scene 3"));
    EXPECT_TRUE(hint->textLabel()->text().contains(QLatin1String("Kept in the shown run")));
    const auto labels = hint->findChildren<QLabel*>();
    EXPECT_TRUE(std::any_of(labels.begin(), labels.end(),
                            [](const QLabel* label) { return label->isVisible() && !label->pixmap().isNull(); }));
    EXPECT_EQ(clippedTexts(*m_panel).join(QLatin1Char('\n')).toStdString(), "");
    (void)panelPicture(*m_panel, QStringLiteral("media-of-run-light"));
    // In a low panel the sentence goes into the tip before it is cut.
    m_panel->setMinimumSize(150, 64);  // as the window does it
    m_panel->resize(220, 90);
    turnFor(std::chrono::milliseconds(20));
    EXPECT_FALSE(hint->textLabel()->isVisible());
    EXPECT_EQ(hint->toolTip(), hint->textLabel()->text());
    EXPECT_EQ(clippedTexts(*m_panel).join(QLatin1Char('\n')).toStdString(), "");
}

TEST_F(MediaOfSession, ShowsTheCurrentOneAndChoosesAnother)
{
    const QAbstractItemModelTester tester(&m_stage.media, QAbstractItemModelTester::FailureReportingMode::Fatal);
    open();
    const MediaId cup = add(QStringLiteral("cup.png"), 1, Qt::red);
    const MediaId clip = add(QStringLiteral("clip.mp4"), 24, Qt::blue);
    EXPECT_EQ(list()->currentIndex().row(), 1) << "the newest one";
    m_stage.media.setCurrent(cup);
    EXPECT_EQ(list()->currentIndex().row(), 0);
    clickAt(list()->viewport(), rowCentre(1));
    EXPECT_TRUE(waitUntil([&] { return m_stage.media.current()->id == clip; }, std::chrono::seconds(5)));
    list()->setFocus();
    pressKey(list(), Qt::Key_Up);
    EXPECT_TRUE(waitUntil([&] { return m_stage.media.current()->id == cup; }, std::chrono::seconds(5)));
}

TEST_F(MediaOfSession, TicksWhatTheNextQuestionShowsAndTakesOut)
{
    open();
    const MediaId cup = add(QStringLiteral("cup.png"), 1, Qt::red);
    const MediaId clip = add(QStringLiteral("clip.mp4"), 24, Qt::blue);
    m_stage.media.setCurrent(cup);
    list()->setFocus();
    pressKey(list(), Qt::Key_Space);
    EXPECT_TRUE(waitUntil([&] { return !m_stage.media.find(cup)->used; }, std::chrono::seconds(5)));
    EXPECT_TRUE(m_stage.media.find(clip)->used);
    pressKey(list(), Qt::Key_Delete);
    EXPECT_TRUE(waitUntil([&] { return m_stage.media.find(cup) == nullptr; }, std::chrono::seconds(5)));
    EXPECT_EQ(m_stage.media.current()->id, clip);
    EXPECT_EQ(list()->model()->rowCount(), 1);
}

TEST_F(MediaOfSession, LooksInLightAndDark)
{
    for (const bool dark : {false, true}) {
        open(dark);
        if (m_stage.media.rowCount() == 0) {
            add(QStringLiteral("cup.png"), 1, QColor(200, 40, 40));
            add(QStringLiteral("clip of a long name that is cut in its middle.mp4"), 24, QColor(40, 40, 200));
        }
        turnFor(std::chrono::milliseconds(50));
        const QImage shown =
            panelPicture(*m_panel,
                         QStringLiteral("media-%1").arg(dark ? QLatin1String("dark") : QLatin1String("light")));
        const QRect current = list()->visualRect(list()->currentIndex());
        const QPoint mark = list()->viewport()->mapTo(m_panel.get(), QPoint(current.left() + 1, current.center().y()));
        EXPECT_EQ(shown.pixelColor(mark), themeColors(dark).accent) << "the current row is marked";
        int red = 0;
        const QRect first = list()->visualRect(list()->model()->index(0, 0));
        for (int x = first.left(); x < first.right(); ++x) {
            const QPoint at = list()->viewport()->mapTo(m_panel.get(), QPoint(x, first.center().y()));
            red += shown.pixelColor(at) == QColor(200, 40, 40) ? 1 : 0;
        }
        EXPECT_GE(red, 48) << "its thumbnail";
    }
}

}  // namespace
}  // namespace armillary::test
