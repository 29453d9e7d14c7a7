#include "widgets/embedding/map_options_row.h"

#include "widgets/flow_row.h"

#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>

#include <initializer_list>

namespace armillary::widgets {
namespace {

QWidget* labelled(const QString& name, QWidget* field)
{
    auto* part = new QWidget;
    auto* row = new QHBoxLayout(part);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(5);
    auto* label = new QLabel(name);
    label->setBuddy(field);
    label->setProperty("role", "muted");
    row->addWidget(label);
    row->addWidget(field);
    field->setAccessibleName(name);
    return part;
}

}  // namespace

MapOptionsRow::MapOptionsRow(QWidget* parent) : QWidget(parent)
{
    const auto check = [this](const QString& name, const QString& tip) {
        auto* box = new QCheckBox(name);
        box->setChecked(true);
        box->setToolTip(tip);
        connect(box, &QCheckBox::toggled, this, &MapOptionsRow::changed);
        return box;
    };
    m_world = check(tr("World"), tr("Put world tokens into the map"));
    m_image = check(tr("Image"), tr("Put image tokens into the map"));
    m_words = check(tr("Words"), tr("Put text, control, bracket and answer tokens into the map; layers hold them, "
                                    "image and world tensors do not"));
    m_words->setChecked(false);
    m_normalise = check(tr("Unit length"), tr("Divide every vector by its norm first, so that a few long tokens do not "
                                              "decide the map"));
    m_perplexity = new QDoubleSpinBox;
    m_perplexity->setRange(2, 500);
    m_perplexity->setDecimals(0);
    m_perplexity->setValue(30);
    m_perplexity->setToolTip(tr("How many neighbours count; cut to (tokens − 1) / 3"));
    m_neighbours = new QSpinBox;
    m_neighbours->setRange(2, 200);
    m_neighbours->setValue(15);
    m_neighbours->setToolTip(tr("Neighbours of each token in the graph, itself the first"));
    m_distance = new QDoubleSpinBox;
    m_distance->setRange(0, 3);
    m_distance->setSingleStep(0.05);
    m_distance->setValue(0.1);
    m_distance->setToolTip(tr("How near points may lie in the map"));
    m_seed = new QSpinBox;
    m_seed->setRange(0, 1'000'000);
    m_seed->setToolTip(tr("Of every random number; the same seed gives the same map"));
    m_perplexityPart = labelled(tr("Perplexity"), m_perplexity);
    m_neighboursPart = labelled(tr("Neighbours"), m_neighbours);
    m_distancePart = labelled(tr("Least distance"), m_distance);
    for (QAbstractSpinBox* box :
         {static_cast<QAbstractSpinBox*>(m_perplexity), static_cast<QAbstractSpinBox*>(m_distance),
          static_cast<QAbstractSpinBox*>(m_seed), static_cast<QAbstractSpinBox*>(m_neighbours)})
        box->setKeyboardTracking(false);
    connect(m_perplexity, &QDoubleSpinBox::valueChanged, this, &MapOptionsRow::changed);
    connect(m_distance, &QDoubleSpinBox::valueChanged, this, &MapOptionsRow::changed);
    connect(m_neighbours, &QSpinBox::valueChanged, this, &MapOptionsRow::changed);
    connect(m_seed, &QSpinBox::valueChanged, this, &MapOptionsRow::changed);

    auto* row = new FlowRow(this);
    row->setSpacing(12);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_world, m_image, m_words, m_normalise, m_perplexityPart, m_neighboursPart,
                                         m_distancePart, labelled(tr("Seed"), m_seed)})
        row->addWidget(widget);
    setAnalysis(m_analysis);
}

void MapOptionsRow::setAnalysis(const QString& name)
{
    m_analysis = name;
    m_perplexityPart->setVisible(name == QStringLiteral("tsne"));
    m_neighboursPart->setVisible(name == QStringLiteral("umap"));
    m_distancePart->setVisible(name == QStringLiteral("umap"));
}

std::map<std::string, std::string> MapOptionsRow::arguments() const
{
    QStringList kinds;
    if (m_world->isChecked())
        kinds << QStringLiteral("world");
    if (m_image->isChecked())
        kinds << QStringLiteral("image");
    if (m_words->isChecked())
        kinds << QStringLiteral("text,control,bracket,generated");
    std::map<std::string, std::string> out;
    // Nothing ticked would be an empty map: then all.
    out["segments"] = kinds.isEmpty() || kinds.size() == 3 ? "all" : kinds.join(QLatin1Char(',')).toStdString();
    out["normalise"] = m_normalise->isChecked() ? "on" : "off";
    out["seed"] = std::to_string(m_seed->value());
    if (m_analysis == QStringLiteral("pca"))
        out["components"] = "3";
    if (m_analysis == QStringLiteral("tsne"))
        out["perplexity"] = std::to_string(static_cast<int>(m_perplexity->value()));
    if (m_analysis == QStringLiteral("umap")) {
        out["neighbours"] = std::to_string(m_neighbours->value());
        out["min-dist"] = QString::number(m_distance->value(), 'g', 4).toStdString();
    }
    return out;
}

QJsonObject MapOptionsRow::save() const
{
    return {{QStringLiteral("world"), m_world->isChecked()},
            {QStringLiteral("image"), m_image->isChecked()},
            {QStringLiteral("words"), m_words->isChecked()},
            {QStringLiteral("normalise"), m_normalise->isChecked()},
            {QStringLiteral("perplexity"), m_perplexity->value()},
            {QStringLiteral("neighbours"), m_neighbours->value()},
            {QStringLiteral("leastDistance"), m_distance->value()},
            {QStringLiteral("seed"), m_seed->value()}};
}

void MapOptionsRow::restore(const QJsonObject& saved)
{
    const auto check = [&saved](QCheckBox* box, const QString& name) {
        box->setChecked(saved[name].toBool(box->isChecked()));
    };
    check(m_world, QStringLiteral("world"));
    check(m_image, QStringLiteral("image"));
    check(m_words, QStringLiteral("words"));
    check(m_normalise, QStringLiteral("normalise"));
    m_perplexity->setValue(saved[QStringLiteral("perplexity")].toDouble(m_perplexity->value()));
    m_neighbours->setValue(saved[QStringLiteral("neighbours")].toInt(m_neighbours->value()));
    m_distance->setValue(saved[QStringLiteral("leastDistance")].toDouble(m_distance->value()));
    m_seed->setValue(saved[QStringLiteral("seed")].toInt(m_seed->value()));
}

}  // namespace armillary::widgets
