// World against SigLIP in numbers: agreement, gap, rank and separability beside what chance gives; cosines of all tokens as a heat
// map; norms by segment; latent channels.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/panel.h"

#include <array>

class QAction;
class QBoxLayout;
class QComboBox;
class QLabel;
class QProgressBar;
class QSpinBox;
class QStackedLayout;
class QTabWidget;
class QTableView;

namespace armillary::widgets {

class MeasureTableModel;
class NormHistogram;
class ResultTableModel;
class SimilarityCanvas;

class AlignmentPanel : public Panel {
    Q_OBJECT
public:
    enum Tab { Numbers, Similarity, Norms, Channels };

    explicit AlignmentPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showState() override;
    void showSelection() override;
    void showFocus() override;
    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    void setTab(Tab tab);
    [[nodiscard]] Tab tab() const;
    [[nodiscard]] MeasureTableModel* measures() const { return m_measures; }
    [[nodiscard]] SimilarityCanvas* similarity() const { return m_canvas; }
    [[nodiscard]] QTableView* outlierTable() const { return m_outlierTable; }
    [[nodiscard]] ResultTableModel* outliers() const { return m_outliers; }
    [[nodiscard]] NormHistogram* histogram() const { return m_histogram; }
    [[nodiscard]] ResultTableModel* channels() const { return m_channels; }
    // What a reader must know about the shown numbers.
    [[nodiscard]] QString note() const;
    [[nodiscard]] QString workText() const;

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    enum View { Alignment, Gap, Rank, Separability, Cosines, NormView, ChannelView, ViewCount };

    QWidget* makeTop();
    QWidget* makeNumbers();
    QWidget* makeSimilarity();
    QWidget* makeNorms();
    QWidget* makeChannels();
    void makeActions();
    [[nodiscard]] AnalysisRequest requestOf(View view) const;
    [[nodiscard]] std::vector<View> viewsOf(Tab tab) const;
    void wish();
    void showView(View view);
    void showMeasures();
    void showMatrix();
    void showControls();
    void showWork();
    void showNote();
    void stopAll();

    QStackedLayout* m_pages = nullptr;
    QTabWidget* m_tabs = nullptr;
    QWidget* m_top = nullptr;
    QBoxLayout* m_topRows = nullptr;
    QWidget* m_secondPart = nullptr;
    QComboBox* m_firstTensor = nullptr;
    QComboBox* m_firstSegment = nullptr;
    QComboBox* m_secondTensor = nullptr;
    QComboBox* m_secondSegment = nullptr;
    QSpinBox* m_frame = nullptr;
    QComboBox* m_matrixKinds = nullptr;
    std::array<AnalysisView*, ViewCount> m_views{};
    MeasureTableModel* m_measures = nullptr;
    SimilarityCanvas* m_canvas = nullptr;
    NormHistogram* m_histogram = nullptr;
    ResultTableModel* m_segments = nullptr;
    ResultTableModel* m_outliers = nullptr;
    QTableView* m_measureTable = nullptr;
    QTableView* m_segmentTable = nullptr;
    QTableView* m_outlierTable = nullptr;
    QTableView* m_channelTable = nullptr;
    ResultTableModel* m_channels = nullptr;
    QLabel* m_note = nullptr;
    QWidget* m_work = nullptr;
    QLabel* m_workText = nullptr;
    QProgressBar* m_workBar = nullptr;
    QAction* m_stop = nullptr;
    std::shared_ptr<const AnalysisResult> m_matrixOf;  // result that the heat map was made of
    int m_matrixChoice = -1;
};

}  // namespace armillary::widgets
