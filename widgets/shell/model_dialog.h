// Which models to load, on what, in which number format; and what is loaded. Not modal: the window stays usable.
// Thread rule: GUI thread. Loads nothing itself.
#pragma once

#include "records/model_report.h"
#include "records/question.h"

#include <QDialog>
#include <QString>
#include <QStringList>

#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace armillary::widgets {

struct ModelChoice {
    bool demo = true;  // the embedded model; the folders do not count then
    QString model;     // Gemma 3 or nanoVLM folder
    QString theWorld;  // TheWorld checkpoint
    QString world;     // Cosmos pipeline folder
    QString device = QStringLiteral("auto");
    NumberFormat format = NumberFormat::Auto;
    NumberFormat worldFormat = NumberFormat::Auto;

    bool operator==(const ModelChoice&) const = default;
};

// What was found out about a folder, or about all together, before anything is loaded.
struct FolderVerdict {
    QString part;
    QString said;  // a sentence
    bool isGood = true;
    std::int64_t elements = 0;
    std::int64_t bytes = 0;  // on the device, in the chosen format; 0: does not apply
    QStringList details;
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
    // In place of what is loaded; empty: there was nothing to check.
    void setVerdicts(const std::vector<FolderVerdict>& verdicts);
    [[nodiscard]] QPushButton* checkButton() const { return m_check; }
    [[nodiscard]] QTreeWidget* report() const { return m_report; }

Q_SIGNALS:
    void loadRequested(const armillary::widgets::ModelChoice& choice);
    // The folders shall be looked at before they are loaded.
    void checkRequested(const armillary::widgets::ModelChoice& choice);
    void guideRequested();

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
    QPushButton* m_check = nullptr;
};

}  // namespace armillary::widgets
