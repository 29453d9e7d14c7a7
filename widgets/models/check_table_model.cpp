#include "widgets/models/check_table_model.h"

#include "widgets/models/result_table_model.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QFont>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace armillary::widgets {
namespace {

// Reads cells of one table by the names of its columns: results of older sessions may lack some.
class CellReader {
public:
    explicit CellReader(const AnalysisTable& table) : m_table(table) {}

    [[nodiscard]] QString text(std::size_t row, const char* column) const
    {
        const AnalysisCell* cell = find(row, column);
        const auto* held = cell == nullptr ? nullptr : std::get_if<std::string>(cell);
        return held == nullptr ? QString() : QString::fromStdString(*held);
    }
    [[nodiscard]] double number(std::size_t row, const char* column) const
    {
        const AnalysisCell* cell = find(row, column);
        const auto* held = cell == nullptr ? nullptr : std::get_if<double>(cell);
        return held == nullptr ? std::numeric_limits<double>::quiet_NaN() : *held;
    }

private:
    [[nodiscard]] const AnalysisCell* find(std::size_t row, const char* column) const
    {
        const auto found = std::find(m_table.columns.begin(), m_table.columns.end(), column);
        return found == m_table.columns.end()
                   ? nullptr
                   : &m_table.rows[row][static_cast<std::size_t>(found - m_table.columns.begin())];
    }

    const AnalysisTable& m_table;
};

std::vector<std::int64_t> positionsFrom(const QString& text)
{
    std::vector<std::int64_t> out;
    for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        bool ok = false;
        const qlonglong position = part.trimmed().toLongLong(&ok);
        if (ok)
            out.push_back(position);
    }
    return out;
}

}  // namespace

int CheckTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int CheckTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

double CheckTableModel::thresholdOf(const CheckRow& row) const
{
    const auto edited = m_thresholds.find(row.id);
    return edited == m_thresholds.end() ? row.threshold : edited->second;
}

bool CheckTableModel::isPending(const CheckRow& row) const
{
    const auto edited = m_thresholds.find(row.id);
    return edited != m_thresholds.end() && edited->second != row.threshold;
}

QString CheckTableModel::tip(const CheckRow& row) const
{
    QStringList lines{QStringLiteral("%1: %2").arg(row.id, row.title), row.measure,
                      tr("%1 against a threshold of %2")
                          .arg(exactNumberText(row.value), exactNumberText(row.threshold)),
                      row.reason};
    if (isPending(row))
        lines << tr("The threshold was edited: verify again to judge by it.");
    lines.removeAll(QString());
    return lines.join(QLatin1Char('\n'));
}

QVariant CheckTableModel::sortKey(int row, int column) const
{
    const CheckRow& check = m_rows[static_cast<std::size_t>(row)];
    switch (column) {
    case VerdictColumn: return static_cast<int>(check.verdict);
    case CheckColumn: return row;  // V1 ... W16 as they came
    case ValueColumn: return std::isnan(check.value) ? std::numeric_limits<double>::infinity() : check.value;
    case ThresholdColumn: return thresholdOf(check);
    default: return check.reason;
    }
}

QVariant CheckTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const CheckRow& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case VerdictColumn: return verdictWord(row.verdict);
        case CheckColumn: return QStringLiteral("%1  %2").arg(row.id, row.title);
        case ValueColumn: return numberText(row.value);
        case ThresholdColumn: return numberText(thresholdOf(row)) + (isPending(row) ? QStringLiteral(" *") : QString());
        case ReasonColumn: return row.reason;
        default: return {};
        }
    case Qt::EditRole:
        return index.column() == ThresholdColumn ? QVariant(exactNumberText(thresholdOf(row))) : QVariant();
    case Qt::DecorationRole:
        if (index.column() == VerdictColumn)
            return verdictIcon(row.verdict, themeColors(QApplication::palette()).dark);
        return {};
    case Qt::TextAlignmentRole:
        return static_cast<int>(
            (index.column() == ValueColumn || index.column() == ThresholdColumn ? Qt::AlignRight : Qt::AlignLeft) |
            Qt::AlignVCenter);
    case Qt::FontRole:
        if (index.column() == ThresholdColumn && isPending(row)) {
            QFont font = QApplication::font();
            font.setItalic(true);
            return font;
        }
        return {};
    case Qt::BackgroundRole:
        return isAbout(index.row()) ? QVariant(themeColors(QApplication::palette()).soft) : QVariant();
    case Qt::ToolTipRole: return tip(row);
    case Qt::AccessibleTextRole:
        return index.column() == VerdictColumn ? tr("%1 %2").arg(row.id, verdictWord(row.verdict)) : QVariant();
    case Qt::AccessibleDescriptionRole: return tip(row);
    case SortRole: return sortKey(index.row(), index.column());
    default: return {};
    }
}

