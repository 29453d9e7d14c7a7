// Any action of the window by name: a field, and below it what fits, with its key. Lies over the top of its window; Esc or a click
// elsewhere ends it.
// Thread rule: GUI thread.
#pragma once

#include "widgets/shell/palette_model.h"

#include <QFrame>

class QAction;
class QLabel;
class QLineEdit;
class QListView;

namespace armillary::widgets {

// Of an action: its name without marks (its dynamic property "wholeName" where the text is too short alone), keys, tooltip, and why
// it is disabled (its dynamic property "obstacle").
[[nodiscard]] QString plainName(const QAction* action);
[[nodiscard]] QString keysOf(const QAction* action);
// The panel that an action belongs to; empty for those of the window.
[[nodiscard]] QString placeOf(const QAction* action);
// Every action of `window` and what is in it that has a name, once.
[[nodiscard]] std::vector<QAction*> namedActions(const QWidget* window);
[[nodiscard]] std::vector<PaletteEntry> entriesFromActions(const QWidget* window);

class CommandPalette : public QFrame {
    Q_OBJECT
public:
    explicit CommandPalette(QWidget* window);

    void open(std::vector<PaletteEntry> entries);

    [[nodiscard]] QLineEdit* field() const { return m_field; }
    [[nodiscard]] QListView* list() const { return m_list; }
    [[nodiscard]] PaletteModel* model() const { return m_model; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();
    void shut();
    void move(int rows);
    void runCurrent();
    void showTip();

    QLineEdit* m_field = nullptr;
    QListView* m_list = nullptr;
    QLabel* m_tip = nullptr;
    PaletteModel* m_model = nullptr;
};

}  // namespace armillary::widgets
