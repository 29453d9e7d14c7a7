#include "widgets/checks/effect_page.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/offer_page.h"
#include "widgets/analysis/result_table_view.h"
#include "widgets/models/result_table_model.h"
#include "widgets/theme.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <utility>

namespace armillary::widgets {

EffectPage::EffectPage(const PanelContext& context, EffectKind kind, QWidget* parent)
    : QWidget(parent), m_selection(context.selection), m_kind(std::move(kind))
{
    m_view = new AnalysisView(context, this);
    m_strip = new AnalysisStrip(context, *m_view);
    m_form = new ArgumentForm(m_kind.fields);
    m_measure = new QComboBox;
    m_measure->setAccessibleName(tr("Measure"));
    m_measure->setToolTip(tr("What the chart shows"));
    for (const EffectMeasure& measure : m_kind.measures)
        m_measure->addItem(measure.title, QString::fromStdString(measure.name));
    m_measure->setVisible(m_kind.measures.size() > 1);
    m_measure->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_measure->setMinimumContentsLength(16);
    m_summary = new QLabel;
    m_summary->setWordWrap(true);
    m_chart = new SeriesChart;
    m_chart->setAccessibleName(m_kind.title);
    m_model = new ResultTableModel(this);
    m_table = makeResultTable(m_model);
    m_table->setAccessibleName(m_kind.title);

    m_options = new QToolButton;
    m_options->setText(tr("Options"));
    m_options->setToolTip(tr("Show or hide the options of this analysis"));
    m_options->setCheckable(true);
    m_options->setChecked(true);
    m_options->setArrowType(Qt::DownArrow);
    m_options->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_options->setAutoRaise(true);
    connect(m_options, &QToolButton::toggled, this, [this](bool shown) {
        m_options->setArrowType(shown ? Qt::DownArrow : Qt::RightArrow);
        m_form->setVisible(shown);
    });
    connect(m_options, &QToolButton::clicked, this, [this] { m_optionsChosen = true; });

    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 0, 8, 0);
    head->setSpacing(8);
    head->addWidget(m_options);
    head->addWidget(m_summary, 1);
    head->addWidget(m_measure);
    auto* split = new QSplitter(Qt::Vertical);
    split->setChildrenCollapsible(false);
    split->addWidget(m_chart);
    split->addWidget(m_table);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 2, 0, 0);
    column->setSpacing(2);
    column->addWidget(m_strip);
    column->addLayout(head);
    column->addWidget(m_form);
    auto* offer = new OfferPage(m_kind.title, m_kind.tip, m_strip->startAction());
    m_pages = new QStackedWidget;
    m_pages->addWidget(offer);
    m_pages->addWidget(split);
    column->addWidget(m_pages, 1);

    connect(m_view, &AnalysisView::changed, this, &EffectPage::showResult);
    connect(m_form, &ArgumentForm::changed, this, &EffectPage::want);
    connect(m_measure, &QComboBox::currentIndexChanged, this, &EffectPage::showChart);
    connect(m_chart, &SeriesChart::placeClicked, this, &EffectPage::clicked);
    want();
    showResult();
}

void EffectPage::want()
{
    m_strip->setRequest({m_kind.analysis, m_form->arguments()}, m_kind.startText, m_kind.tip);
}

std::string EffectPage::measure() const
{
    return m_measure->currentData().toString().toStdString();
}

void EffectPage::setMeasure(const std::string& name)
{
    if (const int index = m_measure->findData(QString::fromStdString(name)); index >= 0)
        m_measure->setCurrentIndex(index);
}

void EffectPage::showResult()
{
    const auto result = m_view->sharedResult();
    m_model->setResult(result, m_kind.table);
    m_summary->setText(result && m_kind.summary ? m_kind.summary(*result) : QString());
    m_chart->setVisible(result != nullptr);
    m_table->setVisible(m_model->rowCount() > 0);
    m_pages->setCurrentIndex(result != nullptr ? 1 : 0);
    showChart();
}

void EffectPage::showChart()
{
    const AnalysisResult* result = m_view->result();
    Chart chart = result == nullptr ? Chart{} : m_kind.chart(*result, measure(), themeColors(palette()).dark);
    if (result != nullptr && m_view->isDifference())
        chart.valueTitle = tr("%1, A - B").arg(chart.valueTitle);
    m_chart->setVisible(!chart.series.empty());
    m_chart->setChart(std::move(chart));
    showFocus();
}

bool EffectPage::isOverLayers() const
{
    // Places that are no layers carry words.
    bool isNumber = !m_chart->chart().places.isEmpty();
    for (const QString& place : m_chart->chart().places) {
        bool ok = false;
        (void)place.toInt(&ok);
        isNumber = isNumber && ok;
    }
    return isNumber && m_kind.analysis != "interventions";
}

void EffectPage::showFocus()
{
    std::optional<int> place;
    if (isOverLayers() && m_selection.focus().layer) {
        const auto at = m_chart->chart().places.indexOf(QString::number(*m_selection.focus().layer));
        if (at >= 0)
            place = static_cast<int>(at);
    }
    m_chart->setMarked(place);
}

void EffectPage::clicked(int place)
{
    if (isOverLayers()) {
        Focus focus = m_selection.focus();
        focus.layer = m_chart->chart().places[place].toInt();
        m_selection.setFocus(focus);
        return;
    }
    // Places of the interventions are tokens of the answer.
    const auto record = m_view->record();
    if (m_kind.analysis == "interventions" && record && static_cast<std::size_t>(place) < record->generated.size())
        m_selection.choose({record->generated[static_cast<std::size_t>(place)].position});
}

QString EffectPage::summaryText() const
{
    return m_summary->text();
}

QJsonObject EffectPage::saveView() const
{
    return {{QStringLiteral("form"), m_form->saveView()},
            {QStringLiteral("measure"), QString::fromStdString(measure())}};
}

void EffectPage::restoreView(const QJsonObject& view)
{
    m_form->restoreView(view[QLatin1String("form")].toObject());
    setMeasure(view[QLatin1String("measure")].toString().toStdString());
}

void EffectPage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_view != nullptr)
        showChart();
}

void EffectPage::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    // A low panel keeps its room for the chart.
    constexpr int kHighEnough = 330;
    if (!m_optionsChosen)
        m_options->setChecked(height() >= kHighEnough);
}

}  // namespace armillary::widgets
