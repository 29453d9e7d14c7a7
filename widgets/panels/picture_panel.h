// The current picture or frame, large, with the highlighted tokens' pixels on it, and the slider that walks through the
// frames of a video one by one.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

class QAction;
class QLabel;
class QSlider;
class QStackedLayout;

namespace armillary::widgets {

class PictureCanvas;

class PicturePanel : public Panel {
    Q_OBJECT
public:
    explicit PicturePanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;
    void showSelection() override;

    [[nodiscard]] PictureCanvas* canvas() const { return m_canvas; }
    [[nodiscard]] QSlider* slider() const { return m_slider; }

Q_SIGNALS:
    void openRequested();

private:
    void makeActions();
    void showItem();
    void stepFrame(int step);
    // Which picture of the shown run the current item, at its shown frame, is.
    [[nodiscard]] std::optional<int> runMedia() const;

    QStackedLayout* m_pages = nullptr;
    PictureCanvas* m_canvas = nullptr;
    QWidget* m_scrubber = nullptr;
    QSlider* m_slider = nullptr;
    QLabel* m_frameLabel = nullptr;
    QLabel* m_note = nullptr;
};

}  // namespace armillary::widgets
