#include "widgets/panels/inputs_panel.h"

#include "inspect/input_ranges.h"
#include "records/shown_media.h"
#include "widgets/canvas/inputs_canvas.h"
#include "widgets/flow_row.h"
#include "widgets/hint_page.h"
#include "widgets/local_action.h"
#include "widgets/overlay/overlay_legend.h"
#include "widgets/rollout/shown_rollout.h"
#include "widgets/token_description.h"

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

QString numberWords(double value)
{
    return QString::number(value, 'g', 3).replace(QLatin1Char('-'), QChar(0x2212));
}

// "(x/255 − 0.5) / 0.5": how levels became values; of red where the channels differ.
QString scaleWords(const inspect::PixelScale& scale)
{
    const double divisor = 1 / scale.rescale[0];
    const bool isPlain = std::abs(divisor - 1) < 1e-9;
    if (isPlain && scale.mean == std::array<double, 3>{} && scale.deviation == std::array<double, 3>{1, 1, 1})
        return InputsPanel::tr("levels as they are");
    QString words = isPlain ? QStringLiteral("x") : QStringLiteral("x/%1").arg(divisor, 0, 'g', 4);
    if (scale.mean[0] != 0)
        words = QStringLiteral("(%1 %2 %3)").arg(words, QChar(0x2212), numberWords(scale.mean[0]));
    if (scale.deviation[0] != 1)
        words += QStringLiteral(" / %1").arg(numberWords(scale.deviation[0]));
    const auto differs = [](const std::array<double, 3>& numbers) {
        return numbers[1] != numbers[0] || numbers[2] != numbers[0];
    };
    if (differs(scale.mean) || differs(scale.deviation))
        words += InputsPanel::tr(" (red)");
    return words;
}

QString rangeWords(const inspect::InputView& view)
{
    QString words =
        QStringLiteral("%1 %2 %3, ").arg(numberWords(view.all.lowest), QChar(0x2026), numberWords(view.all.highest)) +
        InputsPanel::tr("mean %1").arg(numberWords(view.all.mean));
    if (view.largestError > 0)
        words += InputsPanel::tr(", kept within %1").arg(numberWords(view.largestError));
    return words;
}

}  // namespace

