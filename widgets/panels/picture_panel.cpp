#include "widgets/panels/picture_panel.h"

#include "widgets/canvas/picture_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/models/media_list_model.h"
#include "widgets/token_description.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedLayout>
#include <QVBoxLayout>

namespace armillary::widgets {

PicturePanel::PicturePanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("picture"), tr("Picture"), context, parent)
{
    m_canvas = new PictureCanvas(run(), selection());
    m_slider = new QSlider(Qt::Horizontal);
    m_slider->setAccessibleName(tr("Frame of the video"));
    m_slider->setToolTip(tr("Which frame the question shows (← and → step, Home and End go to the ends)"));
    m_slider->setPageStep(10);
    m_frameLabel = new QLabel;
    m_frameLabel->setProperty("role", "muted");
    m_note = new QLabel;
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);
    m_note->setContentsMargins(12, 0, 12, 6);

    m_scrubber = new QWidget;
    auto* row = new QHBoxLayout(m_scrubber);
    row->setContentsMargins(12, 2, 12, 8);
    row->setSpacing(10);
    row->addWidget(m_slider, 1);
    row->addWidget(m_frameLabel);

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_canvas, 1);
    column->addWidget(m_scrubber);
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
    connect(m_slider, &QSlider::valueChanged, this, [this](int frame) {
        if (const MediaItem* item = media().current())
            media().wantFrame(item->id, frame);
    });
    connect(&media(), &MediaListModel::currentChanged, this, &PicturePanel::showItem);
    connect(&media(), &MediaListModel::itemChanged, this, [this](MediaId id) {
        if (media().current() != nullptr && media().current()->id == id)
            showItem();
    });
    showItem();
}

void PicturePanel::makeActions()
{
    const auto add = [this](const QString& name, const QList<QKeySequence>& keys, const QString& tip, auto change) {
        auto* action = new QAction(name, this);
        action->setShortcuts(keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, change);
        addAction(action);
    };
    add(tr("Next frame"), {Qt::Key_Right}, tr("The next frame of the video (→)"), [this] { stepFrame(1); });
    add(tr("Previous frame"), {Qt::Key_Left}, tr("The frame before (←)"), [this] { stepFrame(-1); });
    add(tr("First frame"), {Qt::Key_Home}, tr("The first frame (Home)"), [this] { stepFrame(-1'000'000'000); });
    add(tr("Last frame"), {Qt::Key_End}, tr("The last frame (End)"), [this] { stepFrame(1'000'000'000); });
    add(tr("Fit the picture"), {Qt::Key_F}, tr("Show the whole picture again (F)"), [this] { m_canvas->zoomToFit(); });
}

void PicturePanel::stepFrame(int step)
{
    if (const MediaItem* item = media().current())
        media().wantFrame(item->id, item->wantedFrame + step);
}

std::optional<int> PicturePanel::runMedia() const
{
    const MediaItem* item = media().current();
    const Question* question = run().question();
    if (item == nullptr || question == nullptr)
        return std::nullopt;
    for (int i = 0; i < static_cast<int>(question->media.size()); ++i) {
        const bool samePath = question->media[static_cast<std::size_t>(i)].path == item->path.toStdString();
        if (samePath && stillFrameIndex(*question, i) == item->shownFrame)
            return i;
    }
    return std::nullopt;
}

void PicturePanel::showItem()
{
    const MediaItem* item = media().current();
    m_pages->setCurrentIndex(item == nullptr || item->picture.isNull() ? 0 : 1);
    if (item == nullptr || item->picture.isNull())
        return;
    m_canvas->setPicture(item->picture, QSize(item->image.width(), item->image.height()));
    m_canvas->setRunMedia(runMedia());
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
    const bool strange = run().question() != nullptr && !m_canvas->runMedia();
    m_note->setVisible(strange);
    m_note->setText(item->isVideo() ? tr("The run below did not see this frame; ask again to see its tokens.")
                                    : tr("The run below did not see this picture; ask again to see its tokens."));
}

void PicturePanel::showRun()
{
    showItem();
    m_canvas->update();
}

void PicturePanel::showSelection()
{
    m_canvas->update();
}

}  // namespace armillary::widgets
