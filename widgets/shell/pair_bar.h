// A | B | difference: which two runs are compared and which side every panel shows. Holding ` shows the other side for as long as
// it is held.
// Thread rule: GUI thread.
#pragma once

#include "widgets/run_pair.h"

#include <QWidget>

#include <array>
#include <optional>

class QAction;
class QLabel;

namespace armillary::widgets {

class PairBar : public QWidget {
    Q_OBJECT
public:
    explicit PairBar(RunPair& pair, QWidget* parent = nullptr);

    [[nodiscard]] QAction* sideAction(PairSide side) const { return m_sides[static_cast<std::size_t>(side)]; }
    [[nodiscard]] QAction* clearAction() const { return m_clear; }
    // Shows the other side and stays there, for menus; the key is held instead.
    [[nodiscard]] QAction* flipAction() const { return m_flip; }
    // "A: What is this? | B: ...", not cut to the room there is.
    [[nodiscard]] QString text() const;
    [[nodiscard]] QSize sizeHint() const override;
    // Without names.
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void showPair();
    // Cut to the room there is.
    void showNames();
    [[nodiscard]] int nameWidth() const;
    [[nodiscard]] int buttonsWidth() const;
    [[nodiscard]] PairSide otherSide() const;
    void hold();
    void release();

    RunPair& m_pair;
    QLabel* m_nameA = nullptr;
    QLabel* m_nameB = nullptr;
    std::array<QAction*, 3> m_sides{};
    QAction* m_clear = nullptr;
    QAction* m_flip = nullptr;
    std::optional<PairSide> m_held;  // where to go back to
};

}  // namespace armillary::widgets
