#include "widgets/panels/question_panel.h"

#include "records/setting_names.h"
#include "widgets/cost/budget_bar.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QTextCursor>
#include <QToolButton>
#include <QVBoxLayout>

#include <numeric>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr int kLeastOptions = 140;
constexpr int kFewestOptions = 48;  // of them in a low panel; the rest is scrolled to

// Choices of a setting with a first entry "as the model wants it", whose data is an empty string.
template <class Setting>
QComboBox* makeChoice(const QString& defaultWords, const QString& tip, const QString& name)
{
    auto* box = new QComboBox;
    box->setToolTip(tip);
    box->setAccessibleName(name);
    box->addItem(defaultWords, QString());
    for (const std::string& word : settingNames<Setting>())
        box->addItem(QString::fromStdString(word), QString::fromStdString(word));
    return box;
}

template <class Setting>
std::optional<Setting> chosen(const QComboBox* box)
{
    const std::string word = box->currentData().toString().toStdString();
    return word.empty() ? std::nullopt : settingFromName<Setting>(word);
}

QString fusionExplanation(const std::string& word)
{
    if (word == "none")
        return QuestionPanel::tr("none · plain Gemma");
    if (word == "1")
        return QuestionPanel::tr("1 · world tokens first");
    if (word == "2")
        return QuestionPanel::tr("2 · scattered by hand");
    if (word == "4a")
        return QuestionPanel::tr("4a · one placeholder a token");
    if (word == "4b")
        return QuestionPanel::tr("4b · one token, the mean");
    if (word == "4c")
        return QuestionPanel::tr("4c · numbered placeholders");
    if (word == "5")
        return QuestionPanel::tr("5 · between brackets");
    return QString::fromStdString(word);
}

QDoubleSpinBox* makeFraction(double low, double high, double step, double value, const QString& tip,
                             const QString& name)
{
    auto* box = new QDoubleSpinBox;
    box->setRange(low, high);
    box->setSingleStep(step);
    box->setDecimals(2);
    box->setValue(value);
    box->setToolTip(tip);
    box->setAccessibleName(name);
    return box;
}

QSpinBox* makeCount(int low, int high, int value, const QString& tip, const QString& name)
{
    auto* box = new QSpinBox;
    box->setRange(low, high);
    box->setValue(value);
    box->setToolTip(tip);
    box->setAccessibleName(name);
    return box;
}

}  // namespace

bool QuestionTextEdit::canInsertFromMimeData(const QMimeData* source) const
{
    return source->hasImage() || source->hasUrls() || QPlainTextEdit::canInsertFromMimeData(source);
}

void QuestionTextEdit::insertFromMimeData(const QMimeData* source)
{
    if (source->hasImage() || source->hasUrls())
        Q_EMIT mediaInserted(source);
    else
        QPlainTextEdit::insertFromMimeData(source);
}

QuestionPanel::QuestionPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("question"), tr("Question"), context, parent)
{
    m_text = new QuestionTextEdit;
    m_text->setObjectName(QStringLiteral("questionText"));
    m_text->setPlaceholderText(tr("Ask about what is ticked under Media …"));
    m_text->setAccessibleName(tr("Question"));
    m_text->setTabChangesFocus(true);
    m_text->setMinimumHeight(fontMetrics().height() * 2 + 16);

    m_ask = new QPushButton(tr("Ask"));
    m_ask->setObjectName(QStringLiteral("askButton"));
    m_ask->setProperty("primary", true);
    m_stop = new QPushButton(tr("Stop"));
    m_stop->setObjectName(QStringLiteral("stopButton"));
    m_newConversation = new QPushButton(tr("New"));
    m_newConversation->setAccessibleName(tr("New conversation"));
    m_optionsButton = new QToolButton;
    m_optionsButton->setText(tr("Options"));
    m_optionsButton->setCheckable(true);
    m_optionsButton->setArrowType(Qt::RightArrow);
    m_optionsButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_optionsButton->setAutoRaise(true);
    m_optionsButton->setToolTip(tr("System prompt, sampling, how the world tokens come in"));
    m_obstacle = new QLabel;
    m_obstacle->setProperty("role", "muted");
    m_obstacle->setWordWrap(true);
    m_obstacle->hide();

    m_options = new QScrollArea;
    m_options->setWidgetResizable(true);
    m_options->setFrameShape(QFrame::NoFrame);
    m_options->setWidget(makeOptions());
    m_options->setMinimumHeight(kFewestOptions);
    m_options->hide();

    auto* tools = new QHBoxLayout;
    tools->setSpacing(6);
    tools->addWidget(m_optionsButton);
    m_examplesButton = makeExamplesButton();
    tools->addWidget(m_examplesButton);
    tools->addStretch(1);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(m_newConversation);
    buttons->addStretch(1);
    buttons->addWidget(m_stop);
    buttons->addWidget(m_ask);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 10, 12, 12);
    column->setSpacing(8);
    column->addWidget(m_text, 1);
    column->addLayout(tools);
    column->addWidget(m_options, 3);
    m_budget = new BudgetBar;
    column->addWidget(m_budget);
    column->addWidget(m_obstacle);
    column->addLayout(buttons);

    announceDrafts();
    connect(m_text, &QuestionTextEdit::mediaInserted, this, &QuestionPanel::mediaInserted);
    connect(m_optionsButton, &QToolButton::toggled, this, &QuestionPanel::showOptions);
}

