// Asking about four moments of a video at once: which ones, arranged as a picture of two rows and two columns, in what size and
// through which filter; with the picture as SigLIP will see it, and the cells of tokens of the shown run.
// Thread rule: GUI thread; frames are read and composed by whoever answers MediaListModel::gridWanted.
#pragma once

#include "records/temporal_grid.h"
#include "widgets/panel.h"

#include <array>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QStackedLayout;

namespace armillary::widgets {

class GridPreview;
class HintPage;
class MomentRuler;

class GridPanel : public Panel {
    Q_OBJECT
public:
    explicit GridPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override { showSelection(); }
    void showSelection() override;

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] QCheckBox* useBox() const { return m_use; }
    [[nodiscard]] QSpinBox* momentBox(int cell) const { return m_moments[static_cast<std::size_t>(cell)]; }
    [[nodiscard]] QComboBox* filterChoice() const { return m_filter; }
    [[nodiscard]] QSpinBox* cellWidthBox() const { return m_cellWidth; }
    [[nodiscard]] QSpinBox* cellHeightBox() const { return m_cellHeight; }
    [[nodiscard]] QSpinBox* letterboxBox() const { return m_letterbox; }
    [[nodiscard]] MomentRuler* ruler() const { return m_ruler; }
    [[nodiscard]] GridPreview* preview() const { return m_preview; }
    [[nodiscard]] QLabel* note() const { return m_note; }

private:
    [[nodiscard]] QWidget* makePage();
    void makeActions();
    void showMedia();
    // The recipe as the controls say it.
    [[nodiscard]] std::shared_ptr<const TemporalGrid> recipe() const;
    void want();
    void setFrames(const std::array<int, kGridCells>& frames);
    void spaceEvenly();
    void setMomentFromSlider();
    [[nodiscard]] QString noteText() const;
    // The shown run's picture that was made of this video's grid; -1: none.
    [[nodiscard]] int runMedia() const;
    [[nodiscard]] Positions tokensOf(int cell) const;
    [[nodiscard]] std::vector<int> cellsOf(const Positions& positions) const;

    QStackedLayout* m_pages = nullptr;
    HintPage* m_noVideo = nullptr;
    HintPage* m_isStill = nullptr;
    QCheckBox* m_use = nullptr;
    std::array<QSpinBox*, kGridCells> m_moments{};
    QPushButton* m_even = nullptr;
    QComboBox* m_filter = nullptr;
    QSpinBox* m_cellWidth = nullptr;
    QSpinBox* m_cellHeight = nullptr;
    QSpinBox* m_letterbox = nullptr;
    MomentRuler* m_ruler = nullptr;
    GridPreview* m_preview = nullptr;
    QLabel* m_note = nullptr;
    qint64 m_shown = 0;  // the item whose moments the controls hold
    Positions m_ownHover;
    bool m_isFilling = false;
};

}  // namespace armillary::widgets