QVariant CheckTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    const bool number = section == ValueColumn || section == ThresholdColumn;
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((number ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case ValueColumn: return tr("The measured number; its unit stands in the row's tooltip");
        case ThresholdColumn: return tr("Where the check stops passing; double-click or F2 to edit, then verify again");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case VerdictColumn: return tr("Verdict");
    case CheckColumn: return tr("Check");
    case ValueColumn: return tr("Number");
    case ThresholdColumn: return tr("Threshold");
    case ReasonColumn: return tr("Reason");
    default: return {};
    }
}

Qt::ItemFlags CheckTableModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.isValid() && index.column() == ThresholdColumn ? flags | Qt::ItemIsEditable : flags;
}

bool CheckTableModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!index.isValid() || role != Qt::EditRole || index.column() != ThresholdColumn)
        return false;
    bool ok = false;
    const double number = value.toString().trimmed().toDouble(&ok);
    if (!ok || !std::isfinite(number) || number < 0)
        return false;
    const CheckRow& row = m_rows[static_cast<std::size_t>(index.row())];
    if (number == thresholdOf(row))
        return true;
    m_thresholds[row.id] = number;
    Q_EMIT dataChanged(index, index);
    Q_EMIT thresholdsChanged();
    return true;
}

void CheckTableModel::setResult(const std::shared_ptr<const AnalysisResult>& result)
{
    if (result == m_result)
        return;
    beginResetModel();
    m_result = result;
    m_rows.clear();
    const AnalysisTable* table = nullptr;
    for (std::size_t i = 0; result && i < result->tables.size(); ++i) {
        if (result->tables[i].name == "checks")
            table = &result->tables[i];
    }
    for (std::size_t i = 0; table != nullptr && i < table->rows.size(); ++i) {
        const CellReader cells(*table);
        m_rows.push_back({cells.text(i, "id"), cells.text(i, "title"),
                          verdictFrom(cells.text(i, "verdict").toStdString()), cells.number(i, "value"),
                          cells.number(i, "threshold"), cells.text(i, "reason"), cells.text(i, "measure"),
                          positionsFrom(cells.text(i, "positions")), cells.text(i, "array")});
    }
    m_about = rowsAbout(m_described);
    endResetModel();
}

std::set<int> CheckTableModel::rowsAbout(std::optional<std::int64_t> position) const
{
    std::set<int> out;
    for (std::size_t i = 0; position && i < m_rows.size(); ++i) {
        if (std::find(m_rows[i].positions.begin(), m_rows[i].positions.end(), *position) != m_rows[i].positions.end())
            out.insert(static_cast<int>(i));
    }
    return out;
}

void CheckTableModel::setDescribed(std::optional<std::int64_t> position)
{
    m_described = position;
    std::set<int> about = rowsAbout(position);
    if (about == m_about)
        return;
    m_about = std::move(about);
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1), {Qt::BackgroundRole});
}

int CheckTableModel::count(Verdict verdict) const
{
    return static_cast<int>(
        std::count_if(m_rows.begin(), m_rows.end(), [verdict](const CheckRow& row) { return row.verdict == verdict; }));
}

QString CheckTableModel::summary() const
{
    if (m_rows.empty())
        return {};
    QStringList parts;
    for (const Verdict verdict : kVerdicts) {
        if (const int found = count(verdict); found > 0)
            parts << QStringLiteral("%1 %2").arg(found).arg(
                verdict == Verdict::Warn && found > 1 ? tr("warnings") : verdictWord(verdict));
    }
    return tr("%1 checks: %2").arg(m_rows.size()).arg(parts.join(QStringLiteral(", ")));
}

QString CheckTableModel::thresholdsText() const
{
    QStringList parts;
    for (const auto& [id, value] : m_thresholds)
        parts << id + QLatin1Char('=') + exactNumberText(value);
    return parts.join(QLatin1Char(','));
}

void CheckTableModel::setThresholdsText(const QString& text)
{
    std::map<QString, double> read;
    for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        bool ok = false;
        const double value = part.section(QLatin1Char('='), 1).trimmed().toDouble(&ok);
        if (ok && std::isfinite(value) && value >= 0)
            read[part.section(QLatin1Char('='), 0, 0).trimmed()] = value;
    }
    if (read == m_thresholds)
        return;
    m_thresholds = std::move(read);
    if (!m_rows.empty())
        Q_EMIT dataChanged(index(0, ThresholdColumn), index(rowCount() - 1, ThresholdColumn));
    Q_EMIT thresholdsChanged();
}

bool CheckTableModel::hasPendingThresholds() const
{
    return std::any_of(m_rows.begin(), m_rows.end(), [this](const CheckRow& row) { return isPending(row); });
}

}  // namespace armillary::widgets
