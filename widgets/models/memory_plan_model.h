// The memory plan of a rollout as a table: part, bytes, place, what becomes of it, and what was measured.
// Thread rule: GUI thread.
#pragma once

#include "records/rollout.h"

#include <QAbstractTableModel>

namespace armillary::widgets {

class MemoryPlanModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { PartColumn, SizeColumn, PlaceColumn, AfterColumn, MeasuredColumn, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    [[nodiscard]] const MemoryPlan& plan() const { return m_plan; }
    void setPlan(const MemoryPlan& plan);

private:
    MemoryPlan m_plan;
};

}  // namespace armillary::widgets
