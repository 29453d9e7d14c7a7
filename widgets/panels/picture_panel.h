// One picture or frame, large, painted with the overlay layers and with the highlighted tokens' pixels framed: the opened one, or
// what the shown run itself keeps, so that a run opened elsewhere is looked at without its files. A slider walks through frames.
// Thread rule: GUI thread.
#pragma once

#include "widgets/frozen_view.h"
#include "widgets/panel.h"
#include "widgets/rollout/rollout_work.h"

class QComboBox;
class QLabel;
class QSlider;
class QStackedLayout;

namespace armillary::widgets {

class OverlayLegend;
class PictureCanvas;

class PicturePanel : public Panel {
    Q_OBJECT
public:
    explicit PicturePanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showSelection() override;
    void showFocus() override;
    void showOverlays() override;

    [[nodiscard]] PictureCanvas* canvas() const { return m_canvas; }
    [[nodiscard]] QSlider* slider() const { return m_slider; }
    [[nodiscard]] OverlayLegend* legend() const { return m_legend; }
    // "Opened" and the run's own pictures.
    [[nodiscard]] QComboBox* sourceBox() const { return m_sourceBox; }
    // Image tokens, crops, world tokens: what the layout has.
    [[nodiscard]] QComboBox* tokensBox() const { return m_tokensBox; }

    [[nodiscard]] QJsonObject saveView() const override;
    void restoreView(const QJsonObject& view) override;
    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

Q_SIGNALS:
    void openRequested();

private:
    void makeControls();
    void makeActions();
    void freeze(bool locked);
    // Those of the lock, else the shared ones.
    [[nodiscard]] const ShownRun& shownRun() const;
    [[nodiscard]] const OverlayStack& shownOverlays() const;
    void fillSources();
    void fillTokens();
    void showPicture();
    void showOpened();
    void showOwn(int media);
    // The run's picture of a media is a grid, and what is painted belongs to it.
    [[nodiscard]] bool showsGrid(int media) const;
    [[nodiscard]] Image ownPicture(int media) const;
    // Which of the frames that the run keeps the model saw.
    [[nodiscard]] int stillFrame(int media) const;
    [[nodiscard]] QString gridNote(const Clip& clip) const;
    void setNote(const QString& words);
    void setTokens();
    void stepFrame(int step);
    void wantFrame(int frame);
    // Which picture of the shown run the current item, at its shown frame, is.
    [[nodiscard]] std::optional<int> openedMedia() const;
    // The run's media that has the opened item's path.
    [[nodiscard]] bool isOpenedOfRun() const;
    [[nodiscard]] int shownLatentFrame() const;

    QStackedLayout* m_pages = nullptr;
    PictureCanvas* m_canvas = nullptr;
    QWidget* m_header = nullptr;
    QComboBox* m_sourceBox = nullptr;
    QComboBox* m_tokensBox = nullptr;
    QLabel* m_latentLabel = nullptr;
    QWidget* m_scrubber = nullptr;
    QSlider* m_slider = nullptr;
    QLabel* m_frameLabel = nullptr;
    OverlayLegend* m_legend = nullptr;
    std::unique_ptr<FrozenView> m_frozen;  // while locked
    QLabel* m_note = nullptr;
    RolloutWork m_work;                // makes large pictures fit for the screen
    std::optional<int> m_ownMedia;     // of the run's question; empty: the opened picture
    std::optional<int> m_wantedFrame;  // of it; empty: the one that the model saw
    int m_ownFrame = 0;                // what is shown of it
};

}  // namespace armillary::widgets
