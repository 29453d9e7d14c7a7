// Where a prediction of the world model is asked for, watched and looked at: prompt and settings, the step it is at, and
// the view of what it has made. A chosen frame is the shared latent frame; the view marks the latent frames of the
// highlighted world tokens.
// Thread rule: GUI thread.
#pragma once

#include "widgets/models/media_list_model.h"
#include "widgets/panel.h"
#include "widgets/rollout/shown_rollout.h"

#include <QJsonObject>

#include <cstdint>
#include <memory>
#include <vector>

class QAction;
class QBoxLayout;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QScrollArea;
class QStackedLayout;
class QToolButton;

namespace armillary::widgets {

class RolloutForm;
class RolloutView;

// What is to be predicted, before its frames are read.
struct RolloutWish {
    MediaId media = 0;
    int lastFrame = 0;  // of the condition, in the source
    int conditionFrames = 1;
    RolloutRequest settings;  // without condition; the seed is the first one
    std::vector<std::uint64_t> seeds;
    bool keepSteps = false;
};

class RolloutPanel : public Panel {
    Q_OBJECT
public:
    explicit RolloutPanel(const PanelContext& context, QWidget* parent = nullptr);
    ~RolloutPanel() override;

    void showRun() override;
    void showState() override;
    void showSelection() override;

    [[nodiscard]] ShownRollout& rollout() { return *m_rollout; }
    // What Predict would run now; media 0 when nothing is opened.
    [[nodiscard]] RolloutWish wish() const;
    // Why nothing can be predicted now ("open a picture first"); empty = ready.
    [[nodiscard]] QString obstacle() const;
    // What keeps the world model from being used at all (no model); empty = nothing.
    void setModelObstacle(const QString& sentence);
    // The request that a question about the predicted future refers to: that of the branch that is looked at; null
    // without one that has made at least a step.
    [[nodiscard]] std::shared_ptr<const RolloutRequest> requestForQuestion() const;
    // The actions that the buttons stand for; the main window owns and wires them.
    void setActions(QAction* predict, QAction* stop);
    [[nodiscard]] QJsonObject saveSettings() const;
    void restoreSettings(const QJsonObject& saved);

    [[nodiscard]] RolloutForm* form() const { return m_form; }
    [[nodiscard]] RolloutView* view() const { return m_view; }
    [[nodiscard]] QLineEdit* promptEdit() const { return m_prompt; }
    [[nodiscard]] QToolButton* optionsButton() const { return m_optionsButton; }
    [[nodiscard]] QPushButton* predictButton() const { return m_predict; }
    [[nodiscard]] QPushButton* stopButton() const { return m_stop; }
    // As shown: "step 3 of 35 · 0.42 s a step · 0:13 left".
    [[nodiscard]] QString progressText() const;

Q_SIGNALS:
    // The obstacle may have changed.
    void readinessChanged();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void makeForm();
    void wire();
    void showOptions(bool shown);
    void showCondition();
    void showProgress();
    void showContent();
    void frameChanged(int frame);
    void frameHovered(int frame);
    void focusChanged();
    void openRecordOfRun();
    // Whether the shown run's question was asked about a rollout, so that its world tokens are predicted ones.
    [[nodiscard]] bool runIsPredicted() const;

    std::unique_ptr<ShownRollout> m_rollout;
    QBoxLayout* m_head = nullptr;
    QLineEdit* m_prompt = nullptr;
    QToolButton* m_optionsButton = nullptr;
    QPushButton* m_predict = nullptr;
    QPushButton* m_stop = nullptr;
    QLabel* m_condition = nullptr;
    QScrollArea* m_options = nullptr;
    RolloutForm* m_form = nullptr;
    QWidget* m_progressRow = nullptr;
    QProgressBar* m_bar = nullptr;
    QLabel* m_progress = nullptr;
    QStackedLayout* m_pages = nullptr;
    RolloutView* m_view = nullptr;
    QString m_modelObstacle;
};

}  // namespace armillary::widgets
