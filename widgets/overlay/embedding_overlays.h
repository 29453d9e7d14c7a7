// Layers of tokens' colours that come from their vectors: three components as red, green and blue, similarity to the chosen
// token, and norms. Each is an action that is on or off; while on it follows the shown run.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/panel.h"

#include <QObject>
#include <QTimer>

#include <array>
#include <memory>

class QAction;

namespace armillary::widgets {

class EmbeddingOverlays : public QObject {
    Q_OBJECT
public:
    enum Layer { Components, Similarity, Norm, LayerCount };

    // The actions belong to `owner` and are added to it.
    EmbeddingOverlays(const PanelContext& context, QWidget* owner);

    [[nodiscard]] QAction* action(Layer layer) const { return m_actions[layer]; }
    // Which vectors the layers are of: "auto", "hidden.3" ...
    void setTensor(const QString& tensor);
    // Why a layer that is switched on is not there: being computed, failed, no token is chosen. Empty: all is well.
    [[nodiscard]] QString note() const;

Q_SIGNALS:
    void noteChanged();

private:
    void wish(Layer layer);
    void show(Layer layer);
    [[nodiscard]] AnalysisRequest requestOf(Layer layer) const;
    [[nodiscard]] OverlayLayer layerFrom(Layer layer, const AnalysisResult& result) const;
    [[nodiscard]] std::optional<std::int64_t> chosenToken() const;

    PanelContext m_context;
    std::array<QAction*, LayerCount> m_actions{};
    std::array<AnalysisView*, LayerCount> m_views{};
    std::array<bool, LayerCount> m_hasNothing{};  // a result without a value for any token
    QString m_tensor = QStringLiteral("auto");
    QTimer m_similarityDelay;
};

}  // namespace armillary::widgets
