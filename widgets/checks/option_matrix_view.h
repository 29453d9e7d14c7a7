// The matrix runner: a question in every integration option and setting, one row a variant and one column a measure, with bars; the
// identities that must hold, with verdicts; and how a variant's answer differs from the reference's.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include <QJsonObject>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QSpinBox;
class QStackedWidget;
class QTableView;
class QTextBrowser;

namespace armillary::widgets {

class AnalysisStrip;
class AnalysisView;
class ResultTableModel;

class OptionMatrixView : public QWidget {
    Q_OBJECT
public:
    explicit OptionMatrixView(const PanelContext& context, QWidget* parent = nullptr);

    [[nodiscard]] AnalysisView* view() const { return m_view; }
    [[nodiscard]] AnalysisStrip* strip() const { return m_strip; }
    [[nodiscard]] ResultTableModel* rows() const { return m_rows; }
    [[nodiscard]] QTableView* rowTable() const { return m_rowTable; }
    [[nodiscard]] ResultTableModel* identities() const { return m_identities; }
    [[nodiscard]] QTextBrowser* answer() const { return m_answer; }
    // "7 identities: 7 hold"; empty without any.
    [[nodiscard]] QString identityWords() const;

    [[nodiscard]] QJsonObject saveView() const;
    void restoreView(const QJsonObject& view);

private:
    void makeTables();
    void want();
    void showResult();
    // Of a row of the table, -1: the reference's answer alone.
    void showAnswer(int row);
    [[nodiscard]] QString cellText(int row, const char* column) const;
    // The row whose answer the others are measured against; -1: none.
    [[nodiscard]] int referenceRow() const;

    AnalysisView* m_view = nullptr;
    AnalysisStrip* m_strip = nullptr;
    QComboBox* m_chosenRows = nullptr;
    QComboBox* m_reference = nullptr;
    QSpinBox* m_tokens = nullptr;
    QCheckBox* m_withIdentities = nullptr;
    QLabel* m_identityWords = nullptr;
    ResultTableModel* m_rows = nullptr;
    QTableView* m_rowTable = nullptr;
    ResultTableModel* m_identities = nullptr;
    QTableView* m_identityTable = nullptr;
    QTextBrowser* m_answer = nullptr;
    QStackedWidget* m_pages = nullptr;  // what to do for them, or the tables
};

}  // namespace armillary::widgets
