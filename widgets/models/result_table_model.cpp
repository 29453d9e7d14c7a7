#include "widgets/models/result_table_model.h"

#include "widgets/checks/verdict.h"
#include "widgets/theme.h"

#include <QApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace armillary::widgets {
namespace {

// Units that analyses write at the end of a column's name.
const QStringList& knownUnits()
{
    static const QStringList units{QStringLiteral("bits"),    QStringLiteral("nats"),   QStringLiteral("ms"),
                                   QStringLiteral("seconds"), QStringLiteral("bytes"),  QStringLiteral("pixels"),
                                   QStringLiteral("dB"),      QStringLiteral("logits"), QStringLiteral("tokens")};
    return units;
}

ResultColumn fromName(const QString& name)
{
    QStringList words = name.split(QLatin1Char('_'), Qt::SkipEmptyParts);
    ResultColumn out;
    if (words.size() > 1 && knownUnits().contains(words.last()))
        out.unit = words.takeLast();
    out.title = words.join(QLatin1Char(' '));
    return out;
}

qsizetype digitsAt(const QString& text, qsizetype at)
{
    qsizetype end = at;
    while (end < text.size() && text[end].isDigit())
        ++end;
    return end - at;
}

// V2 before V10: numbers inside texts count as numbers. (QCollator's numeric mode needs a library that not every system has.)
int compareNaturally(const QString& a, const QString& b)
{
    qsizetype i = 0;
    qsizetype j = 0;
    while (i < a.size() && j < b.size()) {
        const qsizetype digitsA = digitsAt(a, i);
        const qsizetype digitsB = digitsAt(b, j);
        if (digitsA > 0 && digitsB > 0) {
            const double x = QStringView(a).mid(i, digitsA).toDouble();
            const double y = QStringView(b).mid(j, digitsB).toDouble();
            if (x != y)
                return x < y ? -1 : 1;
            i += digitsA;
            j += digitsB;
            continue;
        }
        if (const int order = QString::compare(a.mid(i, 1), b.mid(j, 1), Qt::CaseInsensitive); order != 0)
            return order;
        ++i;
        ++j;
    }
    return QString::compare(a, b, Qt::CaseInsensitive);
}

QString withUnit(const QString& number, const QString& unit)
{
    return unit.isEmpty() ? number : number + QLatin1Char(' ') + unit;
}

QString dash()
{
    return QStringLiteral("–");
}

QString readable(double value)
{
    const double size = std::abs(value);
    if (std::isinf(value))
        return value > 0 ? QStringLiteral("∞") : QStringLiteral("-∞");
    if (value == std::round(value) && size < 1e15) {
        // Thousands are set apart where there are many digits.
        static const QLocale grouping(QLocale::English, QLocale::UnitedStates);
        const auto whole = static_cast<qlonglong>(value);
        return size < 10000 ? QString::number(whole) : grouping.toString(whole);
    }
    if (size >= 1e-3 && size < 1e6) {
        // Four digits that count, and none that say nothing.
        const int decimals = std::clamp(3 - static_cast<int>(std::floor(std::log10(size))), 0, 6);
        QString text = QString::number(value, 'f', decimals);
        while (decimals > 0 && text.endsWith(QLatin1Char('0')))
            text.chop(1);
        if (text.endsWith(QLatin1Char('.')))
            text.chop(1);
        return text;
    }
    return QString::number(value, 'g', 3);
}

}  // namespace

QString numberText(double value, const QString& unit)
{
    if (std::isnan(value))
        return dash();
    if (unit == QLatin1String("bytes") && value >= 0)
        return QLocale::c().formattedDataSize(static_cast<qint64>(value));
    return withUnit(readable(value), unit);
}

QString exactNumberText(double value, const QString& unit)
{
    return std::isnan(value) ? dash() : withUnit(QString::number(value, 'g', QLocale::FloatingPointShortest), unit);
}

int ResultTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_order.size());
}

int ResultTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

const AnalysisCell& ResultTableModel::cell(const QModelIndex& index) const
{
    return m_table->rows[static_cast<std::size_t>(rowOf(index.row()))][static_cast<std::size_t>(index.column())];
}

