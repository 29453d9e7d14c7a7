// Layers x best words of a logit lens: what each layer would say. The row that the answer is made from stands on top.
// Thread rule: GUI thread; the result is immutable and shared.
#pragma once

#include "records/analysis.h"

#include <QAbstractTableModel>

#include <memory>
#include <optional>
#include <vector>

namespace armillary::widgets {

class LensTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Role {
        ProbabilityRole = Qt::UserRole,  // 0 ... 1
        IdRole,
        FollowedRole,  // the word that is followed
        LayerRole      // the layer whose output it is read from; -1: the input of the first
    };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

    // `layerIsLocal` of the record's model; null clears.
    void setResult(const AnalysisResult* result, std::vector<bool> layerIsLocal);
    void setFollowed(std::optional<std::int64_t> id);
    // Of Focus: its row is marked in the header.
    void setFocusedLayer(std::optional<int> layer);
    // The probability of the followed word as far as the rows show it, by reading (0: the input); NaN where it is not among them.
    [[nodiscard]] std::vector<double> followedProbabilities() const;
    [[nodiscard]] int readings() const { return static_cast<int>(m_rows.size()); }
    // The row of reading `reading`, and back.
    [[nodiscard]] int rowOf(int reading) const { return readings() - 1 - reading; }
    // "input", "17 global".
    [[nodiscard]] QString readingName(int reading) const;

private:
    struct Cell {
        std::int64_t id = 0;
        QString word;
        double probability = 0;
    };

    [[nodiscard]] const Cell* cell(const QModelIndex& index) const;
    [[nodiscard]] std::optional<bool> isLocal(int reading) const;

    std::vector<std::vector<Cell>> m_rows;  // by reading
    int m_columns = 0;
    std::vector<bool> m_layerIsLocal;
    std::optional<std::int64_t> m_followed;
    std::optional<int> m_focusedLayer;
};

}  // namespace armillary::widgets
