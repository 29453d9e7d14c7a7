#include "widgets/panels/tiles_panel.h"

#include "widgets/canvas/tiles_canvas.h"
#include "widgets/hint_page.h"
#include "widgets/models/media_list_model.h"
#include "widgets/models/result_table_model.h"
#include "widgets/token_description.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QStackedLayout>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

// Entries of the source box: the opened picture, a test card, or media 0... of the shown run.
constexpr int kOpened = -1;
constexpr int kTestCard = -2;
constexpr qint64 kMostPixelsAtOnce = 600'000;
constexpr int kScreenHeight = 900;

}  // namespace

TilesPanel::TilesPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("tiles"), tr("Tiles"), context, parent)
{
    m_canvas = new TilesCanvas;
    makeControls();
    m_settingsArea = new QScrollArea;
    m_settingsArea->setWidget(makeSettings());
    m_settingsArea->setWidgetResizable(true);
    m_settingsArea->setFrameShape(QFrame::NoFrame);
    m_settingsArea->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);

    auto* top = new QHBoxLayout;
    top->setContentsMargins(8, 4, 8, 2);
    top->addWidget(m_source, 1);
    top->addWidget(m_open);
    top->addWidget(m_settings);
    auto* shown = new QVBoxLayout;
    shown->setContentsMargins(0, 0, 0, 0);
    shown->setSpacing(2);
    shown->addWidget(m_canvas, 1);
    shown->addWidget(m_legend);
    shown->addWidget(m_view);
    auto* middle = new QHBoxLayout;
    middle->setContentsMargins(0, 0, 0, 0);
    middle->setSpacing(0);
    middle->addWidget(m_settingsArea);
    middle->addLayout(shown, 1);
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    column->addLayout(top);
    column->addLayout(middle, 1);
    column->addWidget(m_problem);
    column->addWidget(m_summary);
    auto* hint =
        new HintPage(tr("Drop a picture to see how it is cut"),
                     tr("nanoVLM's tiles beside Gemma 3's square and its pan and scan: tokens, stretching and the "
                        "pixels behind every token. No model is needed."),
                     tr("Cut a test card"));
    connect(hint->button(), &QPushButton::clicked, this, &TilesPanel::cutTestCard);
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(page);
    m_pages->addWidget(hint);

    makeActions();
    takePublished();
    connect(m_canvas, &TilesCanvas::pointed, this, &TilesPanel::hoverPixel);
    connect(m_canvas, &TilesCanvas::clicked, this, &TilesPanel::choosePixel);
    connect(&media(), &MediaListModel::currentChanged, this, [this] {
        if (isLocked())
            return;
        fillSources();
        // Who opens or picks a picture wants to see it.
        if (media().current() != nullptr)
            m_source->setCurrentIndex(std::max(0, m_source->findData(kOpened)));
        showSource();
    });
    connect(&media(), &MediaListModel::itemChanged, this, [this](MediaId id) {
        if (isLocked() || media().current() == nullptr || media().current()->id != id)
            return;
        if (m_source->currentData().toInt() == kOpened || m_source->findData(kOpened) < 0) {
            fillSources();
            showSource();
        }
    });
    connect(&m_work, &RolloutWork::thumbnailReady, this, [this](FilmRow, int media, const QImage& picture) {
        if (m_source->currentData().toInt() == media)
            showPicture(picture, m_size);
    });
    connect(this, &Panel::lockedChanged, this, &TilesPanel::freeze);
    fillSources();
    showSource();
    arrange();
}

int TilesPanel::number(Number which) const
{
    return m_fields[which].spin->value();
}