InputsPanel::InputsPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("inputs"), tr("Model inputs"), context, parent)
{
    m_canvas = new InputsCanvas(run(), selection(), overlays());
    m_canvas->setValueWords([this](int card, int row, int column) { return valueWords(card, row, column); });
    m_legend = new OverlayLegend(overlays(), OverlayLegend::Form::OneLine);
    m_view = new QComboBox;
    m_view->addItem(tr("All inputs"), Everything);
    m_view->addItem(tr("Vision encoder"), VisionEncoder);
    m_view->addItem(tr("Video autoencoder"), Autoencoder);
    m_view->setAccessibleName(tr("Whose inputs"));
    m_view->setToolTip(tr("The pictures of the vision encoder, of the video autoencoder, or of both (W)"));
    m_solo = new QToolButton;
    m_solo->setText(tr("One at a time"));
    m_solo->setCheckable(true);
    m_solo->setAccessibleName(tr("One input at a time, beside its source"));
    m_solo->setToolTip(
        tr("One input large, beside the part of the source that it was made of (Enter, or a double click)"));
    m_summary = new QLabel;
    m_summary->setProperty("role", "muted");
    m_summary->setWordWrap(true);
    m_summary->setContentsMargins(10, 0, 10, 0);
    m_marks =
        new QLabel(tr("▢ pixels that the token was made of    ⌜⌟ the same place in a picture that it was not made of"));
    m_marks->setProperty("role", "muted");
    m_marks->setContentsMargins(10, 0, 10, 3);
    m_marks->setWordWrap(true);
    m_marks->setToolTip(m_marks->text() + QLatin1Char('\n') +
                        tr("By attention and convolutions a token reads beyond its own pixels too."));

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* header = new QWidget;
    auto* head = new FlowRow(header);
    head->setContentsMargins(8, 4, 8, 0);
    head->addWidget(m_view);
    head->addWidget(m_solo);
    column->addWidget(header);
    column->addWidget(m_summary);
    column->addWidget(m_canvas, 1);
    column->addWidget(m_legend);
    column->addWidget(m_marks);
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(shown);
    makeHints();

    makeActions();
    connect(m_view, &QComboBox::currentIndexChanged, this, [this] {
        m_canvas->setSolo(std::nullopt);
        fillCards();
    });
    connect(m_solo, &QToolButton::clicked, this,
            [this](bool wanted) { setSolo(wanted ? std::optional(0) : std::nullopt); });
    connect(m_canvas, &InputsCanvas::soloWanted, this,
            [this](int card) { setSolo(m_canvas->solo() ? std::nullopt : std::optional(card)); });
    connect(&m_pictures, &InputPictures::inputReady, this,
            [this](int index, const QImage& picture, const inspect::InputView& view) {
                Entry& entry = m_entries[static_cast<std::size_t>(index)];
                entry.picture = picture;
                entry.view = view;
                --m_waiting;
                for (std::size_t card = 0; card < m_places.size(); ++card) {
                    if (!m_places[card].isOriginal && m_places[card].index == static_cast<std::size_t>(index))
                        showCard(card);
                }
            });
    connect(&m_pictures, &InputPictures::originalReady, this, [this](int index, const QImage& picture) {
        m_originals[static_cast<std::size_t>(index)].picture = picture;
        --m_waiting;
        for (std::size_t card = 0; card < m_places.size(); ++card)
            showCard(card);
    });
    connect(this, &Panel::lockedChanged, this, &InputsPanel::freeze);
    takeRecord();
}

void InputsPanel::makeActions()
{
    addLocalAction(this, tr("Inputs of another model part"), {Qt::Key_W},
                   tr("Vision encoder, video autoencoder or both (W)"),
                   [this] { m_view->setCurrentIndex((m_view->currentIndex() + 1) % m_view->count()); });
    addLocalAction(this, tr("One input at a time"), {Qt::Key_Return, Qt::Key_Enter},
                   tr("One input large beside its source, or all (Enter)"), [this] { m_solo->click(); });
    addLocalAction(this, tr("Next input"), {Qt::Key_Right}, tr("The next input, large (→)"), [this] { step(1); });
    addLocalAction(this, tr("Previous input"), {Qt::Key_Left}, tr("The input before, large (←)"), [this] { step(-1); });
    addLocalAction(this, tr("Larger inputs"), {Qt::Key_Plus}, tr("Zoom in (+, or Ctrl+wheel)"),
                   [this] { m_canvas->zoomBy(1); });
    addLocalAction(this, tr("Smaller inputs"), {Qt::Key_Minus}, tr("Zoom out (−, or Ctrl+wheel)"),
                   [this] { m_canvas->zoomBy(-1); });
    addLocalAction(this, tr("Fit the inputs"), {Qt::Key_F}, tr("All inputs as large as they fit (F)"), [this] {
        setSolo(std::nullopt);
        m_canvas->zoomToFit();
    });
}

bool InputsPanel::hasInputs() const
{
    return m_pages->currentIndex() == 0;
}

std::size_t InputsPanel::originalOf(int media, int frame, const Image& image, bool isStill)
{
    for (std::size_t i = 0; i < m_originals.size(); ++i) {
        if (m_originals[i].media == media && m_originals[i].frame == frame && m_originals[i].isStill == isStill)
            return i;
    }
    m_originals.push_back({media, frame, image, {}, isStill});
    return m_originals.size() - 1;
}

