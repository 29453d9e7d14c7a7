// A row of fields for the arguments of an analysis: choices, numbers and switches with names and tooltips. Only what differs from the
// default is given out, so that results that a session kept fit.
// Thread rule: GUI thread.
#pragma once

#include <QJsonObject>
#include <QString>
#include <QWidget>

#include <map>
#include <string>
#include <vector>

namespace armillary::widgets {

struct ArgumentField {
    enum class Kind { Choice, Words, Number, Switch };

    Kind kind = Kind::Choice;
    std::string name;  // of the argument
    QString title;
    QString tip;
    QString standard;     // the default, as the analysis writes it
    QStringList choices;  // of Choice; suggestions of Words
    int lowest = 0;       // of Number
    int highest = 0;
    QString lowestText;  // what the lowest number is called: "all", "automatic"
};

class ArgumentForm : public QWidget {
    Q_OBJECT
public:
    explicit ArgumentForm(std::vector<ArgumentField> fields, QWidget* parent = nullptr);

    [[nodiscard]] std::map<std::string, std::string> arguments() const;
    // As set, defaults too; empty for unknown names.
    [[nodiscard]] QString value(const std::string& name) const;
    void setValue(const std::string& name, const QString& value);

    [[nodiscard]] QJsonObject saveView() const;
    void restoreView(const QJsonObject& view);

Q_SIGNALS:
    void changed();

private:
    [[nodiscard]] QWidget* makeField(const ArgumentField& field);

    std::vector<ArgumentField> m_fields;
    std::vector<QWidget*> m_widgets;  // one a field
};

}  // namespace armillary::widgets