void TilesPanel::setNumber(Number which, int value)
{
    Field& field = m_fields[which];
    {
        const QSignalBlocker quietField(field.spin);
        const QSignalBlocker quietSlider(field.slider);
        field.spin->setValue(value);
        field.slider->setValue((value + field.step / 2) / field.step);
    }
    if (which == TileSide && !m_isFilling) {
        // The largest side stays a whole number of tiles, so that the slider always shows a plan.
        const int tile = std::max(1, value);
        const int tiles = std::max(1, (number(MaxSide) + tile / 2) / tile);
        const QSignalBlocker quietField(m_fields[MaxSide].spin);
        const QSignalBlocker quietSlider(m_fields[MaxSide].slider);
        m_fields[MaxSide].spin->setValue(tiles * tile);
        m_fields[MaxSide].slider->setValue(tiles * tile / m_fields[MaxSide].step);
    }
    if (m_isFilling)
        return;
    if (which == Width || which == Height)
        showSource();
    else
        compute();
}

void TilesPanel::takePublished()
{
    m_isFilling = true;
    const inspect::TileRules tiles;
    const inspect::SquareRules square;
    setNumber(Width, 1280);
    setNumber(Height, 720);
    setNumber(MaxSide, tiles.maxSidePixels);
    setNumber(TileSide, tiles.tilePixels);
    setNumber(Patch, 16);
    setNumber(Shuffle, 4);
    setNumber(Names, tiles.mostPerSide);
    setNumber(LeastCrop, square.panAndScan.minCropPixels);
    setNumber(MostCrops, square.panAndScan.maxCrops);
    {
        const QSignalBlocker quietMode(m_mode);
        const QSignalBlocker quietGlobal(m_global);
        const QSignalBlocker quietRatio(m_ratio);
        m_mode->setCurrentIndex(m_mode->findData(tiles.fillsMaxSide));
        m_global->setChecked(tiles.hasGlobalTile);
        m_ratio->setValue(square.panAndScan.minRatioToActivate);
    }
    m_isFilling = false;
    if (m_source->currentData().toInt() == kTestCard)
        showSource();
    else
        compute();
}

inspect::SquareRules TilesPanel::squareRules() const
{
    inspect::SquareRules out;
    out.panAndScan = {number(LeastCrop), number(MostCrops), m_ratio->value()};
    return out;
}

Result<inspect::TilePlan> TilesPanel::plan() const
{
    const Result<int> tokens = inspect::tokensPerTileSide(number(TileSide), number(Patch), number(Shuffle));
    if (!tokens)
        return tl::unexpected(tokens.error());
    inspect::TileRules rules;
    rules.tilePixels = number(TileSide);
    rules.maxSidePixels = number(MaxSide);
    rules.fillsMaxSide = m_mode->currentData().toBool();
    rules.tokensPerSide = *tokens;
    rules.hasGlobalTile = m_global->isChecked();
    rules.mostPerSide = number(Names);
    return inspect::planTiles(m_size, rules);
}

void TilesPanel::compute()
{
    if (m_isFilling || m_size.height < 1)
        return;
    const Result<inspect::TilePlan> planned = plan();
    const inspect::SquareRules square = squareRules();
    m_result = inspect::pictureTokens(m_size, planned, square);
    m_model->setTable(m_result.tables.front());
    TilesScene scene;
    scene.picture = m_picture;
    scene.source = m_size;
    if (planned)
        scene.plan = *planned;
    else
        scene.planProblem = QString::fromStdString(planned.error().message);
    scene.square = square;
    scene.crops = panAndScanCrops(m_size.height, m_size.width, square.panAndScan);
    scene.cropNote = QString::fromStdString(inspect::panAndScanObstacle(m_size, square.panAndScan));
    m_problem->setText(scene.planProblem);
    m_problem->setVisible(!scene.planProblem.isEmpty());

    const QLocale locale;
    QStringList words{tr("%1×%2").arg(m_size.width).arg(m_size.height)};
    if (planned) {
        const double stretch = (planned->stretch() - 1) * 100;
        const QString side = planned->source.width >= planned->source.height ? tr("height") : tr("width");
        const QString change = std::abs(stretch) < 0.05
                                   ? tr("proportions kept")
                                   : tr("%1 stretched by %2 %, nothing padded")
                                         .arg(side)
                                         .arg(stretch > 0 ? stretch : (1 / planned->stretch() - 1) * 100, 0, 'f', 1);
        words << tr("nanoVLM: resized to %1×%2 (%3), %4 tokens")
                     .arg(planned->resized.width)
                     .arg(planned->resized.height)
                     .arg(change, locale.toString(planned->totalTokens()));
    }
    words << tr("Gemma 3: %1 tokens").arg(locale.toString(inspect::squareWay(m_size, square).imageTokens()));
    if (const auto way = inspect::panAndScanWay(m_size, square))
        words << tr("with pan and scan %1").arg(locale.toString(way->imageTokens()));
    m_summary->setText(words.join(QStringLiteral("  ·  ")));
    m_canvas->setScene(std::move(scene));
    arrange();
}