void InputsPanel::takeRecord()
{
    m_record = shownRun().record();
    m_entries.clear();
    m_originals.clear();
    m_pictures.forget();
    m_waiting = 0;
    m_canvas->refresh();
    if (m_record) {
        const Question& question = m_record->question;
        const bool isPredicted = question.world.source == WorldSource::Rollout || question.media.empty();
        const Clip* condition = isPredicted ? conditionOf(question) : nullptr;
        for (inspect::ModelInput& input : inspect::modelInputs(*m_record)) {
            Entry entry;
            entry.input = std::move(input);
            const int media = entry.input.media;
            const bool isFrame = entry.input.reader == inspect::InputReader::VideoAutoencoder;
            const Clip* clip = nullptr;
            int first = 0;
            if (isFrame && condition != nullptr) {
                clip = condition;
                // A longer clip gives its last frames.
                first = std::max(0, static_cast<int>(clip->frames.size()) - question.world.rollout->frames);
            } else if (isFrame && question.world.source != WorldSource::Still &&
                       media < static_cast<int>(question.media.size())) {
                clip = &question.media[static_cast<std::size_t>(media)];
            }
            const int frame = first + entry.input.index;
            if (clip != nullptr && frame < static_cast<int>(clip->frames.size()))
                entry.original = originalOf(media, frame, clip->frames[static_cast<std::size_t>(frame)], false);
            else if (const Image still = stillImage(question, media); !still.empty() && clip == nullptr)
                entry.original = originalOf(media, 0, still, true);
            m_entries.push_back(std::move(entry));
        }
    }
    m_pages->setCurrentIndex(m_entries.empty() ? 1 + static_cast<int>(hint()) : 0);
    if (m_entries.empty()) {
        m_places.clear();
        m_canvas->setCards({});
        return;
    }
    std::vector<inspect::ModelInput> inputs;
    for (const Entry& entry : m_entries)
        inputs.push_back(entry.input);
    std::vector<Image> originals;
    for (const Original& original : m_originals)
        originals.push_back(original.image);
    m_waiting = static_cast<int>(inputs.size() + originals.size());
    fillCards();
    m_pictures.read(m_record, inputs, originals);
}

void InputsPanel::makeHints()
{
    // In the order of Hint.
    for (const auto& [title, text] :
         {std::pair(tr("What the model sees appears here"),
                    tr("Ask a question about a picture or a clip, or choose a run at the left. Its record keeps the "
                       "pictures that the vision encoder and the video autoencoder read.")),
          std::pair(tr("The run is still going on"), tr("What the model saw comes with its finished record.")),
          std::pair(tr("This run failed before it left a record"), tr("The messages below say why.")),
          std::pair(tr("This run saw no picture"), tr("Its question is text alone.")),
          std::pair(tr("This record keeps no model inputs"),
                    tr("It was written before records kept them, and made-up ones would not be what the model read. "
                       "Ask the question again to see them."))}) {
        m_pages->addWidget(new HintPage(title, text, {}));
    }
}

InputsPanel::Hint InputsPanel::hint() const
{
    const ShownRun& shown = shownRun();
    if (shown.question() == nullptr)
        return Hint::NothingAsked;
    if (shown.state() == RunState::Running)
        return Hint::Running;
    if (shown.state() == RunState::Failed)
        return Hint::Failed;
    return shown.question()->media.empty() ? Hint::NoPicture : Hint::OldRecord;
}

InputCard InputsPanel::cardFrom(const Original& original) const
{
    InputCard card;
    card.kind = InputCard::Kind::Original;
    card.media = original.media;
    card.index = original.frame;
    card.widthPixels = original.image.width();
    card.heightPixels = original.image.height();
    card.title = tr("Original %1×%2").arg(card.widthPixels).arg(card.heightPixels);
    card.range = mediaName(m_record->question, original.media);
    card.normalisation = tr("levels 0 … 255");
    card.picture = original.picture;
    return card;
}

