#include "widgets/rollout/rollout_form.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSpinBox>

#include <algorithm>

namespace armillary::widgets {
namespace {

// The autoencoder shrinks sides by 8 and the transformer takes patches of 2.
constexpr int kSizeStep = 16;

QSpinBox* makeCount(int low, int high, int value, const QString& tip, const QString& name)
{
    auto* box = new QSpinBox;
    box->setRange(low, high);
    box->setValue(value);
    box->setToolTip(tip);
    box->setAccessibleName(name);
    return box;
}

QDoubleSpinBox* makeNumber(double low, double high, double step, double value, const QString& tip, const QString& name)
{
    auto* box = new QDoubleSpinBox;
    box->setRange(low, high);
    box->setSingleStep(step);
    box->setDecimals(1);
    box->setValue(value);
    box->setToolTip(tip);
    box->setAccessibleName(name);
    return box;
}

}  // namespace

std::optional<std::vector<std::uint64_t>> seedsFromText(const QString& text)
{
    static const QRegularExpression separators(QStringLiteral("[,;\\s]+"));
    std::vector<std::uint64_t> out;
    for (const QString& word : text.split(separators, Qt::SkipEmptyParts)) {
        bool isNumber = false;
        const qulonglong seed = word.toULongLong(&isNumber);
        if (!isNumber)
            return std::nullopt;
        if (std::find(out.begin(), out.end(), seed) == out.end())
            out.push_back(seed);
    }
    if (out.empty())
        return std::nullopt;
    return out;
}

RolloutForm::RolloutForm(QWidget* parent) : QWidget(parent)
{
    makeFields();
    placeFields();
    for (QSpinBox* box : {m_frames, m_steps, m_height, m_width, m_conditionFrames, m_previewEvery})
        connect(box, &QSpinBox::valueChanged, this, &RolloutForm::changed);
    for (QDoubleSpinBox* box : {m_guidance, m_framesPerSecond})
        connect(box, &QDoubleSpinBox::valueChanged, this, &RolloutForm::changed);
    for (QLineEdit* line : {m_negative, m_seeds})
        connect(line, &QLineEdit::textChanged, this, &RolloutForm::changed);
    for (QCheckBox* box : {m_ownNegative, m_skipText, m_keepSteps})
        connect(box, &QCheckBox::toggled, this, &RolloutForm::changed);
    connect(m_ownNegative, &QCheckBox::toggled, m_negative, &QLineEdit::setEnabled);
    connect(m_skipText, &QCheckBox::toggled, this, [this](bool skip) {
        m_ownNegative->setEnabled(!skip);
        m_negative->setEnabled(!skip && m_ownNegative->isChecked());
    });
}

void RolloutForm::makeFields()
{
    const RolloutRequest defaults;
    m_ownNegative = new QCheckBox(tr("Own negative prompt"));
    m_ownNegative->setToolTip(tr("Off: the pipeline's own default negative prompt"));
    m_negative = new QLineEdit;
    m_negative->setEnabled(false);
    m_negative->setPlaceholderText(tr("what the prediction should stay away from"));
    m_negative->setAccessibleName(tr("Negative prompt"));
    m_skipText = new QCheckBox(tr("Leave the prompts out"));
    m_skipText->setToolTip(tr("Zero rows in place of both prompts: the text encoder is not needed"));
    m_frames =
        makeCount(1, 1001, defaults.frames,
                  tr("Of the predicted clip, the given ones included; 4k + 1 fill every latent frame"), tr("Frames"));
    m_frames->setSingleStep(4);
    m_steps = makeCount(1, 1000, defaults.steps, tr("Denoise steps"), tr("Steps"));
    m_guidance = makeNumber(1, 30, 0.5, defaults.guidance,
                            tr("How far the prompt pulls away from the negative one; 1 = off, and twice as fast"),
                            tr("Guidance"));
    m_framesPerSecond = makeNumber(1, 120, 1, defaults.framesPerSecond,
                                   tr("What the model is told about the clip's pace"), tr("Frames a second"));
    const QString sizeTip = tr("Of the predicted frames, multiples of 16 pixels; the condition is resized to it");
    m_height = makeCount(kSizeStep, 2048, defaults.heightPixels, sizeTip, tr("Height in pixels"));
    m_width = makeCount(kSizeStep, 2048, defaults.widthPixels, sizeTip, tr("Width in pixels"));
    for (QSpinBox* side : {m_height, m_width}) {
        side->setSingleStep(kSizeStep);
        side->setSuffix(tr(" px"));
    }
    m_seeds = new QLineEdit(QStringLiteral("0"));
    m_seeds->setObjectName(QStringLiteral("rolloutSeeds"));
    m_seeds->setToolTip(tr("One prediction a seed, as branches of the same condition: 1, 2, 3"));
    m_seeds->setAccessibleName(tr("Seeds"));
    m_conditionFrames =
        makeCount(1, 1001, 1, tr("How many frames of a video are given, up to and with the one on the slider"),
                  tr("Given frames"));
    m_previewEvery = makeCount(0, 1000, 1, tr("Decode what the model expects so far after every so many steps"),
                               tr("Preview every"));
    m_previewEvery->setSpecialValueText(tr("never"));
    m_previewEvery->setSuffix(tr(" steps"));
    m_keepSteps = new QCheckBox(tr("Keep the latents of every step"));
    m_keepSteps->setToolTip(tr("In the record, within its memory budget, to look at the prediction as it forms"));
}

void RolloutForm::placeFields()
{
    const auto row = [](std::initializer_list<QWidget*> widgets) {
        auto* box = new QHBoxLayout;
        box->setContentsMargins(0, 0, 0, 0);
        for (QWidget* widget : widgets)
            box->addWidget(widget);
        box->addStretch(1);
        return box;
    };
    auto* form = new QFormLayout(this);
    form->setContentsMargins(2, 2, 8, 2);
    form->setHorizontalSpacing(12);
    form->setVerticalSpacing(6);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->addRow(tr("Frames"), row({m_frames, new QLabel(tr("given")), m_conditionFrames, new QLabel(tr("per second")),
                                    m_framesPerSecond}));
    form->addRow(tr("Steps"), row({m_steps, new QLabel(tr("preview every")), m_previewEvery, new QLabel(tr("guidance")),
                                   m_guidance}));
    form->addRow(tr("Size"), row({m_height, new QLabel(QStringLiteral("×")), m_width}));
    form->addRow(tr("Seeds"), m_seeds);
    form->addRow(m_ownNegative, m_negative);
    form->addRow({}, m_skipText);
    form->addRow({}, m_keepSteps);
}

RolloutRequest RolloutForm::settings() const
{
    RolloutRequest out;
    out.frames = m_frames->value();
    out.steps = m_steps->value();
    if (m_ownNegative->isChecked())
        out.negative = m_negative->text().toStdString();
    out.skipText = m_skipText->isChecked();
    out.guidance = m_guidance->value();
    out.framesPerSecond = m_framesPerSecond->value();
    out.heightPixels = m_height->value();
    out.widthPixels = m_width->value();
    out.previewEvery = m_previewEvery->value();
    const std::vector<std::uint64_t> all = seeds();
    out.seed = all.empty() ? 0 : all.front();
    return out;
}

std::vector<std::uint64_t> RolloutForm::seeds() const
{
    return seedsFromText(m_seeds->text()).value_or(std::vector<std::uint64_t>{});
}

int RolloutForm::conditionFrames() const
{
    return m_conditionFrames->value();
}

bool RolloutForm::keepsSteps() const
{
    return m_keepSteps->isChecked();
}

QString RolloutForm::problem() const
{
    const std::vector<std::uint64_t> all = seeds();
    if (all.empty())
        return tr("Seeds are whole numbers from 0 on, with commas between: 1, 2, 3.");
    if (all.size() > kMostSeeds)
        return tr("At most %1 seeds at once.").arg(kMostSeeds);
    if (m_height->value() % kSizeStep != 0 || m_width->value() % kSizeStep != 0)
        return tr("Height and width must be multiples of %1 pixels.").arg(kSizeStep);
    if (m_conditionFrames->value() >= m_frames->value() && m_frames->value() > 1)
        return tr("All %1 frames are given; ask for more, so that something is left to predict.")
            .arg(m_frames->value());
    return {};
}

void RolloutForm::setSettings(const RolloutRequest& settings)
{
    m_frames->setValue(settings.frames);
    m_steps->setValue(settings.steps);
    m_ownNegative->setChecked(settings.negative.has_value());
    m_negative->setText(QString::fromStdString(settings.negative.value_or(std::string())));
    m_skipText->setChecked(settings.skipText);
    m_guidance->setValue(settings.guidance);
    m_framesPerSecond->setValue(settings.framesPerSecond);
    m_height->setValue(settings.heightPixels);
    m_width->setValue(settings.widthPixels);
    m_previewEvery->setValue(settings.previewEvery);
    m_seeds->setText(QString::number(settings.seed));
}

void RolloutForm::setSeedText(const QString& text)
{
    m_seeds->setText(text);
}

void RolloutForm::setConditionFrames(int frames)
{
    m_conditionFrames->setValue(frames);
}

void RolloutForm::setKeepsSteps(bool keeps)
{
    m_keepSteps->setChecked(keeps);
}

QJsonObject RolloutForm::saveSettings() const
{
    return {{"frames", m_frames->value()},
            {"steps", m_steps->value()},
            {"ownNegative", m_ownNegative->isChecked()},
            {"negative", m_negative->text()},
            {"skipText", m_skipText->isChecked()},
            {"guidance", m_guidance->value()},
            {"framesPerSecond", m_framesPerSecond->value()},
            {"height", m_height->value()},
            {"width", m_width->value()},
            {"seeds", m_seeds->text()},
            {"given", m_conditionFrames->value()},
            {"previewEvery", m_previewEvery->value()},
            {"keepSteps", m_keepSteps->isChecked()}};
}

void RolloutForm::restoreSettings(const QJsonObject& saved)
{
    const auto count = [&saved](const char* key, QSpinBox* box) { box->setValue(saved[key].toInt(box->value())); };
    const auto number = [&saved](const char* key, QDoubleSpinBox* box) {
        box->setValue(saved[key].toDouble(box->value()));
    };
    const auto tick = [&saved](const char* key, QCheckBox* box) {
        box->setChecked(saved[key].toBool(box->isChecked()));
    };
    const auto line = [&saved](const char* key, QLineEdit* edit) { edit->setText(saved[key].toString(edit->text())); };
    count("frames", m_frames);
    count("steps", m_steps);
    tick("ownNegative", m_ownNegative);
    line("negative", m_negative);
    tick("skipText", m_skipText);
    number("guidance", m_guidance);
    number("framesPerSecond", m_framesPerSecond);
    count("height", m_height);
    count("width", m_width);
    line("seeds", m_seeds);
    count("given", m_conditionFrames);
    count("previewEvery", m_previewEvery);
    tick("keepSteps", m_keepSteps);
}

}  // namespace armillary::widgets
