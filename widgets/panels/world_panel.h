// The world's filmstrip: every latent frame whose tokens the shown run read, over the frames it stands for, painted with the
// overlay layers in one scale. Lives from the record alone.
// Thread rule: GUI thread.
#pragma once

#include "widgets/frozen_view.h"
#include "widgets/panel.h"
#include "widgets/rollout/rollout_work.h"

#include <vector>

class QStackedLayout;

namespace armillary::widgets {

class OverlayLegend;
class WorldFilmCanvas;

class WorldPanel : public Panel {
    Q_OBJECT
public:
    explicit WorldPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showState() override;
    void showSelection() override;
    void showFocus() override;
    void showOverlays() override;

    [[nodiscard]] WorldFilmCanvas* canvas() const { return m_canvas; }
    [[nodiscard]] OverlayLegend* legend() const { return m_legend; }
    // Whether the filmstrip stands in place of the hint.
    [[nodiscard]] bool hasWorld() const;

    [[nodiscard]] QString caption() const override;
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

private:
    void makeActions();
    void freeze(bool locked);
    // Those of the lock, else the shared ones.
    [[nodiscard]] const ShownRun& shownRun() const;
    [[nodiscard]] const OverlayStack& shownOverlays() const;
    void stepLatentFrame(int step);
    // The frames that the world was made of: a rollout's, the clip's, or the one picture; null while they are not known.
    struct Source {
        std::shared_ptr<const std::vector<Image>> frames;
        int given = -1;  // of a rollout
    };
    [[nodiscard]] Source sourceOf(int media) const;

    QStackedLayout* m_pages = nullptr;
    WorldFilmCanvas* m_canvas = nullptr;
    OverlayLegend* m_legend = nullptr;
    std::unique_ptr<FrozenView> m_frozen;  // while locked
    RolloutWork m_work;
};

}  // namespace armillary::widgets
