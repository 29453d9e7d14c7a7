// Measures of vectors beside what chance gives: a row a measure and null band, out of the analyses alignment, modality-gap,
// effective-rank and discriminability.
// Thread rule: GUI thread.
#pragma once

#include "records/analysis.h"

#include <QAbstractTableModel>
#include <QString>

#include <optional>
#include <vector>

namespace armillary::widgets {

struct NullRange {
    double low = 0, high = 0;  // 2.5 and 97.5 %
    double mean = 0;
    double pValue = 0;
    qint64 draws = 0;
};

struct MeasureRow {
    QString measure;
    QString against;  // "permuted pairs", "shifted grids"; empty without a band
    double value = 0;
    std::optional<NullRange> band;
    QString note;  // in place of a value: why there is none
    bool isDifference = false;

    // The value lies where chance puts it.
    [[nodiscard]] bool isChance() const { return band && value >= band->low && value <= band->high; }
};

// The rows of one result; of a difference of runs only values, since the difference of two bands is no band.
[[nodiscard]] std::vector<MeasureRow> measureRows(const AnalysisResult& result, bool isDifference);

class MeasureTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { MeasureColumn, ValueColumn, BarColumn, BandColumn, ChanceColumn, ColumnCount };
    enum Role { RowRole = Qt::UserRole };  // index into rows(), for the delegate

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

    void setRows(std::vector<MeasureRow> rows);
    [[nodiscard]] const std::vector<MeasureRow>& rows() const { return m_rows; }

private:
    std::vector<MeasureRow> m_rows;
};

}  // namespace armillary::widgets
