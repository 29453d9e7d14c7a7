#include "widgets/panels/picture_panel.h"

#include "records/setting_names.h"
#include "records/temporal_grid.h"
#include "widgets/canvas/picture_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/local_action.h"
#include "widgets/models/media_list_model.h"
#include "widgets/overlay/overlay_data.h"
#include "widgets/overlay/overlay_legend.h"
#include "widgets/rollout/shown_rollout.h"
#include "widgets/token_description.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

// Larger pictures take the screen longer than one frame to prepare; they are made smaller beside it.
constexpr qint64 kMostPixelsAtOnce = 600'000;
constexpr int kScreenHeight = 1080;
constexpr int kOpened = -1;
constexpr int kSeenFrame = -1;

}  // namespace

PicturePanel::PicturePanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("picture"), tr("Picture"), context, parent)
{
    m_canvas = new PictureCanvas(run(), selection(), overlays());
    m_legend = new OverlayLegend(overlays());
    m_note = new QLabel;
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);
    m_note->setContentsMargins(12, 0, 12, 6);
    makeControls();

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    column->addWidget(m_canvas, 1);
    column->addWidget(m_scrubber);
    column->addWidget(m_legend);
    column->addWidget(m_note);

    auto* hint = new HintPage(tr("Drop a picture or a video here"),
                              tr("PNG, JPEG, WebP, TIFF; MP4, AVI, MOV, MKV; or a folder of numbered frames.\n"
                                 "Then ask a question about it on the right."),
                              tr("Open…"));
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(hint);
    m_pages->addWidget(shown);

    makeActions();
    connect(hint->button(), &QPushButton::clicked, this, &PicturePanel::openRequested);
    connect(&media(), &MediaListModel::currentChanged, this, [this] {
        if (isLocked())
            return;
        // Who picks a picture wants to see it.
        if (media().current() != nullptr)
            m_ownMedia.reset();
        fillSources();
        showPicture();
    });
    connect(&media(), &MediaListModel::itemChanged, this, [this](MediaId id) {
        if (!isLocked() && media().current() != nullptr && media().current()->id == id && !m_ownMedia)
            showPicture();
    });
    connect(&m_work, &RolloutWork::thumbnailReady, this, [this](FilmRow, int media, const QImage& picture) {
        if (m_ownMedia && shownRun().question() != nullptr && *m_ownMedia == media) {
            const Image image = ownPicture(media);
            m_canvas->setPicture(picture, QSize(image.width(), image.height()));
        }
    });
    connect(this, &Panel::lockedChanged, this, &PicturePanel::freeze);
    showRun();
}

void PicturePanel::makeControls()
{
    m_sourceBox = new QComboBox;
    m_sourceBox->setAccessibleName(tr("Which picture"));
    m_sourceBox->setToolTip(tr("The opened picture, or those that the shown run keeps itself"));
    m_sourceBox->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_sourceBox->setMinimumContentsLength(10);
    m_sourceBox->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_sourceBox->setMaximumWidth(40 * fontMetrics().averageCharWidth());
    m_tokensBox = new QComboBox;
    m_tokensBox->setAccessibleName(tr("Which tokens are painted"));
    m_tokensBox->setToolTip(tr("Which of the picture's tokens are painted over it (T)"));
    m_latentLabel = new QLabel;
    m_latentLabel->setProperty("role", "muted");
    m_header = new QWidget;
    auto* head = new QHBoxLayout(m_header);
    head->setContentsMargins(8, 4, 12, 2);
    head->setSpacing(8);
    head->addWidget(m_sourceBox, 1);
    head->addWidget(m_tokensBox);
    head->addWidget(m_latentLabel);
    head->addStretch(0);
    connect(m_sourceBox, &QComboBox::activated, this, [this] {
        const int media = m_sourceBox->currentData().toInt();
        m_ownMedia = media == kOpened ? std::nullopt : std::optional(media);
        m_wantedFrame.reset();
        showPicture();
    });
    connect(m_tokensBox, &QComboBox::currentIndexChanged, this, [this] {
        // Of a grid the tokens decide whether its picture or the clip is looked at.
        if (m_ownMedia)
            showPicture();
        else
            setTokens();
    });

    m_slider = new QSlider(Qt::Horizontal);
    m_slider->setAccessibleName(tr("Frame of the video"));
    m_slider->setToolTip(tr("Which frame the question shows (← and → step, Home and End go to the ends)"));
    m_slider->setPageStep(10);
    m_frameLabel = new QLabel;
    m_frameLabel->setProperty("role", "muted");
    m_scrubber = new QWidget;
    auto* row = new QHBoxLayout(m_scrubber);
    row->setContentsMargins(12, 2, 12, 4);
    row->setSpacing(10);
    row->addWidget(m_slider, 1);
    row->addWidget(m_frameLabel);
    connect(m_slider, &QSlider::valueChanged, this, &PicturePanel::wantFrame);
}