void QuestionPanel::announceDrafts()
{
    for (const QPlainTextEdit* text : {static_cast<QPlainTextEdit*>(m_text), m_system})
        connect(text, &QPlainTextEdit::textChanged, this, &QuestionPanel::draftChanged);
    for (const QSpinBox* box : {m_maxNewTokens, m_clipFrames, m_worldHeight, m_worldWidth})
        connect(box, &QSpinBox::valueChanged, this, &QuestionPanel::draftChanged);
    for (const QComboBox* box : {m_worldSource, m_fusion})
        connect(box, &QComboBox::currentIndexChanged, this, &QuestionPanel::draftChanged);
    connect(m_panAndScan, &QCheckBox::toggled, this, &QuestionPanel::draftChanged);
    for (const QAction* action : m_keep->menu()->actions())
        connect(action, &QAction::toggled, this, &QuestionPanel::draftChanged);
}

void QuestionPanel::showBudget(const std::shared_ptr<const TokenBudget>& budget, const QString& problem)
{
    m_budget->setBudget(budget, problem);
    fit();
}

std::array<int, 3> QuestionPanel::wantedHeights() const
{
    const int spacing = layout()->spacing();
    return {m_optionsButton->sizeHint().height() + spacing, m_optionsButton->isChecked() ? kLeastOptions + spacing : 0,
            m_budget->words().isEmpty() ? 0 : m_budget->sizeHint().height() + spacing};
}

int QuestionPanel::leastHeight() const
{
    const int spacing = layout()->spacing();
    const QMargins around = layout()->contentsMargins();
    int height = around.top() + around.bottom() + m_text->minimumHeight() + spacing + m_ask->sizeHint().height();
    if (!m_obstacle->isHidden())
        height += m_obstacle->heightForWidth(width() - around.left() - around.right()) + spacing;
    return height;
}

void QuestionPanel::fit()
{
    // In a low panel the text and the buttons stay; the rest comes as there is room for it.
    const auto [tools, options, budget] = wantedHeights();
    int room = height() - leastHeight();
    const auto take = [&room](int height) {
        const bool isShown = height > 0 && room >= height;
        room -= isShown ? height : 0;
        return isShown;
    };
    const bool hasTools = take(tools);
    m_optionsButton->setVisible(hasTools);
    m_examplesButton->setVisible(hasTools);
    m_options->setVisible(options > 0 && room >= kFewestOptions);
    room -= options;
    m_budget->setVisible(take(budget));
    if (const int wanted = minimumSizeHint().height(); wanted != std::exchange(m_wantedHeight, wanted))
        updateGeometry();
}

QSize QuestionPanel::minimumSizeHint() const
{
    const auto wanted = wantedHeights();
    return {Panel::minimumSizeHint().width(), leastHeight() + std::accumulate(wanted.begin(), wanted.end(), 0)};
}

void QuestionPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    fit();
}

