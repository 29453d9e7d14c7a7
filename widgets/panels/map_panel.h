// World, image and word tokens in one map of their vectors: principal components in the plane and in space, t-SNE and UMAP, with
// the pixels of what is pointed at and the nearest tokens of the full space beside it. Maps are of one run: of a difference the
// map of A stays.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/embedding/map_coloring.h"
#include "widgets/inspector/token_crops.h"
#include "widgets/panel.h"

#include <QTimer>

#include <memory>
#include <vector>

class QAction;
class QComboBox;
class QLabel;
class QSplitter;
class QStackedLayout;
class QStackedWidget;

namespace armillary::widgets {

class EmbeddingMapCanvas;
class EmbeddingOverlays;
class EmbeddingSpaceCanvas;
class MapLegendRow;
class MapOptionsRow;
class NeighbourSide;
class PointCloudCanvas;

class MapPanel : public Panel {
    Q_OBJECT
public:
    enum class Method { Plane, Space, Tsne, Umap };

    explicit MapPanel(const PanelContext& context, QWidget* parent = nullptr);
    ~MapPanel() override;

    void showRun() override;
    void showState() override;
    void showSelection() override;
    void showOverlays() override;
    void showPair() override;
    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    void setMethod(Method method);
    [[nodiscard]] Method method() const;
    [[nodiscard]] EmbeddingMapCanvas* mapCanvas() const { return m_map; }
    [[nodiscard]] EmbeddingSpaceCanvas* spaceCanvas() const { return m_space; }
    [[nodiscard]] NeighbourSide* neighbours() const { return m_neighbours; }
    [[nodiscard]] EmbeddingOverlays* layers() const { return m_layers; }
    [[nodiscard]] MapLegendRow* legend() const { return m_legend; }
    [[nodiscard]] MapOptionsRow* options() const { return m_options; }
    // Under the map: explained variance or trustworthiness, and what the map does not say.
    [[nodiscard]] QString note() const;

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeTop();
    void makeActions();
    [[nodiscard]] PointCloudCanvas* canvas() const;
    [[nodiscard]] QString analysis() const;
    [[nodiscard]] AnalysisRequest request() const;
    void wish();
    void showResult();
    void showNote();
    void recolor();
    void stepToken(int step);
    void setFollowing(bool following);
    [[nodiscard]] double explainedPercent() const;
    [[nodiscard]] QStringList describePoint(int point) const;

    RunPair m_noPair;
    PanelContext m_alone;  // this panel's context without a pair
    TokenCrops m_crops;
    QStackedLayout* m_pages = nullptr;
    QStackedWidget* m_canvases = nullptr;
    QSplitter* m_split = nullptr;
    EmbeddingMapCanvas* m_map = nullptr;
    EmbeddingSpaceCanvas* m_space = nullptr;
    QComboBox* m_methodBox = nullptr;
    QComboBox* m_tensorBox = nullptr;
    QComboBox* m_coloringBox = nullptr;
    MapOptionsRow* m_options = nullptr;
    MapLegendRow* m_legend = nullptr;
    QLabel* m_note = nullptr;
    NeighbourSide* m_neighbours = nullptr;
    EmbeddingOverlays* m_layers = nullptr;
    QAction* m_optionsAction = nullptr;
    QAction* m_trailsAction = nullptr;
    QAction* m_picturesAction = nullptr;
    QAction* m_freehandAction = nullptr;
    AnalysisView* m_view = nullptr;
    AnalysisView* m_norms = nullptr;
    std::shared_ptr<const AnalysisResult> m_shown;  // that the cloud was made of
    std::shared_ptr<const PointCloud> m_cloud;
    std::vector<float> m_normValues;  // by position
    QTimer m_wishDelay;
};

}  // namespace armillary::widgets