void PicturePanel::makeActions()
{
    addLocalAction(this, tr("Next frame"), {Qt::Key_Right}, tr("The next frame of the video (→)"),
                   [this] { stepFrame(1); });
    addLocalAction(this, tr("Previous frame"), {Qt::Key_Left}, tr("The frame before (←)"), [this] { stepFrame(-1); });
    addLocalAction(this, tr("First frame"), {Qt::Key_Home}, tr("The first frame (Home)"),
                   [this] { stepFrame(-1'000'000'000); });
    addLocalAction(this, tr("Last frame"), {Qt::Key_End}, tr("The last frame (End)"),
                   [this] { stepFrame(1'000'000'000); });
    addLocalAction(this, tr("Fit the picture"), {Qt::Key_F}, tr("Show the whole picture again (F)"),
                   [this] { m_canvas->zoomToFit(); });
    addLocalAction(this, tr("Paint other tokens"), {Qt::Key_T},
                   tr("Image tokens, crops or world tokens over the picture (T)"), [this] {
                       if (m_tokensBox->count() > 0)
                           m_tokensBox->setCurrentIndex((m_tokensBox->currentIndex() + 1) % m_tokensBox->count());
                   });
}

void PicturePanel::stepFrame(int step)
{
    const qint64 wanted = static_cast<qint64>(m_slider->value()) + step;
    wantFrame(static_cast<int>(std::clamp<qint64>(wanted, m_slider->minimum(), m_slider->maximum())));
}

void PicturePanel::wantFrame(int frame)
{
    if (m_ownMedia) {
        // Who stands on the frame that the model saw stays on it in another run, wherever that one has it.
        m_wantedFrame = frame == stillFrame(*m_ownMedia) ? std::nullopt : std::optional(frame);
        showPicture();
    } else if (const MediaItem* item = media().current()) {
        media().wantFrame(item->id, frame);
    }
}

int PicturePanel::stillFrame(int media) const
{
    const Question& question = *shownRun().question();
    return stillFrameIndex(question, media) - question.media[static_cast<std::size_t>(media)].firstFrameIndex;
}

bool PicturePanel::isOpenedOfRun() const
{
    const MediaItem* item = media().current();
    const Question* question = shownRun().question();
    return item != nullptr && question != nullptr &&
           std::any_of(question->media.begin(), question->media.end(),
                       [item](const Clip& clip) { return clip.path == item->path.toStdString() && !clip.grid; });
}

std::optional<int> PicturePanel::openedMedia() const
{
    const MediaItem* item = media().current();
    const Question* question = shownRun().question();
    if (item == nullptr || question == nullptr)
        return std::nullopt;
    for (int i = 0; i < static_cast<int>(question->media.size()); ++i) {
        const Clip& clip = question->media[static_cast<std::size_t>(i)];
        const bool samePath = clip.path == item->path.toStdString() && !clip.grid;
        if (samePath && stillFrameIndex(*question, i) == item->shownFrame)
            return i;
    }
    return std::nullopt;
}

void PicturePanel::fillSources()
{
    const QSignalBlocker quiet(m_sourceBox);
    m_sourceBox->clear();
    if (const MediaItem* item = media().current())
        m_sourceBox->addItem(tr("Opened: %1").arg(item->name), kOpened);
    if (const Question* question = shownRun().question()) {
        for (int i = 0; i < static_cast<int>(question->media.size()); ++i) {
            if (!question->media[static_cast<std::size_t>(i)].frames.empty())
                m_sourceBox->addItem(tr("Run: %1").arg(mediaName(*question, i)), i);
        }
    }
    const int index = m_sourceBox->findData(m_ownMedia.value_or(kOpened));
    m_sourceBox->setCurrentIndex(std::max(0, index));
}

void PicturePanel::fillTokens()
{
    const auto has = [this](TokenKind kind, bool crops) {
        const TokenLayout* layout = shownRun().layout();
        return layout != nullptr && std::any_of(layout->grids.begin(), layout->grids.end(), [&](const TokenGrid& grid) {
                   return grid.kind == kind && (kind == TokenKind::World || (grid.crop > 0) == crops);
               });
    };
    const QVariant before = m_tokensBox->currentData();
    const QSignalBlocker quiet(m_tokensBox);
    m_tokensBox->clear();
    if (has(TokenKind::Image, false))
        m_tokensBox->addItem(tr("Image tokens"), static_cast<int>(PictureTokens::Image));
    if (has(TokenKind::Image, true))
        m_tokensBox->addItem(tr("Tokens of crops"), static_cast<int>(PictureTokens::Crops));
    if (has(TokenKind::World, false))
        m_tokensBox->addItem(tr("World tokens"), static_cast<int>(PictureTokens::World));
    m_tokensBox->setCurrentIndex(std::max(0, m_tokensBox->findData(before)));
    m_tokensBox->setVisible(m_tokensBox->count() > 1);
}

int PicturePanel::shownLatentFrame() const
{
    const TokenLayout* layout = shownRun().layout();
    int frames = 1;
    for (const TokenGrid& grid : layout != nullptr ? layout->grids : std::vector<TokenGrid>())
        frames = grid.kind == TokenKind::World ? std::max(1, static_cast<int>(grid.latentFrames)) : frames;
    const bool isClip = shownRun().question() != nullptr && shownRun().question()->world.source == WorldSource::Clip;
    const int ofFrame = m_ownMedia && isClip ? latentFrameFromFrame(m_ownFrame) : 0;
    return std::clamp(selection().focus().latentFrame.value_or(ofFrame), 0, frames - 1);
}

void PicturePanel::setTokens()
{
    const auto tokens = m_tokensBox->count() == 0 ? PictureTokens::Image
                                                  : static_cast<PictureTokens>(m_tokensBox->currentData().toInt());
    const int latent = shownLatentFrame();
    m_canvas->setTokens(tokens, latent);
    m_latentLabel->setVisible(tokens == PictureTokens::World);
    m_latentLabel->setText(tr("latent frame %1").arg(latent));
    m_header->setVisible(m_sourceBox->count() > 1 || m_tokensBox->count() > 1);
}

void PicturePanel::setNote(const QString& words)
{
    m_note->setText(words);
    m_note->setVisible(!words.isEmpty());
}

void PicturePanel::showPicture()
{
    if (m_ownMedia)
        showOwn(*m_ownMedia);
    else
        showOpened();
    m_sourceBox->setVisible(m_sourceBox->count() > 1);
    m_legend->setVisible(m_canvas->runMedia().has_value());
    setTokens();
}

void PicturePanel::showOpened()
{
    const MediaItem* item = media().current();
    m_pages->setCurrentIndex(item == nullptr || item->picture.isNull() ? 0 : 1);
    if (item == nullptr || item->picture.isNull()) {
        m_canvas->setRunMedia(std::nullopt);
        return;
    }
    m_canvas->setPicture(item->picture, QSize(item->image.width(), item->image.height()));
    m_canvas->setRunMedia(openedMedia());
    m_scrubber->setVisible(item->isVideo());
    {
        const QSignalBlocker quiet(m_slider);
        m_slider->setRange(0, std::max(0, item->frameCount - 1));
        m_slider->setValue(item->wantedFrame);
    }
    const double seconds = item->framesPerSecond > 0 ? item->wantedFrame / item->framesPerSecond : 0;
    m_frameLabel->setText(
        tr("frame %1 of %2 · %3 s").arg(item->wantedFrame + 1).arg(item->frameCount).arg(seconds, 0, 'f', 2));
    // A picture that the shown run did not see has no tokens; say so in place of an overlay that stays away.
    const bool strange = shownRun().question() != nullptr && !m_canvas->runMedia();
    setNote(!strange          ? QString()
            : item->isVideo() ? tr("The run below did not see this frame; ask again to see its tokens.")
                              : tr("The run below did not see this picture; ask again to see its tokens."));
}

bool PicturePanel::showsGrid(int media) const
{
    const Question& question = *shownRun().question();
    const auto& grid = question.media[static_cast<std::size_t>(media)].grid;
    const bool ofWorld = static_cast<PictureTokens>(m_tokensBox->currentData().toInt()) == PictureTokens::World &&
                         m_tokensBox->count() > 0;
    // World tokens of a clip or a prediction stand for its frames, not for the grid beside them.
    return grid != nullptr && !grid->picture.empty() && (!ofWorld || question.world.source == WorldSource::Still);
}

Image PicturePanel::ownPicture(int media) const
{
    const Clip& clip = shownRun().question()->media[static_cast<std::size_t>(media)];
    return showsGrid(media) ? clip.grid->picture : clip.frames[static_cast<std::size_t>(m_ownFrame)];
}

QString PicturePanel::gridNote(const Clip& clip) const
{
    QStringList moments;
    for (const GridMoment& moment : clip.grid->moments)
        moments << (clip.framesPerSecond > 0 ? tr("%1 (%2 s)").arg(moment.sourceFrame).arg(moment.seconds, 0, 'f', 2)
                                             : QString::number(moment.sourceFrame));
    return tr("Four moments in one picture, row by row: frames %1; by %2.")
        .arg(moments.join(QStringLiteral(", ")), QString::fromStdString(std::string(nameOf(clip.grid->filter))));
}

void PicturePanel::showOwn(int media)
{
    const Question& question = *shownRun().question();
    const Clip& clip = question.media[static_cast<std::size_t>(media)];
    const int count = static_cast<int>(clip.frames.size());
    const int still = stillFrame(media);
    m_ownFrame = std::clamp(m_wantedFrame.value_or(still), 0, count - 1);
    m_pages->setCurrentIndex(1);
    const Image image = ownPicture(media);
    if (qint64{image.width()} * image.height() <= kMostPixelsAtOnce) {
        m_work.forget();
        m_canvas->setPicture(viewOf(image), QSize(image.width(), image.height()));
    } else {
        m_work.makeThumbnails(
            FilmRow::Shown, media + 1, [image, media](int index) { return index == media ? image : Image(); },
            std::min(kScreenHeight, image.height()));
    }
    if (showsGrid(media)) {
        m_canvas->setRunMedia(media);
        m_scrubber->setVisible(false);
        setNote(gridNote(clip));
        return;
    }
    const bool isSeen = m_ownFrame == still || question.world.source == WorldSource::Clip;
    m_canvas->setRunMedia(isSeen ? std::optional(media) : std::nullopt);
    m_scrubber->setVisible(count > 1);
    {
        const QSignalBlocker quiet(m_slider);
        m_slider->setRange(0, count - 1);
        m_slider->setValue(m_ownFrame);
    }
    const double seconds = clip.framesPerSecond > 0 ? (clip.firstFrameIndex + m_ownFrame) / clip.framesPerSecond : 0;
    m_frameLabel->setText(tr("frame %1 of %2 · %3 s").arg(m_ownFrame + 1).arg(count).arg(seconds, 0, 'f', 2));
    if (!isSeen)
        setNote(tr("The model saw frame %1 of this video; this one has no tokens.").arg(still + 1));
    else if (m_ownFrame != still)
        setNote(tr("Only the world model saw this frame; image tokens are of frame %1.").arg(still + 1));
    else
        setNote({});
}

void PicturePanel::showRun()
{
    const Question* question = shownRun().question();
    const auto frames = [question](int media) {
        return question != nullptr && media < static_cast<int>(question->media.size())
                   ? static_cast<int>(question->media[static_cast<std::size_t>(media)].frames.size())
                   : 0;
    };
    // A run whose picture is not opened here shows its own.
    if (m_ownMedia && frames(*m_ownMedia) == 0)
        m_ownMedia.reset();
    if (isOpenedOfRun()) {
        m_ownMedia.reset();
    } else if (!m_ownMedia && frames(0) > 0) {
        m_ownMedia = 0;
        m_wantedFrame.reset();
    }
    m_canvas->refresh();
    fillSources();
    fillTokens();
    showPicture();
}

void PicturePanel::showSelection()
{
    m_canvas->update();
}

void PicturePanel::showFocus()
{
    setTokens();
}

void PicturePanel::showOverlays()
{
    m_legend->refresh();
    m_canvas->update();
}

QJsonObject PicturePanel::saveView() const
{
    return {{QStringLiteral("tokens"), m_tokensBox->currentData().toInt()},
            {QStringLiteral("media"), m_ownMedia.value_or(kOpened)},
            {QStringLiteral("frame"), m_wantedFrame.value_or(kSeenFrame)}};
}

void PicturePanel::restoreView(const QJsonObject& view)
{
    const int media = view[QStringLiteral("media")].toInt(kOpened);
    if (media >= 0 && m_sourceBox->findData(media) >= 0) {
        m_ownMedia = media;
        const int frame = view[QStringLiteral("frame")].toInt(kSeenFrame);
        m_wantedFrame = frame < 0 ? std::nullopt : std::optional(frame);
        fillSources();
    }
    if (const int index = m_tokensBox->findData(view[QStringLiteral("tokens")].toInt()); index >= 0)
        m_tokensBox->setCurrentIndex(index);
    showPicture();
}

QString PicturePanel::caption() const
{
    const OverlayStack::Entry* top = shownOverlays().top();
    const QString tokens = m_canvas->tokens() == PictureTokens::World
                               ? tr("World tokens of latent frame %1.").arg(shownLatentFrame())
                               : tr("Image tokens.");
    return QStringList{Panel::caption() + QLatin1Char('.'), tokens, top != nullptr ? layerWords(top->layer) : QString()}
        .join(QLatin1Char(' '))
        .trimmed();
}

std::optional<AnalysisResult> PicturePanel::viewData() const
{
    return overlayData(shownOverlays());
}

void PicturePanel::freeze(bool locked)
{
    m_frozen = locked ? frozenView(run(), overlays()) : nullptr;
    m_canvas->setSources(shownRun(), shownOverlays());
    m_legend->setOverlays(shownOverlays());
    if (!locked)
        showRun();
}

const ShownRun& PicturePanel::shownRun() const
{
    return m_frozen ? m_frozen->run : run();
}

const OverlayStack& PicturePanel::shownOverlays() const
{
    return m_frozen ? m_frozen->overlays : overlays();
}

}  // namespace armillary::widgets
