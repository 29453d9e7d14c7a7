// What happens to the answer when something is taken away: rows of tokens changed, attention cut, blocks covered; and what every
// segment adds directly.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <vector>

class QStackedWidget;
class QTabWidget;

namespace armillary::widgets {

class EffectPage;
class OcclusionPage;

class EffectsPanel : public Panel {
    Q_OBJECT
public:
    explicit EffectsPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showState() override;
    void showFocus() override;
    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] QTabWidget* tabs() const { return m_tabs; }
    // By the name of the analysis; null for occlusion and unknown names.
    [[nodiscard]] EffectPage* page(const std::string& analysis) const;
    [[nodiscard]] OcclusionPage* occlusion() const { return m_occlusion; }

private:
    void addActions();

    QStackedWidget* m_stack = nullptr;
    QTabWidget* m_tabs = nullptr;
    std::vector<EffectPage*> m_pages;
    OcclusionPage* m_occlusion = nullptr;
};

}  // namespace armillary::widgets
