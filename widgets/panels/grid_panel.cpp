#include "widgets/panels/grid_panel.h"

#include "records/setting_names.h"
#include "widgets/flow_row.h"
#include "widgets/hint_page.h"
#include "widgets/local_action.h"
#include "widgets/media/grid_preview.h"
#include "widgets/media/moment_ruler.h"
#include "widgets/models/media_list_model.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kMostPixels = 4096;

QSpinBox* makePixels(const QString& none, const QString& tip, const QString& name)
{
    auto* box = new QSpinBox;
    box->setRange(0, kMostPixels);
    box->setSpecialValueText(none);
    box->setSuffix(GridPanel::tr(" px"));
    box->setSingleStep(16);
    box->setKeyboardTracking(false);
    box->setToolTip(tip);
    box->setAccessibleName(name);
    return box;
}

// A caption and its field as one piece of a flowing row.
QWidget* labelled(const QString& caption, QWidget* field)
{
    auto* out = new QWidget;
    auto* row = new QHBoxLayout(out);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    auto* label = new QLabel(caption);
    label->setBuddy(field);
    row->addWidget(label);
    row->addWidget(field);
    return out;
}

}  // namespace

GridPanel::GridPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("grid"), tr("Temporal grid"), context, parent)
{
    m_noVideo =
        new HintPage(tr("No video yet"),
                     tr("A grid shows SigLIP four moments of a video as one picture. Open a video or a folder of "
                        "numbered frames under Media."),
                     {});
    m_isStill = new HintPage(tr("A picture has one moment"),
                             tr("Pick a video or a folder of numbered frames under Media to ask about four of its "
                                "moments."),
                             {});
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(m_noVideo);
    m_pages->addWidget(m_isStill);
    m_pages->addWidget(makePage());
    makeActions();

    connect(&media(), &MediaListModel::currentChanged, this, &GridPanel::showMedia);
    connect(&media(), &MediaListModel::itemChanged, this, [this](MediaId id) {
        if (media().current() != nullptr && media().current()->id == id)
            showMedia();
    });
    connect(&media(), &QAbstractItemModel::rowsRemoved, this, &GridPanel::showMedia);
    showMedia();
}

