// Where a word of the answer comes from: the words it was chosen among, what each layer would have said, and which vocabulary
// words image and world tokens lie near.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

class QStackedLayout;
class QTabWidget;

namespace armillary::widgets {

class LayerWordsPage;
class LogitsPage;
class NearestWordsPage;

class LensPanel : public Panel {
    Q_OBJECT
public:
    explicit LensPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showNewTokens(qint64 first, qint64 count) override;
    void showState() override;
    void showSelection() override;
    void showFocus() override;
    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] QTabWidget* tabs() const { return m_tabs; }
    [[nodiscard]] LogitsPage* logits() const { return m_logits; }
    [[nodiscard]] LayerWordsPage* layers() const { return m_layers; }
    [[nodiscard]] NearestWordsPage* nearest() const { return m_nearest; }

private:
    // What is chosen, else the first word of the answer.
    [[nodiscard]] std::optional<std::int64_t> chosenPosition() const;
    void showPages();

    QStackedLayout* m_pages = nullptr;
    QTabWidget* m_tabs = nullptr;
    LogitsPage* m_logits = nullptr;
    LayerWordsPage* m_layers = nullptr;
    NearestWordsPage* m_nearest = nullptr;
};

}  // namespace armillary::widgets