QWidget* QuestionPanel::makeOptions()
{
    m_system = new QPlainTextEdit;
    m_system->setAccessibleName(tr("System prompt"));
    m_system->setPlaceholderText(tr("none"));
    m_system->setTabChangesFocus(true);
    m_system->setFixedHeight(fontMetrics().height() * 2 + 18);
    m_system->setToolTip(tr("Put before the first question, as Gemma's template does it"));
    m_maxNewTokens =
        makeCount(1, 100'000, 128, tr("The answer ends after so many tokens at the latest"), tr("New tokens"));
    m_temperature = makeFraction(0, 4, 0.1, 0, tr("0 always takes the likeliest token; more makes answers vary"),
                                 tr("Temperature"));
    m_temperature->setSpecialValueText(tr("0 (greedy)"));
    m_topK = makeCount(0, 10'000, 0, tr("Draw among so many of the likeliest tokens; 0 = all"), tr("Top k"));
    m_topK->setSpecialValueText(tr("off"));
    m_topP = makeFraction(0.01, 1, 0.05, 1, tr("Draw among the likeliest tokens that hold this share; 1 = all"),
                          tr("Top p"));
    m_minP =
        makeFraction(0, 1, 0.05, 0, tr("Drop tokens below this share of the likeliest one's probability"), tr("Min p"));
    m_minP->setSpecialValueText(tr("off"));
    m_seed = makeCount(0, 2'000'000'000, 0, tr("The same seed draws the same answer"), tr("Seed"));
    m_ignoreEos = new QCheckBox(tr("Go on after the end mark"));
    m_ignoreEos->setToolTip(tr("Decode all new tokens, even when the model has ended its answer"));
    m_panAndScan = new QCheckBox(tr("Pan and scan"));
    m_panAndScan->setToolTip(tr("Also show crops of long pictures, as Gemma's processor can"));
    m_worldSource = new QComboBox;
    m_worldSource->setAccessibleName(tr("World tokens from"));
    m_worldSource->setToolTip(
        tr("What the world tokens stand for: the picture that is asked about, the clip up to it, or what the "
           "world model has predicted under Rollout"));
    const std::pair<WorldSource, QString> sources[] = {{WorldSource::Still, tr("the picture")},
                                                       {WorldSource::Clip, tr("the clip")},
                                                       {WorldSource::Rollout, tr("the predicted future")}};
    for (const auto& [source, sourceWords] : sources)
        m_worldSource->addItem(sourceWords, QString::fromStdString(std::string(nameOf(source))));
    m_clipFrames =
        makeCount(2, 1001, 9, tr("How many frames of a video, up to the one on the slider"), tr("Frames of the clip"));
    m_clipFrames->setSuffix(tr(" frames"));
    m_clipFrames->setEnabled(false);
    connect(m_worldSource, &QComboBox::currentIndexChanged, this, [this] {
        m_clipFrames->setEnabled(chosen<WorldSource>(m_worldSource) == WorldSource::Clip);
        Q_EMIT worldSourceChanged();
    });
    auto* source = new QWidget;
    auto* sourceRow = new QHBoxLayout(source);
    sourceRow->setContentsMargins(0, 0, 0, 0);
    sourceRow->addWidget(m_worldSource, 1);
    sourceRow->addWidget(m_clipFrames);
    m_fusion = makeChoice<FusionOption>(tr("as the model was made"), tr("How world tokens come into the sequence"),
                                        tr("Fusion"));
    for (int i = 1; i < m_fusion->count(); ++i)
        m_fusion->setItemText(i, fusionExplanation(m_fusion->itemData(i).toString().toStdString()));
    m_imageAttention =
        makeChoice<ImageAttention>(tr("as the model was made"), tr("Whether image tokens see each other both ways"),
                                   tr("Image attention"));
    m_pixelRange = makeChoice<PixelRange>(tr("as the checkpoint says"),
                                          tr("The numbers the world model's encoder sees"), tr("Pixel range"));
    m_latentScale = makeChoice<LatentScale>(tr("raw"), tr("Whether latents are normalised before they are projected"),
                                            tr("Latent scale"));
    m_latentScale->removeItem(m_latentScale->findData(QString::fromStdString(std::string(nameOf(LatentScale::Raw)))));
    m_worldFormat =
        makeChoice<NumberFormat>(tr("as loaded"), tr("Number format of the world model's encoder and projector"),
                                 tr("World format"));
    m_worldFormat->removeItem(m_worldFormat->findData(QString::fromStdString(std::string(nameOf(NumberFormat::Auto)))));
    const QString sizeTip = tr("What the world model's encoder sees, in pixels: more pixels, more world tokens");
    m_worldHeight = makeCount(0, 2048, 0, sizeTip, tr("World height in pixels"));
    m_worldWidth = makeCount(0, 2048, 0, sizeTip, tr("World width in pixels"));
    for (QSpinBox* side : {m_worldHeight, m_worldWidth}) {
        side->setSingleStep(16);
        side->setSpecialValueText(tr("default"));
        side->setSuffix(tr(" px"));
    }
    auto* size = new QWidget;
    auto* sizeRow = new QHBoxLayout(size);
    sizeRow->setContentsMargins(0, 0, 0, 0);
    sizeRow->addWidget(m_worldHeight);
    sizeRow->addWidget(new QLabel(QStringLiteral("×")));
    sizeRow->addWidget(m_worldWidth);
    sizeRow->addStretch(1);

    makeKeepChoice();
    auto* page = new QWidget;
    auto* form = new QFormLayout(page);
    form->setContentsMargins(2, 2, 8, 2);
    form->setHorizontalSpacing(7);
    form->setVerticalSpacing(6);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    form->addRow(tr("System prompt"), m_system);
    form->addRow(tr("New tokens"), m_maxNewTokens);
    form->addRow(tr("Temperature"), m_temperature);
    form->addRow(tr("Seed"), m_seed);
    form->addRow(tr("Top k"), m_topK);
    form->addRow(tr("Top p"), m_topP);
    form->addRow(tr("Min p"), m_minP);
    form->addRow({}, m_ignoreEos);
    form->addRow({}, m_panAndScan);
    form->addRow(tr("World tokens"), source);
    form->addRow(tr("Fusion"), m_fusion);
    form->addRow(tr("Image attention"), m_imageAttention);
    form->addRow(tr("World size"), size);
    form->addRow(tr("Pixel range"), m_pixelRange);
    form->addRow(tr("Latent scale"), m_latentScale);
    form->addRow(tr("World format"), m_worldFormat);
    form->addRow(tr("Keep"), m_keep);
    return page;
}

void QuestionPanel::makeKeepChoice()
{
    m_keep = new QToolButton;
    m_keep->setObjectName(QStringLiteral("keepChoice"));
    m_keep->setAccessibleName(tr("Kept in the record"));
    m_keep->setToolTip(
        tr("What the record holds beside the usual, for panels that read it later: logits for the lens, qkv for "
           "attention of any position, hidden for layers of embeddings"));
    m_keep->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(m_keep);
    for (const std::string& part : settingNames<Capture>()) {
        QAction* action = menu->addAction(QString::fromStdString(part), this, &QuestionPanel::showKept);
        action->setCheckable(true);
    }
    m_keep->setMenu(menu);
    showKept();
}

void QuestionPanel::showKept()
{
    const QStringList parts = kept();
    m_keep->setText(parts.isEmpty() ? tr("the usual") : tr("also %1").arg(parts.join(QStringLiteral(", "))));
}

QStringList QuestionPanel::kept() const
{
    QStringList out;
    for (const QAction* action : m_keep->menu()->actions()) {
        if (action->isChecked())
            out << action->text();
    }
    return out;
}

QToolButton* QuestionPanel::makeExamplesButton()
{
    auto* button = new QToolButton;
    button->setText(tr("Examples"));
    button->setAutoRaise(true);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setToolTip(tr("Questions to start from"));
    auto* menu = new QMenu(button);
    QFile file(QStringLiteral(":/prompts.json"));
    if (file.open(QIODevice::ReadOnly)) {
        const QJsonArray prompts = QJsonDocument::fromJson(file.readAll()).array();
        for (const QJsonValue& prompt : prompts)
            menu->addAction(prompt.toString(), this, [this, text = prompt.toString()] { setQuestionText(text); });
    }
    button->setMenu(menu);
    button->setEnabled(!menu->isEmpty());
    return button;
}

void QuestionPanel::showOptions(bool shown)
{
    m_optionsButton->setArrowType(shown ? Qt::DownArrow : Qt::RightArrow);
    fit();
}

void QuestionPanel::setActions(QAction* ask, QAction* stop, QAction* newConversation)
{
    const auto tie = [](QPushButton* button, QAction* action) {
        button->setToolTip(action->toolTip());
        button->setEnabled(action->isEnabled());
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        connect(action, &QAction::changed, button, [button, action] { button->setEnabled(action->isEnabled()); });
    };
    tie(m_ask, ask);
    tie(m_stop, stop);
    tie(m_newConversation, newConversation);
}

void QuestionPanel::setObstacle(const QString& sentence)
{
    m_obstacle->setText(sentence);
    m_obstacle->setVisible(!sentence.isEmpty());
    fit();
}

void QuestionPanel::showState()
{
    m_ask->setText(run().state() == RunState::Running ? tr("Ask next") : tr("Ask"));
}

QString QuestionPanel::questionText() const
{
    return m_text->toPlainText();
}

void QuestionPanel::setQuestionText(const QString& text)
{
    m_text->setPlainText(text);
    m_text->moveCursor(QTextCursor::End);
    m_text->setFocus();
}

Question QuestionPanel::settings() const
{
    Question out;
    out.systemPrompt = m_system->toPlainText().trimmed().toStdString();
    out.panAndScan = m_panAndScan->isChecked();
    out.imageAttention = chosen<ImageAttention>(m_imageAttention);
    out.world.source = chosen<WorldSource>(m_worldSource).value_or(WorldSource::Still);
    out.world.fusion = chosen<FusionOption>(m_fusion);
    out.world.pixelRange = chosen<PixelRange>(m_pixelRange);
    out.world.latentScale = chosen<LatentScale>(m_latentScale);
    out.world.format = chosen<NumberFormat>(m_worldFormat).value_or(NumberFormat::Auto);
    if (m_worldHeight->value() > 0)
        out.world.heightPixels = m_worldHeight->value();
    if (m_worldWidth->value() > 0)
        out.world.widthPixels = m_worldWidth->value();
    out.sampling.maxNewTokens = m_maxNewTokens->value();
    out.sampling.temperature = m_temperature->value();
    out.sampling.topK = m_topK->value();
    out.sampling.topP = m_topP->value();
    out.sampling.minP = m_minP->value();
    out.sampling.seed = static_cast<std::uint64_t>(m_seed->value());
    out.sampling.ignoreEos = m_ignoreEos->isChecked();
    for (const QString& part : kept())
        out.capture.parts.insert(*settingFromName<Capture>(part.toStdString()));
    return out;
}

int QuestionPanel::clipFrames() const
{
    return chosen<WorldSource>(m_worldSource) == WorldSource::Clip ? m_clipFrames->value() : 1;
}

QJsonObject QuestionPanel::saveSettings() const
{
    return {{"system", m_system->toPlainText()},
            {"maxNewTokens", m_maxNewTokens->value()},
            {"temperature", m_temperature->value()},
            {"topK", m_topK->value()},
            {"topP", m_topP->value()},
            {"minP", m_minP->value()},
            {"seed", m_seed->value()},
            {"ignoreEos", m_ignoreEos->isChecked()},
            {"panAndScan", m_panAndScan->isChecked()},
            {"worldSource", m_worldSource->currentData().toString()},
            {"clipFrames", m_clipFrames->value()},
            {"fusion", m_fusion->currentData().toString()},
            {"imageAttention", m_imageAttention->currentData().toString()},
            {"pixelRange", m_pixelRange->currentData().toString()},
            {"latentScale", m_latentScale->currentData().toString()},
            {"worldFormat", m_worldFormat->currentData().toString()},
            {"worldHeight", m_worldHeight->value()},
            {"worldWidth", m_worldWidth->value()},
            {"keep", QJsonArray::fromStringList(kept())},
            {"optionsShown", m_optionsButton->isChecked()}};
}

void QuestionPanel::restoreSettings(const QJsonObject& saved)
{
    const auto count = [&saved](const char* key, QSpinBox* box) { box->setValue(saved[key].toInt(box->value())); };
    const auto fraction = [&saved](const char* key, QDoubleSpinBox* box) {
        box->setValue(saved[key].toDouble(box->value()));
    };
    const auto tick = [&saved](const char* key, QCheckBox* box) {
        box->setChecked(saved[key].toBool(box->isChecked()));
    };
    const auto choice = [&saved](const char* key, QComboBox* box) {
        const int at = box->findData(saved[key].toString());
        if (at >= 0)
            box->setCurrentIndex(at);
    };
    m_system->setPlainText(saved["system"].toString(m_system->toPlainText()));
    count("maxNewTokens", m_maxNewTokens);
    fraction("temperature", m_temperature);
    count("topK", m_topK);
    fraction("topP", m_topP);
    fraction("minP", m_minP);
    count("seed", m_seed);
    tick("ignoreEos", m_ignoreEos);
    tick("panAndScan", m_panAndScan);
    choice("worldSource", m_worldSource);
    count("clipFrames", m_clipFrames);
    choice("fusion", m_fusion);
    choice("imageAttention", m_imageAttention);
    choice("pixelRange", m_pixelRange);
    choice("latentScale", m_latentScale);
    choice("worldFormat", m_worldFormat);
    count("worldHeight", m_worldHeight);
    count("worldWidth", m_worldWidth);
    if (saved.contains("keep")) {
        for (QAction* action : m_keep->menu()->actions())
            action->setChecked(saved["keep"].toArray().contains(action->text()));
        showKept();
    }
    m_optionsButton->setChecked(saved["optionsShown"].toBool(m_optionsButton->isChecked()));
}

}  // namespace armillary::widgets