QWidget* GridPanel::makePage()
{
    m_use = new QCheckBox(tr("Ask with a 2×2 grid"));
    m_use->setToolTip(
        tr("The next question shows SigLIP these four moments as one picture in place of the slider's frame"));
    m_even = new QPushButton(tr("Even spacing"));
    m_even->setToolTip(tr("Spread the four moments evenly over the whole video, both ends among them (E)"));
    m_filter = new QComboBox;
    m_filter->setAccessibleName(tr("Filter"));
    m_filter->setToolTip(
        tr("How frames are brought to the size of a cell. Bicubic is the reference's; nearest keeps the "
           "edges of pictures made of large pixels. Frames of the cell's own size are not touched."));
    for (const std::string& name : settingNames<PictureFilter>())
        m_filter->addItem(QString::fromStdString(name), QString::fromStdString(name));
    const QString sizeTip =
        tr("Size of a cell in the grid's picture; as the frames: nothing is scaled before SigLIP's own "
           "input is made");
    m_cellWidth = makePixels(tr("as frames"), sizeTip, tr("Width of a cell"));
    m_cellHeight = makePixels(tr("as frames"), sizeTip, tr("Height of a cell"));
    m_letterbox = makePixels(tr("off"),
                             tr("Keeps the grid's shape within a black square of this side, as the design note does. "
                                "Off: Gemma's own processor stretches the picture to its square."),
                             tr("Side of the letterbox"));

    auto* moments = new QWidget;
    auto* momentRow = new FlowRow(moments);
    momentRow->setContentsMargins(0, 0, 0, 0);
    momentRow->setSpacing(8);
    for (int cell = 0; cell < kGridCells; ++cell) {
        auto* box = new QSpinBox;
        box->setKeyboardTracking(false);
        box->setAccessibleName(tr("Frame of cell %1,%2").arg(cell / kGridColumns + 1).arg(cell % kGridColumns + 1));
        box->setToolTip(tr("Which frame stands in row %1, column %2; counted from 0")
                            .arg(cell / kGridColumns + 1)
                            .arg(cell % kGridColumns + 1));
        m_moments[static_cast<std::size_t>(cell)] = box;
        momentRow->addWidget(labelled(tr("%1 · frame").arg(cell + 1), box));
        connect(box, &QSpinBox::valueChanged, this, [this, cell](int frame) {
            if (m_isFilling)
                return;
            auto frames = m_ruler->frames();
            frames[static_cast<std::size_t>(cell)] = frame;
            m_ruler->setActive(cell);
            setFrames(frames);
        });
    }
    momentRow->addWidget(m_even);
    auto* sizes = new QWidget;
    auto* sizeRow = new FlowRow(sizes);
    sizeRow->setContentsMargins(0, 0, 0, 0);
    sizeRow->setSpacing(8);
    sizeRow->addWidget(labelled(tr("Filter"), m_filter));
    sizeRow->addWidget(labelled(tr("Cell width"), m_cellWidth));
    sizeRow->addWidget(labelled(tr("height"), m_cellHeight));
    sizeRow->addWidget(labelled(tr("Letterbox"), m_letterbox));

    m_ruler = new MomentRuler;
    m_preview = new GridPreview;
    m_note = new QLabel;
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);

    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(12, 8, 12, 8);
    column->setSpacing(6);
    column->addWidget(m_use);
    column->addWidget(m_ruler);
    column->addWidget(m_preview, 1);
    column->addWidget(moments);
    column->addWidget(sizes);
    column->addWidget(m_note);
    column->addStretch(0);
    // In a low panel the picture keeps its room and the fields below it are scrolled to.
    auto* scroller = new QScrollArea;
    scroller->setWidgetResizable(true);
    scroller->setFrameShape(QFrame::NoFrame);
    scroller->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroller->setFocusPolicy(Qt::NoFocus);
    scroller->setWidget(page);

    connect(m_use, &QCheckBox::toggled, this, &GridPanel::want);
    connect(m_even, &QPushButton::clicked, this, &GridPanel::spaceEvenly);
    connect(m_filter, &QComboBox::currentIndexChanged, this, &GridPanel::want);
    for (QSpinBox* box : {m_cellWidth, m_cellHeight, m_letterbox})
        connect(box, &QSpinBox::valueChanged, this, &GridPanel::want);
    connect(m_ruler, &MomentRuler::framesChanged, this, &GridPanel::setFrames);
    connect(m_ruler, &MomentRuler::activeChanged, m_preview, &GridPreview::setActive);
    connect(m_preview, &GridPreview::cellHovered, this, [this](int cell) {
        const Positions before = std::exchange(m_ownHover, cell < 0 ? Positions() : tokensOf(cell));
        m_ruler->setHighlighted(cell < 0 ? std::vector<int>() : std::vector<int>{cell});
        if (m_ownHover.empty())
            selection().endHover(before);
        else
            selection().hover(m_ownHover);
    });
    connect(m_preview, &GridPreview::cellPressed, this, [this](int cell, Qt::KeyboardModifiers modifiers) {
        m_ruler->setActive(cell);
        const Positions tokens = tokensOf(cell);
        if (tokens.empty())
            return;
        if (modifiers.testFlag(Qt::ControlModifier))
            selection().toggle(tokens);
        else
            selection().choose(tokens);
    });
    return scroller;
}

void GridPanel::makeActions()
{
    addLocalAction(this, tr("Ask with a temporal grid"), {Qt::Key_G},
                   tr("Show four moments of the video as one picture, or its frame again (G)"), [this] {
                       if (m_use->isEnabled())
                           m_use->toggle();
                   });
    addLocalAction(this, tr("Space the grid's moments evenly"), {Qt::Key_E},
                   tr("Spread the four moments over the whole video (E)"), [this] { spaceEvenly(); });
    addLocalAction(this, tr("Take the slider's frame into the grid"), {Qt::Key_T},
                   tr("Put the frame that the picture's slider stands on into the chosen cell (T)"),
                   [this] { setMomentFromSlider(); });
}

void GridPanel::showMedia()
{
    const MediaItem* item = media().current();
    if (item == nullptr || !item->ready()) {
        m_pages->setCurrentIndex(0);
        return;
    }
    if (!item->isVideo()) {
        m_pages->setCurrentIndex(1);
        return;
    }
    m_pages->setCurrentIndex(2);
    m_isFilling = true;
    m_ruler->setClip(item->frameCount, item->framesPerSecond);
    for (QSpinBox* box : m_moments)
        box->setRange(0, item->frameCount - 1);
    if (item->grid) {
        std::array<int, kGridCells> frames{};
        for (std::size_t cell = 0; cell < frames.size(); ++cell)
            frames[cell] = item->grid->moments[cell].sourceFrame;
        m_ruler->setFrames(frames);
        m_filter->setCurrentIndex(m_filter->findData(QString::fromUtf8(nameOf(item->grid->filter).data())));
        m_cellWidth->setValue(item->grid->cellWidth);
        m_cellHeight->setValue(item->grid->cellHeight);
        m_letterbox->setValue(item->grid->letterboxSide);
    } else if (m_shown != item->id) {
        m_ruler->setFrames(evenMoments(item->frameCount));
    }
    m_shown = item->id;
    for (std::size_t cell = 0; cell < m_moments.size(); ++cell)
        m_moments[cell]->setValue(m_ruler->frames()[cell]);
    m_use->setChecked(item->grid != nullptr);
    m_isFilling = false;
    m_preview->setGrid(item->grid ? item->grid : recipe(), item->gridPicture,
                       QSize(item->image.width(), item->image.height()), item->framesPerSecond);
    m_preview->setActive(m_ruler->active());
    m_preview->setVisible(item->grid != nullptr);
    m_note->setText(noteText());
    showSelection();
}

