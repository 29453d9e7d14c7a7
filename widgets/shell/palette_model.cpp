#include "widgets/shell/palette_model.h"

#include "widgets/shell/fuzzy_match.h"

#include <algorithm>

namespace armillary::widgets {

int PaletteModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

const PaletteEntry* PaletteModel::entry(int row) const
{
    return row < 0 || row >= rowCount() ? nullptr : &m_entries[m_rows[static_cast<std::size_t>(row)].entry];
}

QVariant PaletteModel::data(const QModelIndex& index, int role) const
{
    const PaletteEntry* shown = index.isValid() ? entry(index.row()) : nullptr;
    if (shown == nullptr)
        return {};
    switch (role) {
    case Qt::DisplayRole: return shown->title;
    case Qt::ToolTipRole:
    case TipRole: return shown->tip;
    case PlaceRole: return shown->place;
    case KeyRole: return shown->key;
    case ObstacleRole: return shown->isEnabled ? QString() : shown->obstacle;
    case Qt::AccessibleTextRole: return QStringList{shown->title, shown->place, shown->key}.join(QStringLiteral(", "));
    case MatchRole: {
        QVariantList places;
        for (const qsizetype place : m_rows[static_cast<std::size_t>(index.row())].places)
            places << static_cast<qlonglong>(place);
        return places;
    }
    default: return {};
    }
}

Qt::ItemFlags PaletteModel::flags(const QModelIndex& index) const
{
    const PaletteEntry* shown = index.isValid() ? entry(index.row()) : nullptr;
    if (shown == nullptr)
        return Qt::NoItemFlags;
    // A disabled one can be chosen all the same: below the list stands why it is disabled.
    return Qt::ItemIsSelectable | Qt::ItemNeverHasChildren | Qt::ItemIsEnabled;
}

void PaletteModel::setEntries(std::vector<PaletteEntry> entries)
{
    beginResetModel();
    m_entries = std::move(entries);
    filter();
    endResetModel();
}

void PaletteModel::setTyped(const QString& typed)
{
    beginResetModel();
    m_typed = typed;
    filter();
    endResetModel();
}

void PaletteModel::filter()
{
    m_rows.clear();
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const PaletteEntry& entry = m_entries[i];
        const QString name =
            entry.place.isEmpty() ? entry.title : QStringLiteral("%1 %2").arg(entry.title, entry.place);
        if (std::optional<FuzzyMatch> match = fuzzyMatch(m_typed, name)) {
            std::erase_if(match->places, [&](qsizetype place) { return place >= entry.title.size(); });
            m_rows.push_back({i, match->score + (entry.isEnabled ? 1 : 0), std::move(match->places)});
        }
    }
    if (m_typed.trimmed().isEmpty())
        return;
    std::stable_sort(m_rows.begin(), m_rows.end(),
                     [](const Row& one, const Row& other) { return one.score > other.score; });
}

}  // namespace armillary::widgets
