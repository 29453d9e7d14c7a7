#include "widgets/models/lens_table_model.h"

#include "widgets/models/model_tree_model.h"
#include "widgets/text/vocabulary_words.h"
#include "widgets/theme.h"

#include <QApplication>

#include <algorithm>
#include <limits>

namespace armillary::widgets {
namespace {

double numberOf(const AnalysisCell& cell)
{
    const auto* number = std::get_if<double>(&cell);
    return number != nullptr ? *number : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

int LensTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : readings();
}

int LensTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : m_columns;
}

const LensTableModel::Cell* LensTableModel::cell(const QModelIndex& index) const
{
    if (!index.isValid() || index.row() >= readings())
        return nullptr;
    const std::vector<Cell>& row = m_rows[static_cast<std::size_t>(rowOf(index.row()))];
    const auto column = static_cast<std::size_t>(index.column());
    return column < row.size() ? &row[column] : nullptr;
}

std::optional<bool> LensTableModel::isLocal(int reading) const
{
    const int layer = reading - 1;
    if (layer < 0 || layer >= static_cast<int>(m_layerIsLocal.size()))
        return std::nullopt;
    return m_layerIsLocal[static_cast<std::size_t>(layer)];
}

QString LensTableModel::readingName(int reading) const
{
    if (reading == 0)
        return tr("input");
    const std::optional<bool> local = isLocal(reading);
    if (!local)
        return QString::number(reading - 1);
    return *local ? tr("%1 local").arg(reading - 1) : tr("%1 global").arg(reading - 1);
}

QVariant LensTableModel::data(const QModelIndex& index, int role) const
{
    const Cell* at = cell(index);
    if (at == nullptr)
        return {};
    const int reading = rowOf(index.row());
    switch (role) {
    case Qt::DisplayRole: return at->word;
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole:
        return reading == 0 ? tr("“%1”, id %2, read from the input: probability %3")
                                  .arg(at->word)
                                  .arg(at->id)
                                  .arg(at->probability, 0, 'g', 6)
                            : tr("“%1”, id %2, read behind layer %4: probability %3")
                                  .arg(at->word)
                                  .arg(at->id)
                                  .arg(at->probability, 0, 'g', 6)
                                  .arg(reading - 1);
    case Qt::TextAlignmentRole: return static_cast<int>(Qt::AlignCenter);
    case ProbabilityRole: return at->probability;
    case IdRole: return QVariant::fromValue<qlonglong>(at->id);
    case FollowedRole: return m_followed == at->id;
    case LayerRole: return reading - 1;
    default: return {};
    }
}

QVariant LensTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal) {
        if (role == Qt::DisplayRole)
            return section == 0 ? tr("best") : QString::number(section + 1);
        return {};
    }
    const int reading = rowOf(section);
    if (role == Qt::DisplayRole)
        return m_focusedLayer && *m_focusedLayer == reading - 1 ? QStringLiteral("▸ ") + readingName(reading)
                                                                : readingName(reading);
    if (role == Qt::DecorationRole) {
        const std::optional<bool> local = isLocal(reading);
        return local ? QVariant(layerMarkColor(*local, themeColors(QApplication::palette()).dark)) : QVariant();
    }
    if (role == Qt::ToolTipRole)
        return reading == readings() - 1 ? tr("What the model answers from")
                                         : tr("A click makes it the layer in focus");
    return {};
}

void LensTableModel::setResult(const AnalysisResult* result, std::vector<bool> layerIsLocal)
{
    beginResetModel();
    m_rows.clear();
    m_columns = 0;
    m_layerIsLocal = std::move(layerIsLocal);
    const AnalysisTable* table = nullptr;
    if (result != nullptr) {
        const auto found = std::find_if(result->tables.begin(), result->tables.end(),
                                        [](const AnalysisTable& each) { return each.name == "words"; });
        table = found == result->tables.end() ? nullptr : &*found;
    }
    if (table != nullptr && table->columns.size() == 6) {
        double layer = -1;
        for (const auto& row : table->rows) {
            if (numberOf(row[0]) != layer) {
                layer = numberOf(row[0]);
                m_rows.emplace_back();
            }
            const auto id = static_cast<std::int64_t>(numberOf(row[3]));
            const auto* word = std::get_if<std::string>(&row[4]);
            m_rows.back().push_back({id, wordFromPiece(word != nullptr ? *word : std::string(), id), numberOf(row[5])});
            m_columns = std::max(m_columns, static_cast<int>(m_rows.back().size()));
        }
    }
    endResetModel();
}

void LensTableModel::setFollowed(std::optional<std::int64_t> id)
{
    if (m_followed == id)
        return;
    m_followed = id;
    if (readings() > 0 && m_columns > 0)
        Q_EMIT dataChanged(index(0, 0), index(readings() - 1, m_columns - 1), {FollowedRole});
}

void LensTableModel::setFocusedLayer(std::optional<int> layer)
{
    if (m_focusedLayer == layer)
        return;
    m_focusedLayer = layer;
    if (readings() > 0)
        Q_EMIT headerDataChanged(Qt::Vertical, 0, readings() - 1);
}

std::vector<double> LensTableModel::followedProbabilities() const
{
    std::vector<double> out;
    for (const std::vector<Cell>& row : m_rows) {
        const auto found =
            std::find_if(row.begin(), row.end(), [this](const Cell& cell) { return m_followed == cell.id; });
        out.push_back(found == row.end() ? std::numeric_limits<double>::quiet_NaN() : found->probability);
    }
    return out;
}

}  // namespace armillary::widgets
