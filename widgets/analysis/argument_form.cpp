#include "widgets/analysis/argument_form.h"

#include "widgets/flow_row.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>

#include <utility>

namespace armillary::widgets {

ArgumentForm::ArgumentForm(std::vector<ArgumentField> fields, QWidget* parent)
    : QWidget(parent), m_fields(std::move(fields))
{
    auto* row = new FlowRow(this);
    for (const ArgumentField& field : m_fields) {
        QWidget* widget = makeField(field);
        widget->setObjectName(QString::fromStdString(field.name));
        widget->setAccessibleName(field.title);
        widget->setToolTip(field.tip);
        m_widgets.push_back(widget);
        if (field.kind == ArgumentField::Kind::Switch) {
            row->addWidget(widget);
            continue;
        }
        auto* pair = new QWidget;
        auto* pairRow = new QHBoxLayout(pair);
        pairRow->setContentsMargins(0, 0, 0, 0);
        pairRow->setSpacing(4);
        auto* label = new QLabel(field.title);
        label->setToolTip(field.tip);
        label->setBuddy(widget);
        pairRow->addWidget(label);
        pairRow->addWidget(widget);
        row->addWidget(pair);
    }
}

QWidget* ArgumentForm::makeField(const ArgumentField& field)
{
    switch (field.kind) {
    case ArgumentField::Kind::Choice: {
        auto* box = new QComboBox;
        box->addItems(field.choices);
        box->setCurrentText(field.standard);
        connect(box, &QComboBox::currentIndexChanged, this, &ArgumentForm::changed);
        return box;
    }
    case ArgumentField::Kind::Words: {
        auto* box = new QComboBox;
        box->setEditable(true);
        box->addItems(field.choices);
        box->setCurrentText(field.standard);
        connect(box, &QComboBox::activated, this, &ArgumentForm::changed);
        connect(box->lineEdit(), &QLineEdit::editingFinished, this, &ArgumentForm::changed);
        return box;
    }
    case ArgumentField::Kind::Number: {
        auto* box = new QSpinBox;
        box->setRange(field.lowest, field.highest);
        box->setSpecialValueText(field.lowestText);
        box->setValue(field.standard.toInt());
        // Every digit typed would start the search for a result at hand.
        box->setKeyboardTracking(false);
        connect(box, &QSpinBox::valueChanged, this, &ArgumentForm::changed);
        return box;
    }
    case ArgumentField::Kind::Switch: {
        auto* box = new QCheckBox(field.title);
        box->setChecked(field.standard == QLatin1String("on"));
        connect(box, &QCheckBox::toggled, this, &ArgumentForm::changed);
        return box;
    }
    }
    return nullptr;
}

QString ArgumentForm::value(const std::string& name) const
{
    for (std::size_t i = 0; i < m_fields.size(); ++i) {
        if (m_fields[i].name != name)
            continue;
        if (const auto* box = qobject_cast<QComboBox*>(m_widgets[i]))
            return box->currentText().simplified().remove(QLatin1Char(' '));
        if (const auto* box = qobject_cast<QSpinBox*>(m_widgets[i]))
            return QString::number(box->value());
        if (const auto* box = qobject_cast<QCheckBox*>(m_widgets[i]))
            return box->isChecked() ? QStringLiteral("on") : QStringLiteral("off");
    }
    return {};
}

void ArgumentForm::setValue(const std::string& name, const QString& value)
{
    for (std::size_t i = 0; i < m_fields.size(); ++i) {
        if (m_fields[i].name != name)
            continue;
        if (auto* box = qobject_cast<QComboBox*>(m_widgets[i]))
            box->setCurrentText(value);
        else if (auto* spin = qobject_cast<QSpinBox*>(m_widgets[i]))
            spin->setValue(value.toInt());
        else if (auto* check = qobject_cast<QCheckBox*>(m_widgets[i]))
            check->setChecked(value == QLatin1String("on"));
        Q_EMIT changed();
    }
}

std::map<std::string, std::string> ArgumentForm::arguments() const
{
    std::map<std::string, std::string> out;
    for (const ArgumentField& field : m_fields) {
        if (const QString now = value(field.name); !now.isEmpty() && now != field.standard)
            out[field.name] = now.toStdString();
    }
    return out;
}

QJsonObject ArgumentForm::saveView() const
{
    QJsonObject out;
    for (const auto& [name, value] : arguments())
        out[QString::fromStdString(name)] = QString::fromStdString(value);
    return out;
}

void ArgumentForm::restoreView(const QJsonObject& view)
{
    for (const ArgumentField& field : m_fields) {
        const QString saved = view[QString::fromStdString(field.name)].toString(field.standard);
        if (saved != value(field.name))
            setValue(field.name, saved);
    }
}

}  // namespace armillary::widgets
