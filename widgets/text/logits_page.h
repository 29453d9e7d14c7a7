// The words that one answer token was chosen among: the record's alternatives, or, where logits were kept, the best fifty with what
// a draw makes of them. It places its note and table itself: a layout would pass on every new note, so every hover, to the whole
// window.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QWidget>

#include <optional>

class QLabel;
class QTableView;

namespace armillary::widgets {

class WordListModel;

class LogitsPage : public QWidget {
    Q_OBJECT
public:
    explicit LogitsPage(const PanelContext& context, QWidget* parent = nullptr);

    // The answer token at `position`; empty: nothing to show.
    void showToken(std::optional<std::int64_t> position);
    [[nodiscard]] WordListModel* model() const { return m_model; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] QString note() const;
    [[nodiscard]] std::optional<AnalysisResult> data() const;

    [[nodiscard]] QSize sizeHint() const override { return {320, 240}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, 100}; }

Q_SIGNALS:
    void wordChosen(qint64 id);

protected:
    bool event(QEvent* event) override;

private:
    void place();
    void fill();
    void describe(bool hasLogits);

    const ShownRun& m_run;
    WordListModel* m_model = nullptr;
    QTableView* m_table = nullptr;
    QLabel* m_note = nullptr;
    std::optional<std::int64_t> m_position;
    const RunRecord* m_shownRecord = nullptr;  // compared only
};

}  // namespace armillary::widgets
