// The runs of the open session: a list to show, compare, annotate and export them, and the notes about the session.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

class QAction;
class QLabel;
class QListView;
class QPlainTextEdit;
class QStackedWidget;

namespace armillary::widgets {

class RunsPanel : public Panel {
    Q_OBJECT
public:
    explicit RunsPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showPair() override;

    [[nodiscard]] QString caption() const override;
    // The list as a table.
    [[nodiscard]] std::optional<AnalysisResult> viewData() const override;

    [[nodiscard]] QListView* list() const { return m_list; }
    [[nodiscard]] QPlainTextEdit* notes() const { return m_notes; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void makeActions();
    void showPage();
    void showName();
    void showActions();
    void exportCurrent();
    [[nodiscard]] QString currentId() const;

    QStackedWidget* m_pages = nullptr;
    QLabel* m_name = nullptr;
    QListView* m_list = nullptr;
    QPlainTextEdit* m_notes = nullptr;
    QAction* m_show = nullptr;
    QAction* m_compare = nullptr;
    QAction* m_note = nullptr;
    QAction* m_copy = nullptr;
    QAction* m_export = nullptr;
    QAction* m_reveal = nullptr;
};

}  // namespace armillary::widgets
