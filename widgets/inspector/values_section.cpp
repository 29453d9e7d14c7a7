#include "widgets/inspector/values_section.h"

#include "widgets/inspector/token_vector.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

QString exact(float value)
{
    // Nine digits bring a float32 back bit by bit.
    return QString::number(static_cast<double>(value), 'g', 9);
}

}  // namespace

ValuesSection::ValuesSection(QWidget* parent)
    : InspectorSection(QStringLiteral("values"), tr("Exact values"),
                       tr("The numbers of its vector as they were recorded"), parent)
{
    m_tensor = new QComboBox;
    m_tensor->setAccessibleName(tr("Recorded tensor"));
    m_tensor->setToolTip(tr("Which recorded tensor's numbers are shown"));
    m_tensor->setMinimumContentsLength(8);
    m_tensor->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_count = new QSpinBox;
    m_count->setRange(4, 512);
    m_count->setValue(16);
    m_count->setPrefix(tr("first "));
    m_count->setAccessibleName(tr("How many numbers are shown"));
    m_count->setToolTip(tr("How many numbers are shown; Copy takes all"));
    auto* copy = new QPushButton(tr("Copy all"));
    copy->setToolTip(tr("Copies every number of the vector, one a line"));
    auto* row = new QWidget;
    auto* columns = new QHBoxLayout(row);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->addWidget(m_tensor, 1);
    columns->addWidget(m_count);
    columns->addWidget(copy);
    addWidget(row);
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(allValues()); });
    connect(m_tensor, &QComboBox::activated, this, [this] {
        m_wanted = m_tensor->currentText();
        showValues();
    });
    connect(m_count, &QSpinBox::valueChanged, this, &ValuesSection::showValues);
}

void ValuesSection::setToken(std::shared_ptr<const RunRecord> record, std::optional<std::int64_t> position)
{
    m_record = std::move(record);
    m_position = position;
    if (!isOpen())
        return;
    showTensors();
    showValues();
}

void ValuesSection::setWantedTensor(const QString& name)
{
    m_wanted = name;
    showTensors();
    showValues();
}

int ValuesSection::shownCount() const
{
    return m_count->value();
}

void ValuesSection::setShownCount(int count)
{
    m_count->setValue(count);
}

void ValuesSection::showTensors()
{
    QStringList names;
    if (m_record && m_position) {
        for (const std::string& name : vectorTensors(*m_record, *m_position))
            names << QString::fromStdString(name);
    }
    QStringList shown;
    for (int i = 0; i < m_tensor->count(); ++i)
        shown << m_tensor->itemText(i);
    const QSignalBlocker quiet(m_tensor);
    if (shown != names) {
        m_tensor->clear();
        m_tensor->addItems(names);
    }
    QString wanted = m_wanted;
    if (!names.contains(wanted) && !names.isEmpty()) {
        const auto input = inputVector(*m_record, *m_position);
        wanted = input ? QString::fromStdString(input->tensor) : names.front();
    }
    m_tensor->setCurrentText(wanted);
    m_tensor->setEnabled(!names.isEmpty());
}

void ValuesSection::showValues()
{
    const auto vector = m_record && m_position
                            ? tokenVector(*m_record, m_tensor->currentText().toStdString(), *m_position)
                            : std::nullopt;
    if (!vector || vector->width == 0) {
        setLines({});
        setStatus(tr("The record keeps no vector of this position; ask again with capture “embeds” or “hidden”."));
        return;
    }
    setStatus({});
    double squares = 0, sum = 0;
    float least = vector->at(0), most = vector->at(0);
    for (std::int64_t i = 0; i < vector->width; ++i) {
        const float value = vector->at(i);
        least = std::min(least, value);
        most = std::max(most, value);
        sum += value;
        squares += static_cast<double>(value) * value;
    }
    std::vector<InspectorLine> lines = {{tr("Numbers"),
                                         tr("%1, norm %2").arg(vector->width).arg(std::sqrt(squares), 0, 'g', 6)},
                                        {tr("Least, mean, most"),
                                         tr("%1, %2, %3")
                                             .arg(static_cast<double>(least), 0, 'g', 4)
                                             .arg(sum / static_cast<double>(vector->width), 0, 'g', 4)
                                             .arg(static_cast<double>(most), 0, 'g', 4)}};
    constexpr std::int64_t kPerLine = 2;
    const auto count = std::min<std::int64_t>(vector->width, m_count->value());
    for (std::int64_t i = 0; i < count; i += kPerLine) {
        QStringList some;
        for (std::int64_t j = i; j < std::min(i + kPerLine, count); ++j)
            some << exact(vector->at(j));
        lines.push_back({QStringLiteral("[%1]").arg(i), some.join(QStringLiteral("  "))});
    }
    setLines(lines);
}

QString ValuesSection::allValues() const
{
    const auto vector = m_record && m_position
                            ? tokenVector(*m_record, m_tensor->currentText().toStdString(), *m_position)
                            : std::nullopt;
    QStringList out;
    for (std::int64_t i = 0; vector && i < vector->width; ++i)
        out << exact(vector->at(i));
    return out.join(QLatin1Char('\n'));
}

}  // namespace armillary::widgets