void TilesPanel::fillSources()
{
    const QVariant before = m_source->currentData();
    const QSignalBlocker quiet(m_source);
    m_source->clear();
    if (const MediaItem* item = media().current(); item != nullptr && !item->picture.isNull())
        m_source->addItem(tr("Opened: %1").arg(item->name), kOpened);
    if (const Question* question = shownRun().question()) {
        for (int i = 0; i < static_cast<int>(question->media.size()); ++i) {
            if (!stillImage(*question, i).empty())
                m_source->addItem(tr("Run: %1").arg(mediaName(*question, i)), i);
        }
    }
    m_source->addItem(tr("Test card of any size"), kTestCard);
    // Until somebody chooses, the first real picture.
    const bool isChosen = before.isValid() && (before.toInt() != kTestCard || m_wantsCard);
    const int index = isChosen ? m_source->findData(before) : 0;
    m_source->setCurrentIndex(std::max(0, index));
}

void TilesPanel::showSource()
{
    const int source = m_source->currentData().toInt();
    m_wantsCard = m_wantsCard || (m_source->count() > 1 && source == kTestCard);
    m_pages->setCurrentIndex(source == kTestCard && !m_wantsCard ? 1 : 0);
    m_cardSize->setVisible(source == kTestCard);
    m_work.forget();
    m_runMedia.reset();
    if (source == kTestCard) {
        showTestCard();
        return;
    }
    if (source == kOpened) {
        const MediaItem* item = media().current();
        if (item == nullptr)
            return;
        if (const Question* question = shownRun().question()) {
            for (int i = 0; i < static_cast<int>(question->media.size()); ++i) {
                if (question->media[static_cast<std::size_t>(i)].path == item->path.toStdString() &&
                    stillFrameIndex(*question, i) == item->shownFrame)
                    m_runMedia = i;
            }
        }
        showPicture(item->picture, {item->image.height(), item->image.width()});
        return;
    }
    m_runMedia = source;
    const Image image = stillImage(*shownRun().question(), source);
    const inspect::PixelSize size{image.height(), image.width()};
    if (qint64{image.width()} * image.height() <= kMostPixelsAtOnce) {
        showPicture(viewOf(image), size);
        return;
    }
    m_size = size;
    m_work.makeThumbnails(
        FilmRow::Shown, source + 1, [image, source](int index) { return index == source ? image : Image(); },
        std::min(kScreenHeight, image.height()));
}

void TilesPanel::showPicture(const QImage& picture, const inspect::PixelSize& size)
{
    m_picture = picture;
    m_size = size;
    compute();
    showSelection();
}

