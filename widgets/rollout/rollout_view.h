// What a rollout has made, to look at: the chosen frame beside the real one, latent maps, seeds, the table of frames and the
// memory plan as pages, and under them the filmstrip with its play keys. Shows a ShownRollout and changes only which branch
// of it is looked at.
// Thread rule: GUI thread; heavy work goes to RolloutWork.
#pragma once

#include "widgets/rollout/rollout_work.h"
#include "widgets/rollout/shown_rollout.h"

#include <QTimer>
#include <QWidget>

#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QTabWidget;
class QTableView;
class QToolButton;

namespace armillary::widgets {

class FilmstripCanvas;
class FrameCompareCanvas;
class LatentMapsCanvas;
class MemoryPlanModel;
class RolloutFrameModel;

class RolloutView : public QWidget {
    Q_OBJECT
public:
    enum Page { FramePage, LatentPage, SeedPage, TablePage, MemoryPage };

    explicit RolloutView(ShownRollout& rollout, QWidget* parent = nullptr);

    [[nodiscard]] int frame() const { return m_frame; }
    void setFrame(int frame);
    void stepFrame(int step);
    void stepLatentFrame(int step);
    void setPlaying(bool playing);
    [[nodiscard]] bool isPlaying() const { return m_playTimer.isActive(); }
    void setMarkedLatentFrames(std::vector<int> latentFrames);
    void setPage(Page page);

    [[nodiscard]] FilmstripCanvas* filmstrip() const { return m_strip; }
    [[nodiscard]] FrameCompareCanvas* frameCanvas() const { return m_pictures; }
    [[nodiscard]] LatentMapsCanvas* latentCanvas() const { return m_latents; }
    [[nodiscard]] LatentMapsCanvas* seedCanvas() const { return m_seeds; }
    [[nodiscard]] RolloutFrameModel* frameModel() const { return m_frameModel; }
    [[nodiscard]] MemoryPlanModel* memoryModel() const { return m_memoryModel; }
    [[nodiscard]] QComboBox* stepChoice() const { return m_stepChoice; }
    // As shown below the frame.
    [[nodiscard]] QString measureText() const;

Q_SIGNALS:
    void frameChanged(int frame);
    // -1 = none.
    void frameHovered(int frame);

private:
    void makePages();
    QWidget* makeFramePage();
    QWidget* makeLatentPage();
    QWidget* makeSeedPage();
    QWidget* makeMemoryPage();
    QWidget* makeControls();
    void makeActions();
    void wire();

    void showAll();
    void showBranchFrames(int branch);
    void showBranchState(int branch);
    void showFrame();
    void showPictures(const std::optional<FrameComparison>& comparison);
    void showPage();
    void showLatents();
    void showSeeds();
    void showPlan();
    void showFrameLabel();
    void fillSteps();
    void requestThumbnails(bool real);
    void requestMeasures();
    [[nodiscard]] double aspect() const;

    ShownRollout& m_rollout;
    RolloutWork m_work;
    QTabWidget* m_pages = nullptr;
    FrameCompareCanvas* m_pictures = nullptr;
    QLabel* m_measures = nullptr;
    LatentMapsCanvas* m_latents = nullptr;
    QComboBox* m_stepChoice = nullptr;
    QLabel* m_latentNote = nullptr;
    LatentMapsCanvas* m_seeds = nullptr;
    QLabel* m_seedNote = nullptr;
    QTableView* m_table = nullptr;
    RolloutFrameModel* m_frameModel = nullptr;
    MemoryPlanModel* m_memoryModel = nullptr;
    QLabel* m_memoryNote = nullptr;
    FilmstripCanvas* m_strip = nullptr;
    QToolButton* m_play = nullptr;
    QLabel* m_frameLabel = nullptr;
    QTimer m_playTimer;
    int m_frame = 0;
};

}  // namespace armillary::widgets
