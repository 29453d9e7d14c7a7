// The anatomy panel in sight, for the tests of its tree and of its other views.
#pragma once

#include "window_support/panel_stage.h"

#include "widgets/panels/anatomy_panel.h"
#include "widgets/theme.h"

#include <gtest/gtest.h>

#include <QTest>

#include <memory>
#include <utility>

namespace armillary::test {

class AnatomyStage : public testing::Test {
protected:
    void SetUp() override
    {
        widgets::applyTheme(widgets::ThemeChoice::Light, false);
        m_panel = std::make_unique<widgets::AnatomyPanel>(m_stage.context());
        m_panel->resize(640, 480);
        m_panel->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_panel.get()));
    }
    void TearDown() override { widgets::applyTheme(widgets::ThemeChoice::Light, false); }

    // As if its files had been read.
    void open(std::shared_ptr<const SnapshotContents> contents)
    {
        m_panel->openSnapshot(QString::fromStdString(contents->folder));
        m_panel->showSnapshot(std::move(contents));
    }

    PanelStage m_stage;
    std::unique_ptr<widgets::AnatomyPanel> m_panel;
};

}  // namespace armillary::test
