// The positions of the shown run as table rows: what the token strip shows, as text.
// Thread rule: GUI thread. The run must outlive the model.
#pragma once

#include "widgets/shown_run.h"

#include <QAbstractTableModel>

namespace armillary::widgets {

class TokenTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column { PositionColumn, KindColumn, IdColumn, PieceColumn, PlaceColumn, ProbabilityColumn, ColumnCount };

    explicit TokenTableModel(const ShownRun& run, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Another run from now on; it outlives this.
    void setRun(const ShownRun& run);
    // The run changed as a whole, or grew.
    void reload();
    void grow();

private:
    [[nodiscard]] QVariant text(std::int64_t position, int column) const;

    const ShownRun* m_run;
    int m_rows = 0;
};

}  // namespace armillary::widgets
