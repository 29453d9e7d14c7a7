// Where a layer and head looks: its whole map, mass and lift by kind of token, the flow between kinds by layer, sinks, and the error
// of the recomputed weights. Follows the focus; each page is computed when it is looked at.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QString>

#include <array>
#include <memory>
#include <optional>
#include <string>

class QComboBox;
class QLabel;
class QStackedLayout;
class QTableView;
class QTabWidget;
class QTimer;

namespace armillary::widgets {

class AnalysisStrip;
class AnalysisView;
class AttentionMapCanvas;
class ResultTableModel;
class SeriesChart;

class AttentionPanel : public Panel {
    Q_OBJECT
public:
    enum Page { MapPage, SegmentsPage, FlowPage, SinksPage };

    explicit AttentionPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showState() override;
    void showSelection() override;
    void showFocus() override;
    void showPair() override;

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] AttentionMapCanvas* canvas() const { return m_canvas; }
    [[nodiscard]] QTabWidget* tabs() const { return m_tabs; }
    [[nodiscard]] QComboBox* valueBox() const { return m_value; }
    [[nodiscard]] QComboBox* scaleBox() const { return m_scale; }
    [[nodiscard]] QComboBox* targetBox() const { return m_target; }
    [[nodiscard]] ResultTableModel* segments() const { return m_segments; }
    [[nodiscard]] QTableView* segmentTable() const { return m_segmentTable; }
    [[nodiscard]] ResultTableModel* sinks() const { return m_sinks; }
    [[nodiscard]] QTableView* sinkTable() const { return m_sinkTable; }
    [[nodiscard]] SeriesChart* chart() const { return m_chart; }
    // As shown: "layer 5 (global), mean of heads".
    [[nodiscard]] QString sliceText() const;
    [[nodiscard]] QString errorText() const;
    [[nodiscard]] QString coverText() const;

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct PageView {
        AnalysisView* view = nullptr;
        AnalysisStrip* strip = nullptr;
        std::shared_ptr<const AnalysisResult> shown;
        bool shownIsDifference = false;
    };

    void makePages();
    [[nodiscard]] QWidget* makeMapPage();
    [[nodiscard]] QWidget* makeSegmentsPage();
    [[nodiscard]] QWidget* makeFlowPage();
    [[nodiscard]] QWidget* makeSinksPage();
    void makeActions();
    // Asks what the page in front needs; results at hand at once, others when the focus has rested.
    void ask();
    void askNow();
    [[nodiscard]] AnalysisRequest requestFor(Page page) const;
    [[nodiscard]] PageView& pageView(Page page) { return m_views[static_cast<std::size_t>(page)]; }
    [[nodiscard]] const PageView& pageView(Page page) const { return m_views[static_cast<std::size_t>(page)]; }
    [[nodiscard]] Page page() const;
    void showResults();
    void showMap();
    void showSegments();
    void showFlow();
    void showSinks();
    // What must be known of the map: whole sentences around it, or one line in a low panel.
    void showNotes();
    void showHeader();
    void chooseKind(int row);
    void chooseSink(int row);
    void moveQuery(int step);
    void moveKey(int step);
    // The layer that maps are of: that of the focus, else the first.
    [[nodiscard]] int layer() const;
    // The rows that segments are taken over: one position, or the answer's.
    [[nodiscard]] std::string queryPositions() const;

    std::array<PageView, 4> m_views;
    AnalysisView* m_check = nullptr;
    QTimer* m_rest = nullptr;
    QStackedLayout* m_pages = nullptr;
    QTabWidget* m_tabs = nullptr;
    QLabel* m_slice = nullptr;
    QLabel* m_cover = nullptr;
    QLabel* m_error = nullptr;
    QLabel* m_notes = nullptr;  // of the map, in place of the others in a low panel
    QComboBox* m_value = nullptr;
    QComboBox* m_scale = nullptr;
    AttentionMapCanvas* m_canvas = nullptr;
    QLabel* m_segmentsOf = nullptr;
    ResultTableModel* m_segments = nullptr;
    QTableView* m_segmentTable = nullptr;
    QComboBox* m_target = nullptr;
    QComboBox* m_flowValue = nullptr;
    SeriesChart* m_chart = nullptr;
    QLabel* m_sinkNote = nullptr;
    ResultTableModel* m_sinks = nullptr;
    QTableView* m_sinkTable = nullptr;
};

}  // namespace armillary::widgets
