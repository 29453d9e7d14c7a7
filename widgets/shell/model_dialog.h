// Which models to load, on what, in which number format; and what is loaded. Not modal: the window stays usable.
// Thread rule: GUI thread. Loads nothing itself.
#pragma once

#include "records/model_report.h"
#include "records/question.h"

#include <QDialog>
#include <QString>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace armillary::widgets {

struct ModelChoice {
    bool demo = true;  // the embedded model; the folders do not count then
    QString model;     // Gemma 3 folder
    QString theWorld;  // TheWorld checkpoint
    QString world;     // Cosmos pipeline folder
    QString device = QStringLiteral("auto");
    NumberFormat format = NumberFormat::Auto;
    NumberFormat worldFormat = NumberFormat::Auto;

    bool operator==(const ModelChoice&) const = default;
};

class ModelDialog : public QDialog {
    Q_OBJECT
public:
    explicit ModelDialog(QWidget* parent = nullptr);

    void setChoice(const ModelChoice& choice);
    [[nodiscard]] ModelChoice choice() const;
    // What the engine says is loaded.
    void setReport(const ModelReport& report);
    // Shown in red under the fields; empty hides it.
    void setProblem(const QString& sentence);
    void setBusy(bool busy);

Q_SIGNALS:
    void loadRequested(const armillary::widgets::ModelChoice& choice);

private:
    [[nodiscard]] QWidget* makeFolderRow(QLineEdit* field, const QString& name);
    void showWhatFits();

    QComboBox* m_source = nullptr;
    QLineEdit* m_model = nullptr;
    QLineEdit* m_theWorld = nullptr;
    QLineEdit* m_world = nullptr;
    QComboBox* m_device = nullptr;
    QComboBox* m_format = nullptr;
    QComboBox* m_worldFormat = nullptr;
    QLabel* m_problem = nullptr;
    QTreeWidget* m_report = nullptr;
    QPushButton* m_load = nullptr;
};

}  // namespace armillary::widgets
