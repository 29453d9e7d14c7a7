// Every overlay layer with its switch, opacity, solo and legend, the uppermost first, as they lie on pictures and tokens.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <vector>

class QAction;
class QCheckBox;
class QLabel;
class QSlider;
class QStackedLayout;
class QToolButton;
class QVBoxLayout;

namespace armillary::widgets {

class OverlayLegend;

class LayersPanel : public Panel {
    Q_OBJECT
public:
    // The widgets of one layer.
    struct Row {
        QString id;
        QWidget* whole = nullptr;
        QCheckBox* visible = nullptr;
        QToolButton* solo = nullptr;
        OverlayLegend* legend = nullptr;
        QSlider* opacity = nullptr;  // percent
        QLabel* percent = nullptr;
    };

    explicit LayersPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showOverlays() override;

    // The uppermost layer first.
    [[nodiscard]] const std::vector<Row>& rows() const { return m_rows; }
    [[nodiscard]] QCheckBox* onBox() const { return m_on; }

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

private:
    void makeActions();
    void rebuild();
    [[nodiscard]] Row makeRow(const QString& id);
    void showRow(const Row& row, const OverlayStack::Entry& entry);

    QStackedLayout* m_pages = nullptr;
    QCheckBox* m_on = nullptr;
    QVBoxLayout* m_list = nullptr;
    std::vector<Row> m_rows;
};

}  // namespace armillary::widgets
