// The list of errors, warnings and notes; it takes the place of message boxes.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

class QStackedLayout;
class QTableView;

namespace armillary::widgets {

class MessagePanel : public Panel {
    Q_OBJECT
public:
    explicit MessagePanel(const PanelContext& context, QWidget* parent = nullptr);

    [[nodiscard]] QTableView* table() const { return m_table; }

private:
    void showPage();
    void copySelected() const;

    QStackedLayout* m_pages = nullptr;
    QTableView* m_table = nullptr;
};

}  // namespace armillary::widgets
