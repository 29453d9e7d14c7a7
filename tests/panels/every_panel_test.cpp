// What holds for every panel of the registry: names for screen readers, Tab comes to every control, an empty one says what belongs
// there, nothing is clipped at the sizes it has in the window, in both themes and with text half as large again.
#include "support/attention_scene.h"
#include "support/canned_results.h"
#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/panel_stage.h"
#include "window_support/readable.h"
#include "window_support/text_scale.h"
#include "window_support/waiting.h"

#include "widgets/hint_page.h"
#include "widgets/overlay/attention_overlay.h"
#include "widgets/panel_registry.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QTest>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::test {
namespace {

using namespace std::chrono_literals;
using namespace widgets;

class EveryPanel : public testing::TestWithParam<std::string> {
protected:
    void TearDown() override
    {
        m_panel.reset();
        applyTheme(ThemeChoice::Light, false);
    }
    void make(const QSize& size, bool dark = false)
    {
        applyTheme(dark ? ThemeChoice::Dark : ThemeChoice::Light, dark);
        m_panel.reset(kind().make(m_stage.context(), nullptr));
        ASSERT_NE(m_panel, nullptr);
        // As the main window does it.
        m_panel->setMinimumSize(150, 64);
        m_panel->resize(size);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void showScene()
    {
        if (m_stage.media.rowCount() == 0) {
            const MediaId id = m_stage.media.add(QStringLiteral("scene.png"), QStringLiteral("scene.png"));
            m_stage.media.setOpened(id, 9, 8);
            m_stage.media.setFrame(id, {0, gradientImage(120, 180), gradient(), gradient().scaled(96, 64)});
            m_attention = std::make_unique<AttentionOverlay>(m_stage.context());
        }
        m_stage.run.showRecord(m_scene.record);
        m_stage.pair.setA({m_scene.record, QStringLiteral("1"), QStringLiteral("What moves left?")});
        m_stage.selection.choose({m_scene.prefill + 1});
        turnFor(150ms);
    }
    static QImage gradient()
    {
        QImage out(180, 120, QImage::Format_RGB888);
        for (int y = 0; y < out.height(); ++y) {
            for (int x = 0; x < out.width(); ++x)
                out.setPixelColor(x, y, QColor(x, 2 * y, 128));
        }
        return out;
    }
    [[nodiscard]] static const PanelKind& kind()
    {
        return *std::find_if(panelKinds().begin(), panelKinds().end(),
                             [](const PanelKind& each) { return each.id.toStdString() == GetParam(); });
    }
    // Those that its place has in windows of 1280x800 and 1920x1080, and one that a person may make it.
    [[nodiscard]] static std::vector<QSize> sizes()
    {
        switch (kind().place) {
        case PanelPlace::Left: return {{208, 420}, {292, 720}};
        case PanelPlace::RightTop:
        case PanelPlace::RightBottom: return {{310, 190}, {310, 340}, {450, 560}};
        case PanelPlace::CentreBottom: return {{800, 210}, {1250, 250}};
        case PanelPlace::Bottom: return {{440, 170}, {690, 230}, {1250, 180}};
        default: return {{350, 420}, {570, 480}, {1000, 700}};
        }
    }
    // After what comes late, an analysis perhaps, has found its place.
    [[nodiscard]] std::string stillClipped() const
    {
        (void)waitUntil([this] { return clippedTexts(*m_panel).isEmpty(); }, 1s);
        return said(clippedTexts(*m_panel));
    }
    static std::string said(const QStringList& lines) { return lines.join(QLatin1Char('\n')).toStdString(); }
    [[nodiscard]] QString pictureName(const char* state, bool dark) const
    {
        return QStringLiteral("panel-%1-%2-%3-%4")
            .arg(QString::fromStdString(GetParam()), QLatin1String(state))
            .arg(QStringLiteral("%1x%2").arg(m_panel->width()).arg(m_panel->height()))
            .arg(dark ? QLatin1String("dark") : QLatin1String("light"));
    }

    AttentionScene m_scene;
    PanelStage m_stage;
    std::unique_ptr<AttentionOverlay> m_attention;
    std::unique_ptr<Panel> m_panel;
};

TEST_P(EveryPanel, NamesItsControls)
{
    make({640, 480});
    EXPECT_EQ(said(namelessControls(*m_panel)), "") << "empty";
    showScene();
    EXPECT_EQ(said(namelessControls(*m_panel)), "");
}

TEST_P(EveryPanel, IsReachedByTab)
{
    make({900, 640});
    showScene();
    // Among others, as in the window.
    QWidget host;
    auto* column = new QVBoxLayout(&host);
    auto* before = new QPushButton(QStringLiteral("before"));
    column->addWidget(before);
    column->addWidget(m_panel.get(), 1);
    column->addWidget(new QPushButton(QStringLiteral("after")));
    host.resize(900, 740);
    host.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&host));
    takeKeyboard(host);
    before->setFocus();
    EXPECT_EQ(said(unreachedControls(*m_panel)), "");
    m_panel.reset();
}

TEST_P(EveryPanel, SaysWhatBelongsThereWhenEmpty)
{
    for (const bool dark : {false, true}) {
        make(sizes().front(), dark);
        turnFor(50ms);
        panelPicture(*m_panel, pictureName("empty", dark));
        const bool isForm = GetParam() == "question";
        const auto hints = m_panel->findChildren<HintPage*>();
        EXPECT_TRUE(isForm ||
                    std::any_of(hints.begin(), hints.end(), [](const HintPage* hint) { return hint->isVisible(); }));
        EXPECT_EQ(stillClipped(), "");
    }
}

TEST_P(EveryPanel, ClipsNothingAtItsSizes)
{
    for (const QSize& size : sizes()) {
        for (const bool dark : {false, true}) {
            make(size, dark);
            showScene();
            EXPECT_EQ(stillClipped(), "") << size.width() << (dark ? " dark" : " light");
            panelPicture(*m_panel, pictureName("scene", dark));
        }
    }
}

TEST_P(EveryPanel, ClipsNothingWithLargeText)
{
    const TextScale large(1.5);
    const QSize size = sizes().back();
    make(size);
    showScene();
    panelPicture(*m_panel, pictureName("scene-large-text", false));
    EXPECT_EQ(stillClipped(), "") << size.width();
}

TEST_P(EveryPanel, RowsOfTablesGrowWithTheText)
{
    m_stage.messages.add(MessageKind::Note, QStringLiteral("note"));
    make(sizes().back());
    const TextScale large(2);
    applyTheme(ThemeChoice::Light, false);
    for (const QTableView* table : m_panel->findChildren<QTableView*>()) {
        // Others are measured row by row.
        if (table->verticalHeader()->sectionResizeMode(0) == QHeaderView::ResizeToContents)
            continue;
        EXPECT_EQ(table->font().pointSizeF(), large.points());
        EXPECT_GE(table->verticalHeader()->defaultSectionSize(), table->fontMetrics().height() + 4)
            << table->accessibleName().toStdString();
    }
}

std::vector<std::string> ids()
{
    std::vector<std::string> out;
    for (const PanelKind& kind : panelKinds())
        out.push_back(kind.id.toStdString());
    return out;
}

INSTANTIATE_TEST_SUITE_P(Panels, EveryPanel, testing::ValuesIn(ids()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace armillary::test
