#include "app/views/result_csv.h"

#include <QList>
#include <QLocale>

#include <cmath>

namespace armillary::app {
namespace {

QByteArray quoted(const std::string& text)
{
    QByteArray out = QByteArray::fromStdString(text);
    if (out.contains(',') || out.contains('"') || out.contains('\n') || out.contains('\r'))
        out = '"' + out.replace("\"", "\"\"") + '"';
    return out;
}

// Shortest text that reads back the same; nothing for what is no number.
QByteArray numberText(double value)
{
    return std::isfinite(value) ? QByteArray::number(value, 'g', QLocale::FloatingPointShortest) : QByteArray();
}

QByteArray cellText(const AnalysisCell& cell)
{
    const auto* text = std::get_if<std::string>(&cell);
    return text != nullptr ? quoted(*text) : numberText(std::get<double>(cell));
}

void addLine(QByteArray& out, const QList<QByteArray>& cells)
{
    out += cells.join(',') + "\r\n";
}

void addArray(QByteArray& out, const std::string& name, const AnalysisArray& array)
{
    addLine(out, {"array", quoted(name)});
    QList<QByteArray> head;
    for (const std::string& axis : array.axes)
        head << quoted(axis);
    addLine(out, head << "value");
    const std::vector<std::int64_t>& shape = array.values.shape;
    std::vector<std::int64_t> at(shape.size(), 0);
    const std::int64_t count = array.values.elementCount();
    for (std::int64_t i = 0; i < count; ++i) {
        for (const std::int64_t index : at)
            out += QByteArray::number(static_cast<qlonglong>(index)) + ',';
        const float value = array.values.floatAt(i);
        out += (std::isfinite(value) ? QByteArray::number(value, 'g', 9) : QByteArray()) + "\r\n";
        for (std::size_t axis = shape.size(); axis-- > 0;) {
            if (++at[axis] < shape[axis])
                break;
            at[axis] = 0;
        }
    }
}

}  // namespace

QByteArray csvFromResult(const AnalysisResult& result)
{
    QByteArray out;
    if (!result.numbers.empty()) {
        addLine(out, {"name", "value", "unit"});
        for (const AnalysisNumber& number : result.numbers)
            addLine(out, {quoted(number.name), numberText(number.value), quoted(number.unit)});
    }
    for (const AnalysisTable& table : result.tables) {
        if (!out.isEmpty())
            out += "\r\n";
        addLine(out, {"table", quoted(table.name)});
        QList<QByteArray> head;
        for (const std::string& column : table.columns)
            head << quoted(column);
        addLine(out, head);
        for (const std::vector<AnalysisCell>& row : table.rows) {
            QList<QByteArray> cells;
            for (const AnalysisCell& cell : row)
                cells << cellText(cell);
            addLine(out, cells);
        }
    }
    for (const auto& [name, array] : result.arrays) {
        if (!out.isEmpty())
            out += "\r\n";
        addArray(out, name, array);
    }
    return out;
}

}  // namespace armillary::app
