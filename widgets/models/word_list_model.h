// Words that a token was chosen among, best first: for the alternatives of a word and for its logits.
// Thread rule: GUI thread.
#pragma once

#include <QAbstractTableModel>
#include <QString>

#include <cstdint>
#include <optional>
#include <vector>

namespace armillary::widgets {

struct WordRow {
    std::int64_t id = 0;
    QString word;
    float probability = 0;  // before temperature
    std::optional<float> logit;
    bool isTaken = false;
    // Of a draw with the run's settings; empty: not known, or nothing is drawn.
    std::optional<double> drawn;
    QString cut;  // the setting that keeps it from being drawn: "top p"
};

class WordListModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { Word, Probability, Bits, Logit, Drawn, Id, kColumns };
    enum Role { BarRole = Qt::UserRole /* 0 ... 1, of Probability and Drawn */, TakenRole, IdRole };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

    void setRows(std::vector<WordRow> rows);
    [[nodiscard]] const std::vector<WordRow>& rows() const { return m_rows; }
    // -1: not in the list.
    [[nodiscard]] int takenRow() const;

private:
    std::vector<WordRow> m_rows;
};

}  // namespace armillary::widgets
