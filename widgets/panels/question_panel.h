// Where a question is written: its text, the system prompt and every setting that changes the answer.
// Thread rule: GUI thread.
#pragma once

#include "widgets/panel.h"

#include "records/question.h"
#include "records/token_budget.h"

#include <QJsonObject>
#include <QPlainTextEdit>

#include <array>
#include <memory>
#include <optional>

class QAction;
class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QMimeData;
class QPushButton;
class QScrollArea;
class QSpinBox;
class QToolButton;

namespace armillary::widgets {

class BudgetBar;

// A text field that hands pictures and files on in place of pasting their names.
class QuestionTextEdit : public QPlainTextEdit {
    Q_OBJECT
public:
    using QPlainTextEdit::QPlainTextEdit;

Q_SIGNALS:
    void mediaInserted(const QMimeData* data);

protected:
    [[nodiscard]] bool canInsertFromMimeData(const QMimeData* source) const override;
    void insertFromMimeData(const QMimeData* source) override;
};

class QuestionPanel : public Panel {
    Q_OBJECT
public:
    explicit QuestionPanel(const PanelContext& context, QWidget* parent = nullptr);

    void showState() override;

    [[nodiscard]] QString questionText() const;
    void setQuestionText(const QString& text);
    // System prompt and settings as set; without media and turns, which the conversation adds.
    [[nodiscard]] Question settings() const;
    // How many frames of a video the question is about; 1 unless the world tokens come from the clip.
    [[nodiscard]] int clipFrames() const;
    // The settings as plain values, for keeping between sessions; unknown or wrong values are left as they are.
    [[nodiscard]] QJsonObject saveSettings() const;
    void restoreSettings(const QJsonObject& saved);
    // What the question will take; null: there is no account, and `problem` says why.
    void showBudget(const std::shared_ptr<const TokenBudget>& budget, const QString& problem);
    // What is missing before a question can be asked ("the model is still loading"); empty = ready.
    void setObstacle(const QString& sentence);
    // The actions that the buttons stand for; the main window owns and wires them.
    void setActions(QAction* ask, QAction* stop, QAction* newConversation);

    [[nodiscard]] QPlainTextEdit* textEdit() const { return m_text; }
    [[nodiscard]] QToolButton* optionsButton() const { return m_optionsButton; }
    [[nodiscard]] QComboBox* worldSourceChoice() const { return m_worldSource; }
    [[nodiscard]] QPushButton* askButton() const { return m_ask; }
    [[nodiscard]] QPushButton* stopButton() const { return m_stop; }
    [[nodiscard]] BudgetBar* budgetBar() const { return m_budget; }
    // With everything that a low panel leaves out.
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    // A picture or files were pasted or dropped into the text.
    void mediaInserted(const QMimeData* data);
    // Where the world tokens come from has changed.
    void worldSourceChanged();
    // The text or a setting that tokens or memory depend on.
    void draftChanged();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    [[nodiscard]] QWidget* makeOptions();
    [[nodiscard]] QToolButton* makeExamplesButton();
    void announceDrafts();
    void makeKeepChoice();
    void showKept();
    // Names of what the record keeps beside the usual.
    [[nodiscard]] QStringList kept() const;
    void showOptions(bool shown);
    // Shows what there is room for.
    void fit();
    // Of the tools, the options and the account, with the space before each; 0: not wanted.
    [[nodiscard]] std::array<int, 3> wantedHeights() const;
    // Of what is always there.
    [[nodiscard]] int leastHeight() const;

    QuestionTextEdit* m_text = nullptr;
    QPlainTextEdit* m_system = nullptr;
    QSpinBox* m_maxNewTokens = nullptr;
    QDoubleSpinBox* m_temperature = nullptr;
    QSpinBox* m_topK = nullptr;
    QDoubleSpinBox* m_topP = nullptr;
    QDoubleSpinBox* m_minP = nullptr;
    QSpinBox* m_seed = nullptr;
    QCheckBox* m_ignoreEos = nullptr;
    QCheckBox* m_panAndScan = nullptr;
    QComboBox* m_worldSource = nullptr;
    QSpinBox* m_clipFrames = nullptr;
    QComboBox* m_fusion = nullptr;
    QComboBox* m_imageAttention = nullptr;
    QComboBox* m_pixelRange = nullptr;
    QComboBox* m_latentScale = nullptr;
    QComboBox* m_worldFormat = nullptr;
    QSpinBox* m_worldHeight = nullptr;
    QSpinBox* m_worldWidth = nullptr;
    QToolButton* m_keep = nullptr;
    QScrollArea* m_options = nullptr;
    QToolButton* m_optionsButton = nullptr;
    QToolButton* m_examplesButton = nullptr;
    QPushButton* m_ask = nullptr;
    QPushButton* m_stop = nullptr;
    QPushButton* m_newConversation = nullptr;
    QLabel* m_obstacle = nullptr;
    BudgetBar* m_budget = nullptr;
    int m_wantedHeight = 0;  // at the last look
};

}  // namespace armillary::widgets