InputCard InputsPanel::cardFrom(const Entry& entry) const
{
    const inspect::ModelInput& input = entry.input;
    InputCard card;
    const bool isFrame = input.reader == inspect::InputReader::VideoAutoencoder;
    card.kind = isFrame ? InputCard::Kind::Frame : InputCard::Kind::Encoder;
    card.media = input.media;
    card.index = input.index;
    card.latentFrame = isFrame ? latentFrameFromFrame(input.index) : -1;
    card.widthPixels = input.widthPixels;
    card.heightPixels = input.heightPixels;
    card.covers = input.covers;
    card.picture = entry.picture;
    QString name;
    if (isFrame) {
        name = tr("VAE %1 → t%2").arg(input.index).arg(card.latentFrame);
    } else {
        const TokenLayout* layout = shownRun().layout();
        name = input.index == 0 ? tr("Encoder, whole") : tr("Encoder, crop %1").arg(input.index);
        for (const TokenGrid& grid : layout != nullptr ? layout->grids : std::vector<TokenGrid>()) {
            const bool isThis = grid.kind == TokenKind::Image && grid.media == input.media && grid.crop == input.index;
            if (isThis && grid.tileRow >= 0)
                name = tr("Encoder, tile r%1c%2").arg(grid.tileRow + 1).arg(grid.tileColumn + 1);
        }
    }
    card.title = tr("%1  %2×%3").arg(name).arg(input.widthPixels).arg(input.heightPixels);
    card.range = entry.view ? rangeWords(*entry.view) : tr("reading …");
    card.normalisation = input.scale ? scaleWords(*input.scale) : tr("normalisation not recorded");
    if (entry.original) {
        const Original& original = m_originals[*entry.original];
        card.original = original.picture;
        card.originalAspect = static_cast<double>(original.image.width()) / std::max(1, original.image.height());
    }
    return card;
}

void InputsPanel::fillCards()
{
    const auto view = static_cast<View>(m_view->currentData().toInt());
    m_places.clear();
    std::vector<InputCard> cards;
    for (std::size_t i = 0; i < m_originals.size(); ++i) {
        if (m_originals[i].isStill) {
            m_places.push_back({true, i});
            cards.push_back(cardFrom(m_originals[i]));
        }
    }
    int encoder = 0;
    int frames = 0;
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const bool isFrame = m_entries[i].input.reader == inspect::InputReader::VideoAutoencoder;
        (isFrame ? frames : encoder) += 1;
        if ((isFrame && view == VisionEncoder) || (!isFrame && view == Autoencoder))
            continue;
        m_places.push_back({false, i});
        cards.push_back(cardFrom(m_entries[i]));
    }
    QStringList words;
    if (encoder > 0)
        words << (encoder == 1 ? tr("encoder: 1 picture") : tr("encoder: %1 pictures").arg(encoder));
    if (frames > 0)
        words << (frames == 1 ? tr("autoencoder: 1 frame") : tr("autoencoder: %1 frames").arg(frames));
    m_summary->setText(words.join(QStringLiteral("  ·  ")));
    m_summary->setToolTip(tr("As the record keeps them: what the models were given, after every resize and crop"));
    m_canvas->setCards(std::move(cards));
    if (m_wantedSolo)
        m_canvas->setSolo(m_wantedSolo);
    m_solo->setChecked(m_canvas->solo().has_value());
}

void InputsPanel::showCard(std::size_t card)
{
    const Place& place = m_places[card];
    m_canvas->setCard(static_cast<int>(card),
                      place.isOriginal ? cardFrom(m_originals[place.index]) : cardFrom(m_entries[place.index]));
}

