// The controls of the tile simulator: source, table, sliders with fields, and actions.
#include "widgets/local_action.h"
#include "widgets/models/result_table_model.h"
#include "widgets/panels/tiles_panel.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSlider>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {

void TilesPanel::makeControls()
{
    m_source = new QComboBox;
    m_source->setAccessibleName(tr("Which picture"));
    m_source->setToolTip(tr("The opened picture, those of the shown run, or a test card of any size"));
    m_source->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_source->setMinimumContentsLength(10);
    connect(m_source, &QComboBox::activated, this, &TilesPanel::showSource);
    m_open = new QToolButton;
    m_open->setText(tr("Open…"));
    m_open->setAccessibleName(tr("Open a picture"));
    m_open->setToolTip(tr("Open a picture; dropping one anywhere on the window does the same"));
    connect(m_open, &QToolButton::clicked, this, &TilesPanel::openRequested);
    m_settings = new QToolButton;
    m_settings->setText(tr("Settings"));
    m_settings->setCheckable(true);
    m_settings->setAccessibleName(tr("Numbers of the cut"));
    m_settings->setToolTip(tr("Show or hide the numbers that pictures are cut by (Ctrl+.)"));
    connect(m_settings, &QToolButton::clicked, this, [this](bool wanted) {
        m_wantsSettings = wanted;
        arrange();
    });

    m_model = new ResultTableModel(this);
    const auto describe = [this](const char* name, const QString& title, const QString& tip) {
        m_model->describe(QString::fromLatin1(name), {title, {}, tip, false});
    };
    m_model->setRowNames(QStringLiteral("way"));
    describe("way", tr("way"), tr("How a picture is given to the vision encoder"));
    describe("pictures", tr("pictures"), tr("Pictures that the encoder reads: tiles or crops, the whole one included"));
    describe("size", tr("size"), tr("Of each of them in pixels"));
    describe("tokens_a_picture", tr("tokens each"), tr("Image tokens of one picture"));
    describe("image_tokens", tr("image tokens"), tr("Of all pictures"));
    describe("total_tokens", tr("with markers"),
             tr("With the marker in front of every tile, or begin and end of every picture; words come on top"));
    describe("stretch", tr("stretched"), tr("How much taller or wider things look than they are"));
    describe("added_pixels", tr("added pixels"),
             tr("Pixels beyond resizes that keep the proportions; padding would leave as many empty"));
    describe("token_covers", tr("a token covers"),
             tr("Source pixels, width x height, that the finest token stands for"));
    describe("reason", tr("why not"), tr("Why there is no such plan"));
    m_view = new QTableView;
    m_view->setModel(m_model);
    m_view->setAccessibleName(tr("Tokens of every way"));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setAlternatingRowColors(true);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);

    m_summary = new QLabel;
    m_summary->setProperty("role", "muted");
    m_problem = new QLabel;
    m_problem->setProperty("role", "error");
    m_legend =
        new QLabel(tr("thick: tiles and crops  ·  thin: tokens  ·  white: the token under the pointer, in every view"));
    m_legend->setProperty("role", "muted");
    for (QLabel* label : {m_summary, m_problem, m_legend}) {
        label->setWordWrap(true);
        label->setContentsMargins(10, 0, 10, 2);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
}

