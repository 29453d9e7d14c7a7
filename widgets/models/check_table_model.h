// The checks of the analysis "verify" as rows: verdict, number against threshold, reason. Thresholds can be edited; an edited one
// counts from the next verification on, and its row says so.
// Thread rule: GUI thread; the result is immutable and shared.
#pragma once

#include "widgets/checks/verdict.h"

#include "records/analysis.h"

#include <QAbstractTableModel>
#include <QString>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace armillary::widgets {

struct CheckRow {
    QString id;
    QString title;
    Verdict verdict = Verdict::Skip;
    double value = 0;  // NaN where the check does not apply
    double threshold = 0;
    QString reason;
    QString measure;                      // what the value is
    std::vector<std::int64_t> positions;  // where to look, the most telling first
    QString array;                        // of the result; empty: none
};

class CheckTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { VerdictColumn, CheckColumn, ValueColumn, ThresholdColumn, ReasonColumn, ColumnCount };
    enum Role { SortRole = Qt::UserRole };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    // A threshold, from 0 on.
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

    // Null: no rows. Edited thresholds stay. The same result again changes nothing.
    void setResult(const std::shared_ptr<const AnalysisResult>& result);
    [[nodiscard]] const std::vector<CheckRow>& rows() const { return m_rows; }
    [[nodiscard]] int count(Verdict verdict) const;
    // "23 checks: 20 pass, 2 warnings, 1 fail"; empty without rows.
    [[nodiscard]] QString summary() const;

    // Rows that name this position stand out; empty: none does.
    void setDescribed(std::optional<std::int64_t> position);
    [[nodiscard]] bool isAbout(int row) const { return m_about.contains(row); }

    // Edited thresholds as the argument of the analysis: "V2=0.01,W5=3".
    [[nodiscard]] QString thresholdsText() const;
    // Back to that form; what cannot be read is left out.
    void setThresholdsText(const QString& text);
    // An edited threshold differs from the one that the row was judged by.
    // Edited, or that of the verdict; pending: the verdict is not by it.
    [[nodiscard]] double thresholdOf(const CheckRow& row) const;
    [[nodiscard]] bool isPending(const CheckRow& row) const;
    [[nodiscard]] bool hasPendingThresholds() const;

Q_SIGNALS:
    void thresholdsChanged();

private:
    [[nodiscard]] QString tip(const CheckRow& row) const;
    [[nodiscard]] std::set<int> rowsAbout(std::optional<std::int64_t> position) const;
    [[nodiscard]] QVariant sortKey(int row, int column) const;

    std::shared_ptr<const AnalysisResult> m_result;
    std::vector<CheckRow> m_rows;
    std::map<QString, double> m_thresholds;  // edited ones by id
    std::optional<std::int64_t> m_described;
    std::set<int> m_about;
};

}  // namespace armillary::widgets
