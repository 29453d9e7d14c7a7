// The settings of a rollout: prompts, lengths, size, seeds, condition and previews.
// Thread rule: GUI thread.
#pragma once

#include "records/rollout.h"

#include <QJsonObject>
#include <QString>
#include <QWidget>

#include <cstdint>
#include <optional>
#include <vector>

class QCheckBox;
class QDoubleSpinBox;
class QFormLayout;
class QLineEdit;
class QSpinBox;

namespace armillary::widgets {

// "1, 2, 3" as numbers; nothing when something in it is no whole number from 0 on, or when it names none. Each seed counts
// once.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> seedsFromText(const QString& text);

class RolloutForm : public QWidget {
    Q_OBJECT
public:
    // More branches at once than this are taken for a slip of the keyboard.
    static constexpr std::size_t kMostSeeds = 16;

    explicit RolloutForm(QWidget* parent = nullptr);

    // Without the condition; the seed is the first one.
    [[nodiscard]] RolloutRequest settings() const;
    // Empty while the text is not understood.
    [[nodiscard]] std::vector<std::uint64_t> seeds() const;
    // How many frames of a video are given; of a picture it is one.
    [[nodiscard]] int conditionFrames() const;
    [[nodiscard]] bool keepsSteps() const;
    // What keeps these settings from being run; empty = nothing.
    [[nodiscard]] QString problem() const;

    void setSettings(const RolloutRequest& settings);
    void setSeedText(const QString& text);
    void setConditionFrames(int frames);
    void setKeepsSteps(bool keeps);
    [[nodiscard]] QJsonObject saveSettings() const;
    void restoreSettings(const QJsonObject& saved);

Q_SIGNALS:
    void changed();

private:
    void makeFields();
    void placeFields();

    QCheckBox* m_ownNegative = nullptr;
    QLineEdit* m_negative = nullptr;
    QCheckBox* m_skipText = nullptr;
    QSpinBox* m_frames = nullptr;
    QSpinBox* m_steps = nullptr;
    QDoubleSpinBox* m_guidance = nullptr;
    QDoubleSpinBox* m_framesPerSecond = nullptr;
    QSpinBox* m_height = nullptr;
    QSpinBox* m_width = nullptr;
    QLineEdit* m_seeds = nullptr;
    QSpinBox* m_conditionFrames = nullptr;
    QSpinBox* m_previewEvery = nullptr;
    QCheckBox* m_keepSteps = nullptr;
};

}  // namespace armillary::widgets