// A circle and squares: what a resize does to them is seen at once.
void TilesPanel::showTestCard()
{
    const inspect::PixelSize size{number(Height), number(Width)};
    const double scale = std::min(1.0, 720.0 / std::max(size.width, size.height));
    QImage card(std::max(1, static_cast<int>(size.width * scale)), std::max(1, static_cast<int>(size.height * scale)),
                QImage::Format_RGB888);
    card.fill(QColor(0x3a, 0x45, 0x55));
    QPainter painter(&card);
    painter.setRenderHint(QPainter::Antialiasing);
    const double side = std::min(card.width(), card.height());
    const double cell = side / 8;
    painter.setPen(QPen(QColor(0x55, 0x63, 0x77), 1));
    for (double x = 0; x < card.width(); x += cell)
        painter.drawLine(QPointF(x, 0), QPointF(x, card.height()));
    for (double y = 0; y < card.height(); y += cell)
        painter.drawLine(QPointF(0, y), QPointF(card.width(), y));
    painter.setPen(QPen(QColor(0xe8, 0xee, 0xf6), std::max(2.0, side / 90)));
    const QPointF middle(card.width() / 2.0, card.height() / 2.0);
    painter.drawEllipse(middle, side * 0.42, side * 0.42);
    painter.drawLine(middle - QPointF(side * 0.42, 0), middle + QPointF(side * 0.42, 0));
    painter.drawLine(middle - QPointF(0, side * 0.42), middle + QPointF(0, side * 0.42));
    painter.end();
    showPicture(card, size);
}

bool TilesPanel::hasPicture() const
{
    return m_pages->currentIndex() == 0;
}

void TilesPanel::cutTestCard()
{
    m_wantsCard = true;
    m_source->setCurrentIndex(m_source->findData(kTestCard));
    showSource();
    m_source->setFocus();
}

void TilesPanel::showRun()
{
    fillSources();
    showSource();
}

Positions TilesPanel::tokensAt(const QPointF& fraction) const
{
    const TokenLayout* layout = shownRun().layout();
    if (!m_runMedia || layout == nullptr)
        return {};
    return layout->tokensFromPoint(*m_runMedia, TokenKind::Image, fraction.y(), fraction.x());
}

std::vector<PixelBox> TilesPanel::boxesOf(const Positions& positions) const
{
    std::vector<PixelBox> out;
    for (const std::int64_t position : positions) {
        if (m_runMedia && position < shownRun().prefillLength() && shownRun().originAt(position).media == *m_runMedia)
            out.push_back(shownRun().boxAt(position));
    }
    return out;
}

void TilesPanel::hoverPixel(const std::optional<QPointF>& fraction)
{
    Positions positions = fraction ? tokensAt(*fraction) : Positions();
    if (positions.empty()) {
        selection().endHover(m_hovering);
        return;
    }
    m_hovering = positions;
    selection().hover(std::move(positions));
}

void TilesPanel::choosePixel(const QPointF& fraction, Qt::KeyboardModifiers modifiers)
{
    const Positions positions = tokensAt(fraction);
    if (positions.empty())
        return;
    if (modifiers.testFlag(Qt::AltModifier)) {
        Focus focus = selection().focus();
        focus.query = positions.front();
        selection().setFocus(focus);
    } else if (modifiers.testFlag(Qt::ShiftModifier)) {
        selection().extendTo(positions.front());
    } else if (modifiers.testFlag(Qt::ControlModifier)) {
        selection().toggle(positions);
    } else {
        selection().choose(positions);
    }
}

void TilesPanel::showSelection()
{
    m_canvas->setMarked(boxesOf(selection().hovered()), boxesOf(selection().chosen()));
}