std::shared_ptr<const TemporalGrid> GridPanel::recipe() const
{
    const MediaItem* item = media().current();
    auto out = std::make_shared<TemporalGrid>();
    for (std::size_t cell = 0; cell < out->moments.size(); ++cell) {
        const int frame = m_ruler->frames()[cell];
        const double rate = item == nullptr ? 0 : item->framesPerSecond;
        out->moments[cell] = {0, frame, rate > 0 ? frame / rate : 0};
    }
    // One side alone leaves the shape to the frames.
    out->cellWidth = m_cellWidth->value();
    out->cellHeight = m_cellHeight->value();
    const bool hasBoth = out->cellWidth > 0 && out->cellHeight > 0;
    const bool hasFrame = item != nullptr && item->image.width() > 0 && item->image.height() > 0;
    if (!hasBoth && hasFrame && out->cellWidth > 0)
        out->cellHeight = std::max(1, out->cellWidth * item->image.height() / item->image.width());
    else if (!hasBoth && hasFrame && out->cellHeight > 0)
        out->cellWidth = std::max(1, out->cellHeight * item->image.width() / item->image.height());
    out->filter = settingFromName<PictureFilter>(m_filter->currentData().toString().toStdString())
                      .value_or(PictureFilter::Bicubic);
    out->letterboxSide = m_letterbox->value();
    return out;
}

void GridPanel::want()
{
    if (m_isFilling)
        return;
    if (const MediaItem* item = media().current(); item != nullptr && item->isVideo())
        media().setGrid(item->id, m_use->isChecked() ? recipe() : nullptr);
}

void GridPanel::setFrames(const std::array<int, kGridCells>& frames)
{
    m_isFilling = true;
    m_ruler->setFrames(frames);
    for (std::size_t cell = 0; cell < m_moments.size(); ++cell)
        m_moments[cell]->setValue(frames[cell]);
    m_isFilling = false;
    want();
    m_note->setText(noteText());
}

void GridPanel::spaceEvenly()
{
    if (const MediaItem* item = media().current(); item != nullptr && item->isVideo())
        setFrames(evenMoments(item->frameCount));
}

void GridPanel::setMomentFromSlider()
{
    const MediaItem* item = media().current();
    if (item == nullptr || !item->isVideo())
        return;
    auto frames = m_ruler->frames();
    frames[static_cast<std::size_t>(m_ruler->active())] = item->wantedFrame;
    setFrames(frames);
}

QString GridPanel::noteText() const
{
    const MediaItem* item = media().current();
    if (item == nullptr || !item->isVideo())
        return {};
    if (!item->grid)
        return tr("Tick to ask about these four moments as one picture; until then a question shows the frame of the "
                  "slider.");
    const GridSizes sizes = gridSizes(*item->grid, item->image.height(), item->image.width());
    const bool isScaled = sizes.cellWidth != item->image.width() || sizes.cellHeight != item->image.height();
    const QString filter = m_filter->currentText();
    QStringList parts;
    parts << (isScaled ? tr("Frames of %1 × %2 scaled by %3 to cells of %4 × %5")
                             .arg(item->image.width())
                             .arg(item->image.height())
                             .arg(filter)
                             .arg(sizes.cellWidth)
                             .arg(sizes.cellHeight)
                       : tr("Frames of %1 × %2 as they are").arg(item->image.width()).arg(item->image.height()));
    parts << (item->grid->letterboxSide > 0
                  ? tr("the grid of %1 × %2 scaled by %3 to %4 × %5 within a black square of %6")
                        .arg(sizes.sheetWidth)
                        .arg(sizes.sheetHeight)
                        .arg(filter)
                        .arg(sizes.innerWidth)
                        .arg(sizes.innerHeight)
                        .arg(item->grid->letterboxSide)
                  : tr("together %1 × %2, which Gemma's processor stretches to its square by bilinear")
                        .arg(sizes.sheetWidth)
                        .arg(sizes.sheetHeight));
    QString out = parts.join(QStringLiteral("; ")) + QLatin1Char('.');
    if (!item->used)
        out += QLatin1Char(' ') + tr("The video is not ticked under Media: the next question does not show it.");
    return out;
}

int GridPanel::runMedia() const
{
    const MediaItem* item = media().current();
    const Question* question = run().question();
    if (item == nullptr || question == nullptr)
        return -1;
    for (std::size_t i = 0; i < question->media.size(); ++i) {
        const Clip& clip = question->media[i];
        if (clip.grid && !clip.frames.empty() && clip.path == item->path.toStdString())
            return static_cast<int>(i);
    }
    return -1;
}

