// The tile simulator: what a picture would become in front of nanoVLM and Gemma 3, with every number of the cut under a slider. Needs
// no model and no run: any opened picture, a run's own, or a test card of any size.
// Thread rule: GUI thread.
#pragma once

#include "inspect/picture_tokens.h"
#include "widgets/frozen_view.h"
#include "widgets/panel.h"
#include "widgets/rollout/rollout_work.h"

#include <array>
#include <memory>
#include <optional>
#include <vector>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QScrollArea;
class QSlider;
class QSpinBox;
class QStackedLayout;
class QTableView;
class QToolButton;

namespace armillary::widgets {

class ResultTableModel;
class TilesCanvas;

class TilesPanel : public Panel {
    Q_OBJECT
public:
    // Numbers that a slider and a field show.
    enum Number { Width, Height, MaxSide, TileSide, Patch, Shuffle, Names, LeastCrop, MostCrops, NumberCount };

    explicit TilesPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showSelection() override;

    [[nodiscard]] TilesCanvas* canvas() const { return m_canvas; }
    [[nodiscard]] QSlider* slider(Number number) const { return m_fields[number].slider; }
    [[nodiscard]] QSpinBox* field(Number number) const { return m_fields[number].spin; }
    [[nodiscard]] QDoubleSpinBox* ratioField() const { return m_ratio; }
    [[nodiscard]] QComboBox* modeBox() const { return m_mode; }
    [[nodiscard]] QComboBox* sourceBox() const { return m_source; }
    [[nodiscard]] QCheckBox* globalBox() const { return m_global; }
    [[nodiscard]] ResultTableModel* table() const { return m_model; }
    [[nodiscard]] QLabel* summary() const { return m_summary; }
    [[nodiscard]] QLabel* problem() const { return m_problem; }
    [[nodiscard]] QToolButton* settingsButton() const { return m_settings; }
    // Whether there is a picture or a test card; else a hint says how to get one.
    [[nodiscard]] bool hasPicture() const;
    // Cuts a test card of any size from now on.
    void cutTestCard();

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

Q_SIGNALS:
    void openRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Field {
        QSlider* slider = nullptr;
        QSpinBox* spin = nullptr;
        int step = 1;
    };

    void makeControls();
    void makeActions();
    [[nodiscard]] QWidget* makeSettings();
    void freeze(bool locked);
    [[nodiscard]] const ShownRun& shownRun() const { return m_frozen ? m_frozen->run : run(); }
    void fillSources();
    // The picture of the chosen source; then everything.
    void showSource();
    void showPicture(const QImage& picture, const inspect::PixelSize& size);
    void showTestCard();
    void compute();
    void takePublished();
    void arrange();
    [[nodiscard]] int number(Number number) const;
    void setNumber(Number number, int value);
    [[nodiscard]] inspect::SquareRules squareRules() const;
    [[nodiscard]] Result<inspect::TilePlan> plan() const;
    // Image tokens of the shown picture at a place of it; none for pictures that no run has seen.
    [[nodiscard]] Positions tokensAt(const QPointF& fraction) const;
    [[nodiscard]] std::vector<PixelBox> boxesOf(const Positions& positions) const;
    void hoverPixel(const std::optional<QPointF>& fraction);
    void choosePixel(const QPointF& fraction, Qt::KeyboardModifiers modifiers);

    TilesCanvas* m_canvas = nullptr;
    QComboBox* m_source = nullptr;
    QStackedLayout* m_pages = nullptr;
    QToolButton* m_open = nullptr;
    QToolButton* m_settings = nullptr;
    QScrollArea* m_settingsArea = nullptr;
    std::array<Field, NumberCount> m_fields;
    QWidget* m_cardSize = nullptr;
    QComboBox* m_mode = nullptr;
    QCheckBox* m_global = nullptr;
    QDoubleSpinBox* m_ratio = nullptr;
    QTableView* m_view = nullptr;
    ResultTableModel* m_model = nullptr;
    QLabel* m_summary = nullptr;
    QLabel* m_problem = nullptr;
    QLabel* m_legend = nullptr;
    std::unique_ptr<FrozenView> m_frozen;  // while locked
    RolloutWork m_work;                    // makes large pictures fit for the screen
    QImage m_picture;
    inspect::PixelSize m_size;
    std::optional<int> m_runMedia;  // whose tokens stand for this picture
    AnalysisResult m_result;
    Positions m_hovering;
    std::optional<bool> m_wantsSettings;  // what a person chose; else by the panel's width
    bool m_isFilling = false;
    bool m_wantsCard = false;  // a test card was asked for while there is no picture
};

}  // namespace armillary::widgets
