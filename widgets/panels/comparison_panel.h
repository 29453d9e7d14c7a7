// Comparisons: one question in every integration option, and two runs of the session side by side.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

class QStackedWidget;
class QTabWidget;

namespace armillary::widgets {

class OptionMatrixView;
class RunPairView;

class ComparisonPanel : public Panel {
    Q_OBJECT
public:
    explicit ComparisonPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showState() override;
    void showPair() override;
    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] OptionMatrixView* options() const { return m_options; }
    [[nodiscard]] RunPairView* twoRuns() const { return m_twoRuns; }
    [[nodiscard]] QTabWidget* tabs() const { return m_tabs; }

private:
    QTabWidget* m_tabs = nullptr;
    QStackedWidget* m_optionPages = nullptr;
    OptionMatrixView* m_options = nullptr;
    RunPairView* m_twoRuns = nullptr;
};

}  // namespace armillary::widgets
