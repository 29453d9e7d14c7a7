#include "widgets/panels/layers_panel.h"

#include "widgets/hint_page.h"
#include "widgets/overlay/overlay_data.h"
#include "widgets/overlay/overlay_legend.h"

#include <QAction>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QJsonObject>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

int percentOf(double opacity)
{
    return static_cast<int>(std::lround(opacity * 100));
}

}  // namespace

LayersPanel::LayersPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("layers"), tr("Layers"), context, parent)
{
    m_on = new QCheckBox(tr("Overlay"));
    m_on->setToolTip(tr("All layers on or off (V)"));
    connect(m_on, &QCheckBox::toggled, this, [this](bool on) { overlays().setOn(on); });

    auto* inside = new QWidget;
    m_list = new QVBoxLayout(inside);
    m_list->setContentsMargins(8, 0, 8, 8);
    m_list->setSpacing(6);
    m_list->addStretch(1);
    auto* scroll = new QScrollArea;
    scroll->setWidget(inside);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setAccessibleName(tr("Overlay layers, the uppermost first"));

    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 6, 0, 0);
    column->setSpacing(4);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 0, 12, 0);
    head->addWidget(m_on);
    head->addStretch(1);
    column->addLayout(head);
    column->addWidget(scroll, 1);

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("No layers yet"),
                                    tr("What pictures, filmstrip and token strip are painted with is listed here: the "
                                       "attention of a word as soon as a run is shown, colours of embeddings, and what "
                                       "other panels add."),
                                    {}));
    m_pages->addWidget(shown);
    makeActions();
    showOverlays();
}

void LayersPanel::makeActions()
{
    const auto add = [this](const QString& name, const QString& tip, auto change) {
        auto* action = new QAction(name, this);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, change);
        addAction(action);
    };
    add(tr("Show all overlay layers"), tr("Ends solo and switches every layer on"), [this] {
        overlays().setSolo({});
        for (const Row& row : m_rows)
            overlays().setVisible(row.id, true);
    });
    add(tr("Only the uppermost overlay layer"), tr("Solo of the uppermost layer; once more ends it"), [this] {
        if (!overlays().solo().isEmpty())
            overlays().setSolo({});
        else if (const OverlayStack::Entry* top = overlays().top())
            overlays().setSolo(top->id);
    });
}

LayersPanel::Row LayersPanel::makeRow(const QString& id)
{
    Row row;
    row.id = id;
    row.whole = new QWidget;
    row.visible = new QCheckBox;
    row.visible->setToolTip(tr("Show this layer"));
    row.legend = new OverlayLegend(overlays(), OverlayLegend::Form::ThreeLines, id);
    row.solo = new QToolButton;
    row.solo->setText(tr("Solo"));
    row.solo->setCheckable(true);
    row.solo->setToolTip(tr("Show this layer only; once more ends it"));
    row.opacity = new QSlider(Qt::Horizontal);
    row.opacity->setRange(0, 100);
    row.opacity->setToolTip(tr("Opacity: how much of the picture below shows through"));
    row.percent = new QLabel;
    row.percent->setProperty("role", "muted");
    row.percent->setToolTip(row.opacity->toolTip());
    row.percent->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("100 %")));

    auto* top = new QHBoxLayout;
    top->setSpacing(2);
    top->addWidget(row.visible, 0, Qt::AlignTop);
    top->addWidget(row.legend, 1);
    auto* bottom = new QHBoxLayout;
    bottom->setContentsMargins(26, 0, 8, 0);
    bottom->setSpacing(8);
    bottom->addWidget(row.opacity, 1);
    bottom->addWidget(row.percent);
    bottom->addWidget(row.solo);
    auto* column = new QVBoxLayout(row.whole);
    column->setContentsMargins(4, 4, 0, 4);
    column->setSpacing(2);
    column->addLayout(top);
    column->addLayout(bottom);

    connect(row.visible, &QCheckBox::toggled, this, [this, id](bool on) { overlays().setVisible(id, on); });
    connect(row.solo, &QToolButton::toggled, this, [this, id](bool on) {
        if (on)
            overlays().setSolo(id);
        else if (overlays().solo() == id)
            overlays().setSolo({});
    });
    connect(row.opacity, &QSlider::valueChanged, this,
            [this, id](int percent) { overlays().setOpacity(id, percent / 100.0); });
    return row;
}

void LayersPanel::rebuild()
{
    for (const Row& row : m_rows)
        delete row.whole;
    m_rows.clear();
    const auto& entries = overlays().entries();
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
        m_rows.push_back(makeRow(entry->id));
        m_list->insertWidget(static_cast<int>(m_rows.size()) - 1, m_rows.back().whole);
    }
}

void LayersPanel::showRow(const Row& row, const OverlayStack::Entry& entry)
{
    const QSignalBlocker quietVisible(row.visible), quietSolo(row.solo), quietOpacity(row.opacity);
    row.visible->setChecked(entry.isVisible);
    row.solo->setChecked(overlays().solo() == entry.id);
    row.opacity->setValue(percentOf(entry.opacity));
    row.percent->setText(tr("%1 %").arg(percentOf(entry.opacity)));
    row.legend->refresh();
    row.visible->setAccessibleName(tr("Show: %1").arg(entry.layer.title));
    row.solo->setAccessibleName(tr("Only: %1").arg(entry.layer.title));
    row.opacity->setAccessibleName(tr("Opacity of: %1").arg(entry.layer.title));
}

void LayersPanel::showOverlays()
{
    const auto& entries = overlays().entries();
    const bool sameRows =
        std::equal(entries.rbegin(), entries.rend(), m_rows.begin(), m_rows.end(),
                   [](const OverlayStack::Entry& entry, const Row& row) { return entry.id == row.id; });
    if (!sameRows)
        rebuild();
    m_pages->setCurrentIndex(entries.empty() ? 0 : 1);
    const QSignalBlocker quiet(m_on);
    m_on->setChecked(overlays().isOn());
    for (const Row& row : m_rows)
        showRow(row, *overlays().find(row.id));
}

QJsonObject LayersPanel::saveView() const
{
    QJsonObject layers;
    for (const OverlayStack::Entry& entry : overlays().entries())
        layers[entry.id] =
            QJsonObject{{QStringLiteral("visible"), entry.isVisible}, {QStringLiteral("opacity"), entry.opacity}};
    return {{QStringLiteral("on"), overlays().isOn()},
            {QStringLiteral("solo"), overlays().solo()},
            {QStringLiteral("layers"), layers}};
}

void LayersPanel::restoreView(const QJsonObject& view)
{
    const QJsonObject layers = view[QStringLiteral("layers")].toObject();
    for (auto it = layers.begin(); it != layers.end(); ++it) {
        const QJsonObject layer = it.value().toObject();
        overlays().setVisible(it.key(), layer[QStringLiteral("visible")].toBool(true));
        overlays().setOpacity(it.key(), layer[QStringLiteral("opacity")].toDouble(0.75));
    }
    const QString solo = view[QStringLiteral("solo")].toString();
    overlays().setSolo(overlays().find(solo) != nullptr ? solo : QString());
    overlays().setOn(view[QStringLiteral("on")].toBool(true));
}

std::optional<AnalysisResult> LayersPanel::viewData() const
{
    return overlayData(overlays());
}

}  // namespace armillary::widgets
