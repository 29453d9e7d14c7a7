// The opened pictures and videos: a list with thumbnails and a tick for what the next question shows.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QListView>
#include <QStackedLayout>

class QAction;

namespace armillary::widgets {

class HintPage;

class MediaPanel : public Panel {
    Q_OBJECT
public:
    explicit MediaPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showRun() override;

    [[nodiscard]] QListView* list() const { return m_list; }

Q_SIGNALS:
    void openRequested();

private:
    void showCurrent();
    void showHint();

    QListView* m_list = nullptr;
    HintPage* m_hint = nullptr;
    QStackedLayout* m_pages = nullptr;
    QAction* m_remove = nullptr;
};

}  // namespace armillary::widgets