void TilesPanel::arrange()
{
    constexpr int kTall = 380;
    QWidget* settings = m_settingsArea->widget();
    const int settingsWidth =
        settings->minimumSizeHint().width() + settings->style()->pixelMetric(QStyle::PM_ScrollBarExtent) + 2;
    const bool wanted = m_wantsSettings.value_or(width() >= 2 * settingsWidth + 180);
    const bool both = width() >= settingsWidth + 300;
    m_settings->setChecked(wanted);
    m_settingsArea->setVisible(wanted);
    m_settingsArea->setMinimumWidth(std::min(settingsWidth, std::max(0, width())));
    m_settingsArea->setMaximumWidth(both ? settingsWidth : QWIDGETSIZE_MAX);
    m_canvas->setVisible(!wanted || both);
    // A table of which two columns are seen says less than the sentence below it.
    constexpr int kReadable = 480;
    const bool hasTable = width() - (wanted ? settingsWidth : 0) >= kReadable;
    m_view->setVisible(height() >= kTall && hasTable && m_canvas->isVisibleTo(this));
    m_legend->setVisible(height() >= kTall && m_canvas->isVisibleTo(this));
    const int rows = m_model->rowCount();
    m_view->setColumnHidden(0, true);  // its texts name the rows
    bool anyReason = false;
    const int reason = m_model->columnOf(QStringLiteral("reason"));
    for (int row = 0; row < rows; ++row)
        anyReason = anyReason || !m_model->index(row, reason).data(ResultTableModel::CellRole).toString().isEmpty();
    if (reason >= 0)
        m_view->setColumnHidden(reason, !anyReason);
    const int line = m_view->verticalHeader()->defaultSectionSize();
    const bool scrolls = m_view->horizontalHeader()->length() + m_view->verticalHeader()->width() > m_view->width();
    m_view->setFixedHeight(m_view->horizontalHeader()->sizeHint().height() + rows * line + 4 +
                           (scrolls ? m_view->style()->pixelMetric(QStyle::PM_ScrollBarExtent) : 0));
}

void TilesPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    arrange();
}

QJsonObject TilesPanel::saveView() const
{
    static constexpr std::array kKeys = {"width",   "height", "max_side",   "tile",      "patch",
                                         "shuffle", "names",  "least_crop", "most_crops"};
    QJsonObject out{{QStringLiteral("source"), m_source->currentData().toInt()},
                    {QStringLiteral("fills"), m_mode->currentData().toBool()},
                    {QStringLiteral("global"), m_global->isChecked()},
                    {QStringLiteral("ratio"), m_ratio->value()},
                    {QStringLiteral("card"), m_wantsCard && m_source->currentData().toInt() == kTestCard}};
    for (int which = 0; which < NumberCount; ++which)
        out[QString::fromLatin1(kKeys[static_cast<std::size_t>(which)])] = number(static_cast<Number>(which));
    if (m_wantsSettings)
        out[QStringLiteral("settings")] = *m_wantsSettings;
    return out;
}

void TilesPanel::restoreView(const QJsonObject& view)
{
    static constexpr std::array kKeys = {"width",   "height", "max_side",   "tile",      "patch",
                                         "shuffle", "names",  "least_crop", "most_crops"};
    m_isFilling = true;
    for (int which = 0; which < NumberCount; ++which) {
        const QJsonValue value = view[QString::fromLatin1(kKeys[static_cast<std::size_t>(which)])];
        if (value.isDouble())
            setNumber(static_cast<Number>(which), value.toInt());
    }
    m_mode->setCurrentIndex(
        std::max(0, m_mode->findData(view[QStringLiteral("fills")].toBool(m_mode->currentData().toBool()))));
    m_global->setChecked(view[QStringLiteral("global")].toBool(m_global->isChecked()));
    m_ratio->setValue(view[QStringLiteral("ratio")].toDouble(m_ratio->value()));
    if (view.contains(QStringLiteral("settings")))
        m_wantsSettings = view[QStringLiteral("settings")].toBool();
    if (const int index = m_source->findData(view[QStringLiteral("source")].toInt(kTestCard)); index >= 0)
        m_source->setCurrentIndex(index);
    m_wantsCard = m_wantsCard || view[QStringLiteral("card")].toBool();
    m_isFilling = false;
    showSource();
}

QString TilesPanel::caption() const
{
    return tr("Tiles of a picture, without a model. %1.").arg(m_summary->text());
}

std::optional<AnalysisResult> TilesPanel::viewData() const
{
    return hasPicture() ? std::optional(m_result) : std::nullopt;
}

void TilesPanel::freeze(bool locked)
{
    m_frozen = locked ? frozenView(run(), overlays()) : nullptr;
    if (!locked)
        showRun();
}

}  // namespace armillary::widgets
