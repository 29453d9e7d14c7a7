// Draws a value beside its null band: the band grey, the mean of chance a line, the value a mark, bright outside the band.
// Thread rule: GUI thread.
#pragma once

#include "widgets/models/measure_table_model.h"

#include <QStyledItemDelegate>

namespace armillary::widgets {

class NullBandDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit NullBandDelegate(const MeasureTableModel& model, QObject* parent = nullptr)
        : QStyledItemDelegate(parent), m_model(model)
    {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

    // Where the value's mark is drawn in a cell, for tests.
    [[nodiscard]] static double markX(const MeasureRow& row, const QRectF& cell);

private:
    const MeasureTableModel& m_model;
};

}  // namespace armillary::widgets
