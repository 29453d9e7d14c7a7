// Layers by heads: one measure of attention for each, as a heat map. Pointing at a cell shows its layer and head in every other
// panel for as long as the pointer stays; a click keeps them.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/heat_matrix_canvas.h"
#include "widgets/panel.h"

#include <optional>

class QComboBox;
class QPushButton;
class QStackedLayout;

namespace armillary::widgets {

class AnalysisStrip;
class AnalysisView;
class HintPage;

class MatrixPanel : public Panel {
    Q_OBJECT
public:
    explicit MatrixPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showState() override;
    void showFocus() override;
    void showPair() override;

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] HeatMatrixCanvas* canvas() const { return m_canvas; }
    [[nodiscard]] QComboBox* measureBox() const { return m_measure; }
    [[nodiscard]] QComboBox* queriesBox() const { return m_queries; }
    [[nodiscard]] AnalysisStrip* strip() const { return m_strip; }
    // Puts the focus on the head that gives the world the most attention, by lift, or by mass while mass on the world is shown.
    void focusOnWorld();

protected:
    void hideEvent(QHideEvent* event) override;

private:
    void makeControls();
    void makeActions();
    void ask();
    void showResult();
    void showPages();
    void point(const std::optional<MatrixCell>& cell);
    void choose(const MatrixCell& cell);
    void moveBy(int layers, int heads);
    void setFocus(const MatrixCell& cell);
    void answerWorld();

    AnalysisView* m_view = nullptr;
    AnalysisView* m_worldView = nullptr;  // of focusOnWorld
    QStackedLayout* m_pages = nullptr;
    QComboBox* m_measure = nullptr;
    QComboBox* m_queries = nullptr;
    HeatMatrixCanvas* m_canvas = nullptr;
    AnalysisStrip* m_strip = nullptr;
    QAction* m_world = nullptr;
    QPushButton* m_worldButton = nullptr;
    std::shared_ptr<const AnalysisResult> m_shown;  // what the canvas shows
    bool m_shownIsDifference = false;
    std::optional<MatrixCell> m_before;  // the focus that comes back when the pointer leaves
    bool m_settingFocus = false;
    bool m_wantsWorld = false;
};

}  // namespace armillary::widgets
