#include "widgets/panels/world_panel.h"

#include "records/shown_media.h"
#include "widgets/canvas/world_film_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/local_action.h"
#include "widgets/overlay/overlay_data.h"
#include "widgets/overlay/overlay_legend.h"
#include "widgets/rollout/shown_rollout.h"
#include "widgets/token_description.h"

#include <QAction>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

// Larger than tiles are shown on most screens; the cells are drawn over them at full sharpness.
constexpr int kThumbnailHeight = 400;

}  // namespace

WorldPanel::WorldPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("world"), tr("World"), context, parent)
{
    m_canvas = new WorldFilmCanvas(run(), selection(), overlays());
    m_legend = new OverlayLegend(overlays());
    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addWidget(m_canvas, 1);
    column->addWidget(m_legend);
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    auto* hint = new HintPage(tr("No world tokens in this run"),
                              tr("Latent frames appear here when a question is asked with a world model: choose "
                                 "where world tokens come from in the question's settings (a still picture, a clip "
                                 "or a rollout) and ask again."),
                              {});
    hint->setObjectName(QStringLiteral("noWorld"));
    auto* placeless =
        new HintPage(tr("World tokens without a place"),
                     tr("This run's world tokens stand for no single cell of a frame (they were pooled, or "
                        "are one a channel), so there is nothing to paint. The token strip shows them."),
                     {});
    placeless->setObjectName(QStringLiteral("placelessWorld"));
    m_pages->addWidget(hint);
    m_pages->addWidget(shown);
    m_pages->addWidget(placeless);
    makeActions();
    connect(m_canvas, &WorldFilmCanvas::latentFrameChosen, this, [this](int latentFrame) {
        Focus focus = selection().focus();
        // The same once more: all of them again.
        focus.latentFrame = focus.latentFrame == latentFrame ? std::nullopt : std::optional(latentFrame);
        selection().setFocus(focus);
    });
    connect(&m_work, &RolloutWork::thumbnailReady, this,
            [this](FilmRow, int tile, const QImage& picture) { m_canvas->setPicture(tile, picture); });
    connect(this, &Panel::lockedChanged, this, &WorldPanel::freeze);
    showRun();
}

void WorldPanel::makeActions()
{
    addLocalAction(this, tr("Next latent frame"), {Qt::SHIFT | Qt::Key_Right},
                   tr("Look at the next latent frame (Shift+→)"), [this] { stepLatentFrame(1); });
    addLocalAction(this, tr("Previous latent frame"), {Qt::SHIFT | Qt::Key_Left},
                   tr("Look at the latent frame before (Shift+←)"), [this] { stepLatentFrame(-1); });
    addLocalAction(this, tr("All latent frames"), {Qt::Key_Home}, tr("Look at no single latent frame (Home)"), [this] {
        Focus focus = selection().focus();
        focus.latentFrame.reset();
        selection().setFocus(focus);
    });
    addLocalAction(this, tr("Larger latent frames"), {Qt::Key_Plus}, tr("Zoom in (+, or Ctrl+wheel)"),
                   [this] { m_canvas->zoomBy(1); });
    addLocalAction(this, tr("Smaller latent frames"), {Qt::Key_Minus}, tr("Zoom out (−, or Ctrl+wheel)"),
                   [this] { m_canvas->zoomBy(-1); });
    addLocalAction(this, tr("Fit the filmstrip"), {Qt::Key_F}, tr("Show all latent frames (F)"),
                   [this] { m_canvas->zoomToFit(); });
    addLocalAction(this, tr("Choose the latent frame"), {Qt::CTRL | Qt::Key_A},
                   tr("Choose all tokens of the latent frame (Ctrl+A)"), [this] {
                       Positions all;
                       for (const WorldTile& tile : m_canvas->tiles()) {
                           if (selection().focus().latentFrame.value_or(tile.latentFrame) != tile.latentFrame)
                               continue;
                           for (const std::int64_t position : m_canvas->painter().grids()[tile.grid].positions) {
                               if (position >= 0)
                                   all.push_back(position);
                           }
                       }
                       selection().choose(all);
                   });
}

void WorldPanel::stepLatentFrame(int step)
{
    const auto count = static_cast<int>(m_canvas->tiles().size());
    if (count == 0)
        return;
    Focus focus = selection().focus();
    const int now = focus.latentFrame.value_or(step > 0 ? -1 : count);
    focus.latentFrame = std::clamp(now + step, 0, count - 1);
    selection().setFocus(focus);
}

