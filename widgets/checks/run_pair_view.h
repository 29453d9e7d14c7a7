// Two runs of the session, A and B: what differs in question, settings, sizes and cost; the first token that differs; how far their
// next-token distributions are apart; and the answers as one text.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QJsonObject>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;
class QTextBrowser;

namespace armillary::widgets {

class ResultTableModel;
class RunDivergence;
class SeriesChart;

class RunPairView : public QWidget {
    Q_OBJECT
public:
    explicit RunPairView(const PanelContext& context, QWidget* parent = nullptr);

    void showPair();

    [[nodiscard]] ResultTableModel* model() const { return m_model; }
    [[nodiscard]] QTableView* table() const { return m_table; }
    [[nodiscard]] SeriesChart* chart() const { return m_chart; }
    [[nodiscard]] QPushButton* firstDifference() const { return m_first; }
    [[nodiscard]] QComboBox* runBox(PairSide side) const { return side == PairSide::A ? m_a : m_b; }
    // Rows that are shown: all, or those that differ.
    [[nodiscard]] int shownRows() const;
    void setOnlyDifferences(bool only);

    [[nodiscard]] QJsonObject saveView() const;
    void restoreView(const QJsonObject& view);

private:
    void showDivergence();
    void showFirst();
    void chooseFirst();

    Selection& m_selection;
    const RunPair& m_pair;
    RunListModel& m_runs;
    QComboBox* m_a = nullptr;
    QComboBox* m_b = nullptr;
    QCheckBox* m_only = nullptr;
    QPushButton* m_first = nullptr;
    QLabel* m_note = nullptr;
    ResultTableModel* m_model = nullptr;
    QSortFilterProxyModel* m_filter = nullptr;
    QTableView* m_table = nullptr;
    SeriesChart* m_chart = nullptr;
    QTextBrowser* m_answers = nullptr;
    RunDivergence* m_divergence = nullptr;
    std::shared_ptr<const RunRecord> m_shownA;
    std::shared_ptr<const RunRecord> m_shownB;
};

}  // namespace armillary::widgets