Positions GridPanel::tokensOf(int cell) const
{
    const int wanted = runMedia();
    Positions out;
    if (wanted < 0 || run().layout() == nullptr)
        return out;
    const Clip& clip = run().question()->media[static_cast<std::size_t>(wanted)];
    const GridSizes sizes = gridSizes(*clip.grid, clip.frames.front().height(), clip.frames.front().width());
    for (std::int64_t i = 0; i < run().prefillLength(); ++i) {
        if (run().kindAt(i) != TokenKind::Image || run().originAt(i).media != wanted)
            continue;
        const auto cells = gridCellsOf(sizes, run().boxAt(i));
        if (std::any_of(cells.begin(), cells.end(), [cell](const CellShare& at) { return at.cell == cell; }))
            out.push_back(i);
    }
    return out;
}

std::vector<int> GridPanel::cellsOf(const Positions& positions) const
{
    const int wanted = runMedia();
    std::vector<int> out;
    if (wanted < 0)
        return out;
    const Clip& clip = run().question()->media[static_cast<std::size_t>(wanted)];
    const GridSizes sizes = gridSizes(*clip.grid, clip.frames.front().height(), clip.frames.front().width());
    for (const std::int64_t position : positions) {
        if (position >= run().prefillLength() || run().kindAt(position) != TokenKind::Image ||
            run().originAt(position).media != wanted)
            continue;
        for (const CellShare& at : gridCellsOf(sizes, run().boxAt(position))) {
            if (std::find(out.begin(), out.end(), at.cell) == out.end())
                out.push_back(at.cell);
        }
        if (out.size() == kGridCells)
            break;
    }
    return out;
}

void GridPanel::showSelection()
{
    const Positions& shown = selection().hovered().empty() ? selection().chosen() : selection().hovered();
    const std::vector<int> cells = m_ownHover.empty() ? cellsOf(shown) : std::vector<int>();
    if (!m_ownHover.empty())
        return;
    m_preview->setHighlighted(cells);
    m_ruler->setHighlighted(cells);
}

QJsonObject GridPanel::saveView() const
{
    QJsonArray frames;
    for (const int frame : m_ruler->frames())
        frames.append(frame);
    return {{QStringLiteral("frames"), frames},
            {QStringLiteral("filter"), m_filter->currentData().toString()},
            {QStringLiteral("cellWidth"), m_cellWidth->value()},
            {QStringLiteral("cellHeight"), m_cellHeight->value()},
            {QStringLiteral("letterbox"), m_letterbox->value()}};
}

void GridPanel::restoreView(const QJsonObject& view)
{
    m_isFilling = true;
    if (const int at = m_filter->findData(view[QStringLiteral("filter")].toString()); at >= 0)
        m_filter->setCurrentIndex(at);
    m_cellWidth->setValue(view[QStringLiteral("cellWidth")].toInt(m_cellWidth->value()));
    m_cellHeight->setValue(view[QStringLiteral("cellHeight")].toInt(m_cellHeight->value()));
    m_letterbox->setValue(view[QStringLiteral("letterbox")].toInt(m_letterbox->value()));
    m_isFilling = false;
    const QJsonArray frames = view[QStringLiteral("frames")].toArray();
    const MediaItem* item = media().current();
    if (frames.size() != kGridCells || item == nullptr || !item->isVideo())
        return;
    std::array<int, kGridCells> wanted{};
    for (int cell = 0; cell < kGridCells; ++cell)
        wanted[static_cast<std::size_t>(cell)] = std::clamp(frames[cell].toInt(), 0, item->frameCount - 1);
    setFrames(wanted);
}

QString GridPanel::caption() const
{
    QStringList cells;
    for (int cell = 0; cell < kGridCells; ++cell)
        cells << m_preview->cellWords(cell);
    return Panel::caption() + QStringLiteral(". ") + cells.join(QStringLiteral("; ")) + QStringLiteral(". ") +
           noteText();
}

std::optional<AnalysisResult> GridPanel::viewData() const
{
    const MediaItem* item = media().current();
    if (item == nullptr || !item->grid)
        return std::nullopt;
    AnalysisResult out;
    AnalysisTable table;
    table.name = "grid";
    table.columns = {"row", "column", "frame", "seconds"};
    for (int cell = 0; cell < kGridCells; ++cell) {
        const GridMoment& moment = item->grid->moments[static_cast<std::size_t>(cell)];
        table.rows.push_back({double(cell / kGridColumns + 1), double(cell % kGridColumns + 1),
                              double(moment.sourceFrame), moment.seconds});
    }
    out.tables.push_back(std::move(table));
    return out;
}

}  // namespace armillary::widgets