QString InputsPanel::valueWords(int card, int row, int column) const
{
    const Place& place = m_places[static_cast<std::size_t>(card)];
    std::array<double, 3> values{};
    if (place.isOriginal) {
        const Image& image = m_originals[place.index].image;
        const std::size_t at = (static_cast<std::size_t>(row) * static_cast<std::size_t>(image.width()) +
                                static_cast<std::size_t>(column)) *
                               3;
        for (std::size_t channel = 0; channel < 3; ++channel)
            values[channel] = image.rgb()[at + channel];
    } else {
        for (int channel = 0; channel < 3; ++channel)
            values[static_cast<std::size_t>(channel)] =
                inspect::inputValue(*m_record, m_entries[place.index].input, row, column, channel);
    }
    const auto words = [](double value) {
        return QString::number(value, 'g', 6).replace(QLatin1Char('-'), QChar(0x2212));
    };
    return tr("R %1  G %2  B %3").arg(words(values[0]), words(values[1]), words(values[2]));
}

void InputsPanel::setSolo(std::optional<int> card)
{
    m_wantedSolo.reset();
    // The source alone is no input: the first that was made of it.
    if (card && m_places.size() > 1 && m_places[static_cast<std::size_t>(*card)].isOriginal && *card == 0)
        card = static_cast<int>(
            std::find_if(m_places.begin(), m_places.end(), [](const Place& place) { return !place.isOriginal; }) -
            m_places.begin());
    m_canvas->setSolo(card);
    m_solo->setChecked(m_canvas->solo().has_value());
}

void InputsPanel::step(int by)
{
    const auto count = static_cast<int>(m_places.size());
    if (count == 0)
        return;
    const int now = m_canvas->solo().value_or(by > 0 ? -1 : count);
    m_wantedSolo.reset();
    m_canvas->setSolo(std::clamp(now + by, 0, count - 1));
    m_solo->setChecked(true);
}

void InputsPanel::showRun()
{
    takeRecord();
}

void InputsPanel::showState()
{
    // More of the same record does not bring other inputs, but another record object does.
    if (m_entries.empty() || shownRun().record() != m_record)
        takeRecord();
}

void InputsPanel::showSelection()
{
    m_canvas->update();
}

void InputsPanel::showOverlays()
{
    m_legend->refresh();
    m_canvas->update();
}

QJsonObject InputsPanel::saveView() const
{
    return {{QStringLiteral("view"), m_view->currentData().toInt()},
            {QStringLiteral("solo"), m_canvas->solo().value_or(-1)}};
}

void InputsPanel::restoreView(const QJsonObject& view)
{
    if (const int index = m_view->findData(view[QStringLiteral("view")].toInt()); index >= 0)
        m_view->setCurrentIndex(index);
    const int solo = view[QStringLiteral("solo")].toInt(-1);
    m_wantedSolo = solo >= 0 ? std::optional(solo) : std::nullopt;
    m_canvas->setSolo(m_wantedSolo);
    m_solo->setChecked(m_canvas->solo().has_value());
}

QString InputsPanel::caption() const
{
    const OverlayStack::Entry* top = shownOverlays().top();
    return QStringList{Panel::caption() + QLatin1Char('.'),
                       tr("What the models were given (%1).").arg(m_summary->text()),
                       top != nullptr ? layerWords(top->layer) : QString()}
        .join(QLatin1Char(' '))
        .trimmed();
}

std::optional<AnalysisResult> InputsPanel::viewData() const
{
    if (m_entries.empty())
        return std::nullopt;
    AnalysisResult out;
    out.request.name = "model-inputs";
    std::vector<inspect::ModelInput> inputs;
    std::vector<std::optional<inspect::InputView>> views;
    for (const Entry& entry : m_entries) {
        inputs.push_back(entry.input);
        views.push_back(entry.view);
    }
    out.tables.push_back(inspect::inputTable(inputs, views));
    out.cautions.emplace_back("value = (level * rescale - subtracted) / divisor; levels are 0 ... 255");
    return out;
}

void InputsPanel::freeze(bool locked)
{
    m_frozen = locked ? frozenView(run(), overlays()) : nullptr;
    m_canvas->setSources(shownRun(), shownOverlays());
    m_legend->setOverlays(shownOverlays());
    if (!locked)
        showRun();
}

}  // namespace armillary::widgets
