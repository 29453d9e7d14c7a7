// The fused sequence: strip, legends of kinds and of what shades it, and the same positions as a table.
// Thread rule: GUI thread.
#pragma once

#include "widgets/frozen_view.h"
#include "widgets/panel.h"

#include <memory>

class QLabel;
class QStackedLayout;
class QTableView;

namespace armillary::widgets {

class LegendRow;
class OverlayLegend;
class TokenStripCanvas;
class TokenTableModel;

class TokenPanel : public Panel {
    Q_OBJECT
public:
    explicit TokenPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showNewTokens(qint64 first, qint64 count) override;
    void showState() override;
    void showSelection() override;
    void showFocus() override;
    void showOverlays() override;

    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] TokenStripCanvas* strip() const { return m_strip; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] LegendRow* legend() const { return m_legend; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void makeTable();
    void makeActions();
    void moveBy(std::int64_t step);
    void refresh();
    void showChosenRows();
    void showMenu(const QPoint& point);
    void setQuery(std::optional<std::int64_t> position);
    void freeze(bool locked);
    // What is shown: the run and its layers, or those of the moment when the panel was locked.
    [[nodiscard]] const ShownRun& shownRun() const;
    [[nodiscard]] const OverlayStack& shownOverlays() const;

    QStackedLayout* m_pages = nullptr;
    TokenStripCanvas* m_strip = nullptr;
    LegendRow* m_legend = nullptr;
    OverlayLegend* m_shades = nullptr;
    QLabel* m_total = nullptr;
    QTableView* m_table = nullptr;
    TokenTableModel* m_model = nullptr;
    std::unique_ptr<FrozenView> m_frozen;  // while locked
    bool m_movingTable = false;
};

}  // namespace armillary::widgets