QString ResultTableModel::text(int row, int column) const
{
    if (column < 0)
        return {};
    const auto* held = std::get_if<std::string>(
        &m_table->rows[static_cast<std::size_t>(rowOf(row))][static_cast<std::size_t>(column)]);
    return held == nullptr ? QString() : QString::fromStdString(*held);
}

QVariant ResultTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const Column& column = m_columns[static_cast<std::size_t>(index.column())];
    const AnalysisCell& held = cell(index);
    const double* number = std::get_if<double>(&held);
    switch (role) {
    case Qt::DisplayRole: {
        if (number == nullptr)
            return QString::fromStdString(std::get<std::string>(held));
        // Only bytes change with their unit; others name it in the header.
        const bool isBytes = column.how.unit == QLatin1String("bytes");
        return numberText(*number, isBytes ? column.how.unit : QString());
    }
    case Qt::DecorationRole:
        return index.column() == m_verdictColumn && number == nullptr
                   ? QVariant(verdictIcon(verdictFrom(std::get<std::string>(held)),
                                          themeColors(QApplication::palette()).dark))
                   : QVariant();
    case Qt::ForegroundRole:
        return text(index.row(), m_reasonColumn).isEmpty() ? QVariant() : themeColors(QApplication::palette()).muted;
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole: {
        if (number != nullptr && std::isnan(*number)) {
            if (const QString reason = text(index.row(), m_reasonColumn); !reason.isEmpty())
                return reason;
        }
        const QString text = number == nullptr
                                 ? QString::fromStdString(std::get<std::string>(held))
                                 : column.how.title + QStringLiteral(": ") + exactNumberText(*number, column.how.unit);
        return column.how.tip.isEmpty() ? text : text + QLatin1Char('\n') + column.how.tip;
    }
    case Qt::TextAlignmentRole:
        return static_cast<int>((column.isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case CellRole: return number == nullptr ? QVariant(QString::fromStdString(std::get<std::string>(held))) : *number;
    case BarRole:
        if (!column.how.hasBar || number == nullptr || !std::isfinite(*number))
            return {};
        return column.largest > 0 ? *number / column.largest : 0.0;
    case SignedRole: return column.isSigned;
    case RowRole: return rowOf(index.row());
    default: return {};
    }
}

QVariant ResultTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Vertical && section >= 0 && section < rowCount()) {
        if (role == Qt::DisplayRole || role == Qt::ToolTipRole)
            return text(section, columnOf(m_rowNames));
        return {};
    }
    if (orientation != Qt::Horizontal || section < 0 || section >= columnCount())
        return {};
    const Column& column = m_columns[static_cast<std::size_t>(section)];
    switch (role) {
    case Qt::DisplayRole:
        return column.how.unit.isEmpty() || column.how.unit == QLatin1String("bytes")
                   ? column.how.title
                   : QStringLiteral("%1 (%2)").arg(column.how.title, column.how.unit);
    case Qt::ToolTipRole: return column.how.tip.isEmpty() ? QVariant() : column.how.tip;
    case Qt::TextAlignmentRole:
        return static_cast<int>((column.isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default: return {};
    }
}

ResultTableModel::Column ResultTableModel::columnFrom(std::size_t index) const
{
    Column out;
    const QString name = QString::fromStdString(m_table->columns[index]);
    const auto described = m_described.find(name);
    out.how = described == m_described.end() ? fromName(name) : described->second;
    bool hasNumber = false;
    bool hasText = false;
    for (const auto& row : m_table->rows) {
        const double* number = std::get_if<double>(&row[index]);
        if (number == nullptr) {
            hasText = hasText || !std::get<std::string>(row[index]).empty();
            continue;
        }
        hasNumber = true;
        out.isSigned = out.isSigned || *number < 0;
        if (std::isfinite(*number))
            out.largest = std::max(out.largest, std::abs(*number));
    }
    out.isNumber = hasNumber && !hasText;
    return out;
}

void ResultTableModel::describe(const QString& column, ResultColumn how)
{
    m_described[column] = std::move(how);
    if (const int at = columnOf(column); at >= 0) {
        m_columns[static_cast<std::size_t>(at)] = columnFrom(static_cast<std::size_t>(at));
        Q_EMIT headerDataChanged(Qt::Horizontal, at, at);
        if (rowCount() > 0)
            Q_EMIT dataChanged(index(0, at), index(rowCount() - 1, at));
    }
}

void ResultTableModel::setResult(const std::shared_ptr<const AnalysisResult>& result, const std::string& table)
{
    if (result) {
        for (const AnalysisTable& each : result->tables) {
            if (each.name == table) {
                if (m_table.get() != &each)
                    setShared({result, &each});
                return;
            }
        }
    }
    clear();
}

void ResultTableModel::setTable(AnalysisTable table)
{
    setShared(std::make_shared<const AnalysisTable>(std::move(table)));
}

void ResultTableModel::clear()
{
    if (m_table)
        setShared(nullptr);
}

void ResultTableModel::setShared(std::shared_ptr<const AnalysisTable> table)
{
    beginResetModel();
    if (!table || !m_table || table->columns != m_table->columns)
        m_sortColumn = -1;
    m_table = std::move(table);
    m_columns.clear();
    for (std::size_t i = 0; m_table && i < m_table->columns.size(); ++i)
        m_columns.push_back(columnFrom(i));
    m_reasonColumn = columnOf(QStringLiteral("reason"));
    m_verdictColumn = columnOf(QStringLiteral("verdict"));
    m_order.resize(m_table ? m_table->rows.size() : 0);
    arrange();
    endResetModel();
}

int ResultTableModel::columnOf(const QString& name) const
{
    if (!m_table)
        return -1;
    const auto found = std::find(m_table->columns.begin(), m_table->columns.end(), name.toStdString());
    return found == m_table->columns.end() ? -1 : static_cast<int>(found - m_table->columns.begin());
}

int ResultTableModel::viewRowOf(int tableRow) const
{
    const auto found = std::find(m_order.begin(), m_order.end(), tableRow);
    return found == m_order.end() ? -1 : static_cast<int>(found - m_order.begin());
}

void ResultTableModel::arrange()
{
    std::iota(m_order.begin(), m_order.end(), 0);
    if (m_sortColumn < 0)
        return;
    const auto column = static_cast<std::size_t>(m_sortColumn);
    const bool ascending = m_sortOrder == Qt::AscendingOrder;
    std::vector<QString> texts(m_order.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (const auto* text = std::get_if<std::string>(&m_table->rows[i][column]))
            texts[i] = QString::fromStdString(*text);
    }
    std::stable_sort(m_order.begin(), m_order.end(), [&](int one, int other) {
        const AnalysisCell& a = m_table->rows[static_cast<std::size_t>(one)][column];
        const AnalysisCell& b = m_table->rows[static_cast<std::size_t>(other)][column];
        const double* x = std::get_if<double>(&a);
        const double* y = std::get_if<double>(&b);
        const bool hasX = x == nullptr || !std::isnan(*x);
        const bool hasY = y == nullptr || !std::isnan(*y);
        if (hasX != hasY)
            return hasX;
        if (!hasX)
            return false;
        if (x != nullptr && y != nullptr)
            return ascending ? *x < *y : *y < *x;
        if ((x != nullptr) != (y != nullptr))
            return x != nullptr;
        const int order =
            compareNaturally(texts[static_cast<std::size_t>(one)], texts[static_cast<std::size_t>(other)]);
        return ascending ? order < 0 : order > 0;
    });
}

void ResultTableModel::sort(int column, Qt::SortOrder order)
{
    if (column >= columnCount() || (column == m_sortColumn && order == m_sortOrder))
        return;
    Q_EMIT layoutAboutToBeChanged({}, VerticalSortHint);
    const QModelIndexList before = persistentIndexList();
    const std::vector<int> oldOrder = m_order;
    m_sortColumn = column;
    m_sortOrder = order;
    arrange();
    QModelIndexList after;
    for (const QModelIndex& each : before)
        after << index(viewRowOf(oldOrder[static_cast<std::size_t>(each.row())]), each.column());
    changePersistentIndexList(before, after);
    Q_EMIT layoutChanged({}, VerticalSortHint);
}

}  // namespace armillary::widgets