QWidget* TilesPanel::makeSettings()
{
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(10, 4, 8, 6);
    column->setSpacing(3);
    const auto heading = [column](const QString& words) {
        auto* label = new QLabel(words);
        label->setProperty("role", "dockTitle");
        column->addWidget(label);
    };
    // Sliders move in steps that keep plans whole; fields take any number, and the panel says what does not fit.
    const auto add = [this](QVBoxLayout* into, Number which, const QString& name, const QString& tip, int least,
                            int most, int step) {
        Field& field = m_fields[which];
        field.step = step;
        auto* label = new QLabel(name);
        label->setToolTip(tip);
        field.spin = new QSpinBox;
        field.spin->setRange(1, std::max(most, 16384));
        field.spin->setSingleStep(step);
        field.spin->setAccessibleName(name);
        field.spin->setToolTip(tip);
        field.slider = new QSlider(Qt::Horizontal);
        field.slider->setRange((least + step - 1) / step, most / step);
        field.slider->setAccessibleName(tr("%1, slider").arg(name));
        field.slider->setToolTip(tip);
        label->setBuddy(field.spin);
        auto* head = new QHBoxLayout;
        head->addWidget(label, 1);
        head->addWidget(field.spin);
        into->addLayout(head);
        into->addWidget(field.slider);
        connect(field.slider, &QSlider::valueChanged, this,
                [this, which](int value) { setNumber(which, value * m_fields[which].step); });
        connect(field.spin, &QSpinBox::valueChanged, this, [this, which](int value) { setNumber(which, value); });
    };
    m_cardSize = new QWidget;
    auto* card = new QVBoxLayout(m_cardSize);
    card->setContentsMargins(0, 0, 0, 0);
    card->setSpacing(3);
    add(card, Width, tr("Width"), tr("Of the test card, in pixels"), 16, 4096, 16);
    add(card, Height, tr("Height"), tr("Of the test card, in pixels"), 16, 4096, 16);
    column->addWidget(m_cardSize);

    heading(tr("nanoVLM"));
    add(column, MaxSide, tr("Largest side"), tr("The resized long side at most, in pixels; a whole number of tiles"),
        64, 4096, 64);
    add(column, TileSide, tr("Tile"), tr("A side of a tile, in pixels"), 32, 1024, 32);
    m_mode = new QComboBox;
    m_mode->addItem(tr("Resize to the largest side"), true);
    m_mode->addItem(tr("Resize to the next whole tile"), false);
    m_mode->setAccessibleName(tr("Resize mode"));
    m_mode->setToolTip(
        tr("Whether small pictures grow to the largest side, or only to the next whole number of tiles (Shift+M)"));
    connect(m_mode, &QComboBox::currentIndexChanged, this, &TilesPanel::compute);
    column->addWidget(m_mode);
    add(column, Patch, tr("Patch"), tr("A side of a patch of the vision encoder, in pixels"), 4, 32, 2);
    add(column, Shuffle, tr("Pixel-shuffle factor"), tr("So many patches a side become one token"), 1, 8, 1);
    add(column, Names, tr("Named rows and columns"), tr("For so many tiles a side the vocabulary has marker tokens"), 1,
        32, 1);
    m_global = new QCheckBox(tr("Global tile in front"));
    m_global->setToolTip(tr("The whole picture once more as a tile of its own (G)"));
    connect(m_global, &QCheckBox::toggled, this, &TilesPanel::compute);
    column->addWidget(m_global);

    heading(tr("Gemma 3 pan and scan"));
    add(column, LeastCrop, tr("Smallest crop"), tr("Both sides of a crop have at least so many source pixels"), 16,
        1024, 16);
    add(column, MostCrops, tr("Most crops"), tr("Beside the whole picture"), 1, 16, 1);
    m_ratio = new QDoubleSpinBox;
    m_ratio->setRange(1, 10);
    m_ratio->setSingleStep(0.1);
    m_ratio->setDecimals(2);
    m_ratio->setAccessibleName(tr("Ratio from which pictures are cropped"));
    m_ratio->setToolTip(tr("Long side / short side from which crops are made"));
    connect(m_ratio, &QDoubleSpinBox::valueChanged, this, &TilesPanel::compute);
    auto* row = new QHBoxLayout;
    auto* label = new QLabel(tr("Crops from a ratio of"));
    label->setBuddy(m_ratio);
    row->addWidget(label, 1);
    row->addWidget(m_ratio);
    column->addLayout(row);
    column->addStretch(1);
    return page;
}

void TilesPanel::makeActions()
{
    const auto stepTile = [this](int step) {
        setNumber(TileSide,
                  std::clamp(number(TileSide) + step * m_fields[TileSide].step, m_fields[TileSide].step, 1024));
    };
    addLocalAction(this, tr("Larger tiles"), {Qt::Key_Plus}, tr("Tiles 32 pixels larger (+)"),
                   [stepTile] { stepTile(1); });
    addLocalAction(this, tr("Smaller tiles"), {Qt::Key_Minus}, tr("Tiles 32 pixels smaller (−)"),
                   [stepTile] { stepTile(-1); });
    addLocalAction(this, tr("Other resize mode"), {Qt::SHIFT | Qt::Key_M},
                   tr("To the largest side, or to the next whole tile (Shift+M)"),
                   [this] { m_mode->setCurrentIndex(1 - m_mode->currentIndex()); });
    addLocalAction(this, tr("Global tile on or off"), {Qt::Key_G}, tr("The whole picture as a tile in front (G)"),
                   [this] { m_global->toggle(); });
    addLocalAction(this, tr("Published numbers of the cut"), {Qt::Key_Home},
                   tr("As the published configurations have them: nanoVLM-460M and Gemma 3 (Home)"),
                   [this] { takePublished(); });
    addLocalAction(this, tr("Numbers of the 224-pixel design note"), {}, tr("One tile of 224 pixels with 49 tokens"),
                   [this] {
                       m_isFilling = true;
                       setNumber(MaxSide, 224);
                       setNumber(TileSide, 224);
                       setNumber(Patch, 16);
                       setNumber(Shuffle, 2);
                       m_isFilling = false;
                       compute();
                   });
    addLocalAction(this, tr("Show or hide the numbers of the cut"), {Qt::CTRL | Qt::Key_Period},
                   tr("The settings at the left (Ctrl+.)"), [this] { m_settings->click(); });
    addLocalAction(this, tr("Cut a test card"), {}, tr("A circle on squares, of any size, in place of a picture"),
                   [this] { cutTestCard(); });
    addLocalAction(this, tr("Open a picture to cut…"), {}, tr("Open a picture; it becomes the current one"),
                   [this] { Q_EMIT openRequested(); });
}

}  // namespace armillary::widgets
