#include "widgets/models/measure_table_model.h"

#include "widgets/models/result_table_model.h"

#include <QBrush>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QPalette>
#include <QSize>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(MeasureTable)
};

double numberAt(const AnalysisTable& table, const std::vector<AnalysisCell>& row, const std::string& column)
{
    const auto found = std::find(table.columns.begin(), table.columns.end(), column);
    if (found == table.columns.end())
        return std::nan("");
    const auto* number = std::get_if<double>(&row[static_cast<std::size_t>(found - table.columns.begin())]);
    return number == nullptr ? std::nan("") : *number;
}

std::optional<NullRange> bandAt(const AnalysisTable& table, const std::vector<AnalysisCell>& row,
                                const std::string& prefix)
{
    const double draws = numberAt(table, row, prefix + " draws");
    const NullRange out{numberAt(table, row, prefix + " low"), numberAt(table, row, prefix + " high"),
                        numberAt(table, row, prefix + " mean"), numberAt(table, row, prefix + " p"),
                        std::isfinite(draws) ? static_cast<qint64>(draws) : 0};
    return out.draws > 0 && std::isfinite(out.low) && std::isfinite(out.high) ? std::optional(out) : std::nullopt;
}

QString textAt(const std::vector<AnalysisCell>& row, std::size_t column)
{
    const auto* text = std::get_if<std::string>(&row[column]);
    return text == nullptr ? QString() : QString::fromStdString(*text);
}

// A value against one or two bands; without any band one row still.
void addMeasure(std::vector<MeasureRow>& out, const QString& name, double value,
                const std::vector<std::pair<QString, std::optional<NullRange>>>& bands, bool isDifference)
{
    const std::size_t before = out.size();
    for (const auto& [against, band] : bands) {
        if (band && !isDifference)
            out.push_back({name, against, value, band, {}, isDifference});
    }
    if (out.size() == before)
        out.push_back({name, {}, value, std::nullopt, {}, isDifference});
}

}  // namespace

std::vector<MeasureRow> measureRows(const AnalysisResult& result, bool isDifference)
{
    std::vector<MeasureRow> out;
    const bool pairs = result.request.name == "alignment";
    for (const AnalysisTable& table : result.tables) {
        for (const std::vector<AnalysisCell>& row : table.rows) {
            if (table.name == "measures") {
                const double value = numberAt(table, row, "value");
                addMeasure(out, textAt(row, 0), value,
                           {{pairs ? Words::tr("permuted pairs") : Words::tr("permuted labels"),
                             bandAt(table, row, "permuted")},
                            {Words::tr("shifted grids"), bandAt(table, row, "shifted")}},
                           isDifference);
            } else if (table.name == "segments" && result.request.name == "effective-rank") {
                const QString segment = textAt(row, 0);
                addMeasure(out, Words::tr("effective rank of %1").arg(segment), numberAt(table, row, "effective rank"),
                           {{Words::tr("permuted columns"), bandAt(table, row, "effective rank null")}}, isDifference);
                addMeasure(out, Words::tr("participation ratio of %1").arg(segment),
                           numberAt(table, row, "participation ratio"),
                           {{Words::tr("permuted columns"), bandAt(table, row, "participation null")}}, isDifference);
            }
        }
    }
    for (const AnalysisNumber& number : result.numbers) {
        const QString name = QString::fromStdString(number.name);
        const bool known =
            std::any_of(out.begin(), out.end(), [&name](const MeasureRow& row) { return row.measure == name; });
        if (!known)
            addMeasure(out, name, number.value, {}, isDifference);
    }
    return out;
}

int MeasureTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int MeasureTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant MeasureTableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const MeasureRow& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == RowRole)
        return index.row();
    // A sentence runs over the columns behind it; the numbers decide how wide its own is.
    if (role == Qt::SizeHintRole && index.column() == ValueColumn && !row.note.isEmpty())
        return QSize(60, 20);
    if (role == Qt::TextAlignmentRole && !row.note.isEmpty())
        return QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::TextAlignmentRole && index.column() == ValueColumn)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    // Grey: no more than chance.
    if (role == Qt::ForegroundRole && (row.isChance() || !row.note.isEmpty()))
        return QBrush(QGuiApplication::palette().color(QPalette::PlaceholderText));
    if (role == Qt::ToolTipRole) {
        if (!row.note.isEmpty())
            return row.note;
        QString out = tr("%1: %2").arg(row.measure, exactNumberText(row.value));
        if (row.band)
            out += tr("\n%1 draws of %2 give %3 on average, 95 % of them %4 – %5; p = %6")
                       .arg(row.band->draws)
                       .arg(row.against)
                       .arg(row.band->mean, 0, 'g', 4)
                       .arg(row.band->low, 0, 'g', 4)
                       .arg(row.band->high, 0, 'g', 4)
                       .arg(row.band->pValue, 0, 'g', 3);
        return out;
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case MeasureColumn:
        // "permuted" is enough here; the tip says what was permuted.
        return row.band ? tr("%1 (%2)").arg(row.measure, row.against.section(QLatin1Char(' '), 0, 0)) : row.measure;
    case ValueColumn: return row.note.isEmpty() ? numberText(row.value) : row.note;
    case BandColumn:
        return row.band ? tr("%1 – %2").arg(row.band->low, 0, 'g', 3).arg(row.band->high, 0, 'g', 3) : QString();
    case ChanceColumn:
        if (row.isDifference && row.note.isEmpty())
            return tr("A - B");
        if (!row.band)
            return QString();
        return row.isChance() ? tr("no more than chance") : tr("p %1").arg(row.band->pValue, 0, 'g', 2);
    default: return {};
    }
}

QVariant MeasureTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::ToolTipRole && section == BarColumn)
        return tr("The grey band is what chance gives in 95 of 100 cases, the line its mean, the mark the value");
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case MeasureColumn: return tr("Measure");
    case ValueColumn: return tr("Value");
    case BarColumn: return tr("Chance");
    case BandColumn: return tr("95 % of chance");
    case ChanceColumn: return tr("Verdict");
    default: return {};
    }
}

void MeasureTableModel::setRows(std::vector<MeasureRow> rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

}  // namespace armillary::widgets