bool WorldPanel::hasWorld() const
{
    return m_pages->currentIndex() == 1;
}

WorldPanel::Source WorldPanel::sourceOf(int media) const
{
    const Question* question = shownRun().question();
    const auto record = shownRun().record();
    if (record && record->rolloutFrames && !record->rolloutFrames->frames.empty()) {
        // The alias keeps the whole clip alive for as long as its frames are worked on.
        Source out{{record->rolloutFrames, &record->rolloutFrames->frames}, -1};
        if (const Clip* condition = conditionOf(record->question))
            out.given = static_cast<int>(std::min(condition->frames.size(), out.frames->size()));
        return out;
    }
    if (question == nullptr || media < 0 || media >= static_cast<int>(question->media.size()))
        return {};
    if (question->world.source == WorldSource::Clip)
        return {std::make_shared<const std::vector<Image>>(question->media[static_cast<std::size_t>(media)].frames),
                -1};
    const Image still = stillImage(*question, media);
    return still.empty() ? Source() : Source{std::make_shared<const std::vector<Image>>(1, still), -1};
}

void WorldPanel::showRun()
{
    m_canvas->refresh();
    m_work.forget();
    std::vector<WorldTile> tiles;
    const std::vector<PlacedGrid>& grids = m_canvas->painter().grids();
    for (std::size_t i = 0; i < grids.size(); ++i) {
        if (grids[i].grid.kind != TokenKind::World)
            continue;
        const auto [first, last] = framesFromLatentFrame(grids[i].latentFrame);
        tiles.push_back({i, grids[i].latentFrame, first, last, {}, {}});
    }
    const bool isPlaceless = tiles.empty() && shownRun().count(TokenKind::World) > 0;
    m_pages->setCurrentIndex(isPlaceless ? 2 : tiles.empty() ? 0 : 1);
    if (tiles.empty()) {
        m_canvas->setTiles({}, 1);
        return;
    }
    std::vector<Image> pictures;
    for (WorldTile& tile : tiles) {
        const Source source = sourceOf(grids[tile.grid].grid.media);
        const int frames = source.frames ? static_cast<int>(source.frames->size()) : 0;
        // The last frame of a latent frame is the one that its tokens were completed with.
        tile.lastFrame = frames > tile.firstFrame ? std::min(tile.lastFrame, frames - 1) : tile.lastFrame;
        if (source.given >= 0)
            tile.origin = tile.lastFrame < source.given ? tr("given") : tr("predicted");
        pictures.push_back(tile.lastFrame < frames ? (*source.frames)[static_cast<std::size_t>(tile.lastFrame)]
                                                   : Image());
    }
    const PlacedGrid& grid = grids[tiles.front().grid];
    const Image& first = pictures.front();
    const double aspect = first.empty() ? static_cast<double>(grid.grid.columns) / grid.grid.rows
                                        : static_cast<double>(first.width()) / first.height();
    m_canvas->setTiles(std::move(tiles), aspect);
    showFocus();
    m_work.makeThumbnails(
        FilmRow::Shown, static_cast<int>(pictures.size()),
        [pictures](int tile) { return pictures[static_cast<std::size_t>(tile)]; }, kThumbnailHeight);
}

void WorldPanel::showState()
{
    // The frames of a rollout come with the record.
    if (shownRun().record())
        showRun();
}

void WorldPanel::showSelection()
{
    m_canvas->update();
}

void WorldPanel::showFocus()
{
    m_canvas->setCurrent(selection().focus().latentFrame);
}

void WorldPanel::showOverlays()
{
    m_legend->refresh();
    m_canvas->update();
}

QString WorldPanel::caption() const
{
    const OverlayStack::Entry* top = shownOverlays().top();
    return (Panel::caption() + QStringLiteral(". ") + (top != nullptr ? layerWords(top->layer) : QString())).trimmed();
}

std::optional<AnalysisResult> WorldPanel::viewData() const
{
    return overlayData(shownOverlays());
}

void WorldPanel::freeze(bool locked)
{
    m_frozen = locked ? frozenView(run(), overlays()) : nullptr;
    m_canvas->setSources(shownRun(), shownOverlays());
    m_legend->setOverlays(shownOverlays());
    if (!locked)
        showRun();
}

const ShownRun& WorldPanel::shownRun() const
{
    return m_frozen ? m_frozen->run : run();
}

const OverlayStack& WorldPanel::shownOverlays() const
{
    return m_frozen ? m_frozen->overlays : overlays();
}

}  // namespace armillary::widgets
