// The tokens nearest to one token in all dimensions, nearest first, with the pixels they stand for.
// Thread rule: GUI thread.
#pragma once

#include "records/analysis.h"
#include "widgets/inspector/token_crops.h"

#include <QAbstractListModel>

#include <vector>

namespace armillary::widgets {

class NeighbourListModel : public QAbstractListModel {
    Q_OBJECT
public:
    enum Role { PositionRole = Qt::UserRole, CosineRole };

    NeighbourListModel(const ShownRun& run, TokenCrops& crops, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

    // Of embedding-neighbours.
    void setResult(const AnalysisResult& result);
    void clear();
    // -1: that row is no position.
    [[nodiscard]] std::int64_t positionAt(int row) const { return m_rows[static_cast<std::size_t>(row)].position; }

private:
    struct Row {
        std::int64_t position = -1;
        QString label;
        double cosine = 0;
        double distance = 0;
    };

    const ShownRun& m_run;
    TokenCrops& m_crops;
    std::vector<Row> m_rows;
};

}  // namespace armillary::widgets
