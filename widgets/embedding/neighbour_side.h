// The list beside an embedding map: the tokens nearest, in all dimensions, to the one that is pointed at or chosen.
// Thread rule: GUI thread.
#pragma once

#include "widgets/analysis/analysis_view.h"
#include "widgets/panel.h"

#include <QTimer>
#include <QWidget>

class QLabel;
class QListView;

namespace armillary::widgets {

class NeighbourListModel;
class TokenCrops;

class NeighbourSide : public QWidget {
    Q_OBJECT
public:
    // All outlive the list.
    NeighbourSide(const PanelContext& context, TokenCrops& crops, QWidget* parent = nullptr);

    // Which vectors: "auto", "hidden.3" ...
    void setTensor(const QString& tensor);
    // Another token is pointed at or chosen: asks when the pointer rests.
    void followSelection() { m_delay.start(); }
    // Another run is shown.
    void refresh();
    void setLocked(bool locked);

    [[nodiscard]] NeighbourListModel* model() const { return m_model; }
    [[nodiscard]] QListView* list() const { return m_list; }
    [[nodiscard]] QString titleText() const;

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void wish();
    void showResult();

    PanelContext m_context;
    AnalysisView* m_view = nullptr;
    NeighbourListModel* m_model = nullptr;
    QLabel* m_title = nullptr;
    QListView* m_list = nullptr;
    QString m_tensor = QStringLiteral("auto");
    Positions m_hovering;
    QTimer m_delay;
    bool m_locked = false;
};

}  // namespace armillary::widgets
