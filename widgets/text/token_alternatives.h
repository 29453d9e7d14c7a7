// What else could have stood at a word of the answer: a small list beside the word, from which another answer can be continued.
// It lies over the window and takes the keys, but blocks nothing: a click elsewhere or Escape closes it.
// Thread rule: GUI thread.
#pragma once

#include "widgets/shown_run.h"

#include <QFrame>

#include <cstdint>
#include <optional>

class QLabel;
class QTableView;

namespace armillary::widgets {

class WordListModel;

class TokenAlternatives : public QFrame {
    Q_OBJECT
public:
    // `home` is where the keys go back to; the list lies over its window.
    TokenAlternatives(const ShownRun& run, QWidget* home);

    // `word` in global coordinates.
    void showFor(std::int64_t position, const QRect& word);
    // Closes the list and gives the keys back.
    void leave();
    [[nodiscard]] std::optional<std::int64_t> position() const { return m_position; }
    [[nodiscard]] QTableView* list() const { return m_list; }
    [[nodiscard]] WordListModel* model() const { return m_model; }
    // What stands below the list: what Enter does, or why nothing can be continued.
    [[nodiscard]] QString note() const;

Q_SIGNALS:
    void branchWanted(qint64 position, qint64 id);
    // Left and right arrows: the next or last word.
    void stepWanted(int step);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void fill();
    void place(const QRect& word);
    void take(int row);
    // Why no branch can begin here; empty when one can.
    [[nodiscard]] QString obstacle() const;

    const ShownRun& m_run;
    QWidget* m_home = nullptr;
    QLabel* m_title = nullptr;
    QTableView* m_list = nullptr;
    QLabel* m_note = nullptr;
    WordListModel* m_model = nullptr;
    std::optional<std::int64_t> m_position;
};

}  // namespace armillary::widgets
