#include "widgets/checks/occlusion_page.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/argument_form.h"
#include "widgets/analysis/offer_page.h"
#include "widgets/checks/effect_charts.h"
#include "widgets/checks/grid_maps.h"
#include "widgets/models/result_table_model.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScopedValueRollback>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

const QString kLayerId = QStringLiteral("occlusion");

std::vector<ArgumentField> fields()
{
    using Kind = ArgumentField::Kind;
    return {{Kind::Choice,
             "tokens",
             OcclusionPage::tr("Cover"),
             OcclusionPage::tr("Which grid is covered, block by block"),
             QStringLiteral("world"),
             {QStringLiteral("world"), QStringLiteral("image")},
             0,
             0,
             {}},
            {Kind::Words,
             "sides",
             OcclusionPage::tr("blocks a side"),
             OcclusionPage::tr("Levels with commas, coarse to fine; 7 means 49 passes"),
             QStringLiteral("2,4,7"),
             {QStringLiteral("2,4,7"), QStringLiteral("2,4"), QStringLiteral("4,8,14")},
             0,
             0,
             {}},
            {Kind::Number,
             "frame",
             OcclusionPage::tr("latent frame"),
             OcclusionPage::tr("Of the world"),
             QStringLiteral("-1"),
             {},
             -1,
             1000,
             OcclusionPage::tr("all")},
            {Kind::Number,
             "media",
             OcclusionPage::tr("picture"),
             OcclusionPage::tr("Of image tokens"),
             QStringLiteral("-1"),
             {},
             -1,
             1000,
             OcclusionPage::tr("first")},
            {Kind::Choice,
             "fill",
             OcclusionPage::tr("with"),
             OcclusionPage::tr("What covers a token"),
             QStringLiteral("mean"),
             {QStringLiteral("mean"), QStringLiteral("zero")},
             0,
             0,
             {}},
            {Kind::Number,
             "answer_tokens",
             OcclusionPage::tr("answer tokens"),
             OcclusionPage::tr("So many tokens of the answer are forced"),
             QStringLiteral("16"),
             {},
             1,
             4096,
             {}}};
}

// Levels of `more` laid over those of `base`.
std::shared_ptr<const AnalysisResult> merged(const AnalysisResult& base, const AnalysisResult& more)
{
    auto out = std::make_shared<AnalysisResult>(more);
    for (const auto& [name, array] : base.arrays)
        out->arrays.emplace(name, array);
    for (const std::string& caution : base.cautions) {
        if (std::find(out->cautions.begin(), out->cautions.end(), caution) == out->cautions.end())
            out->cautions.push_back(caution);
    }
    return out;
}

}  // namespace

OcclusionPage::OcclusionPage(const PanelContext& context, QWidget* parent) : QWidget(parent), m_context(context)
{
    m_view = new AnalysisView(context, this);
    m_strip = new AnalysisStrip(context, *m_view);
    m_form = new ArgumentForm(fields());
    m_measure = new QComboBox;
    m_measure->setAccessibleName(tr("Measure"));
    m_measure->setToolTip(tr("What the maps show"));
    m_measure->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_measure->setMinimumContentsLength(16);
    m_measure->addItem(tr("Surprisal change of the answer"), QStringLiteral("surprisal_change"));
    m_measure->addItem(tr("KL of the next token"), QStringLiteral("next_token_kl"));
    m_summary = new QLabel;
    m_summary->setWordWrap(true);
    m_maps = new GridMaps;
    m_maps->setAccessibleName(tr("Maps of covered blocks"));
    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 0, 8, 0);
    head->setSpacing(8);
    head->addWidget(m_summary, 1);
    head->addWidget(m_measure);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 2, 0, 0);
    column->setSpacing(2);
    column->addWidget(m_strip);
    column->addWidget(m_form);
    column->addLayout(head);
    auto* offer = new OfferPage(
        tr("Which blocks does the answer need?"),
        tr("Blocks of world or image tokens are covered one after the other, coarse to fine, and the answer is forced "
           "again: what it costs then is painted over the pictures. One pass of the loaded model a block."),
        m_strip->startAction());
    m_pages = new QStackedWidget;
    m_pages->addWidget(offer);
    m_pages->addWidget(m_maps);
    column->addWidget(m_pages, 1);

    connect(m_strip->startAction(), &QAction::triggered, this,
            [this] { m_isRunning = m_view->state() == AnalysisView::State::Working; });
    connect(m_view, &AnalysisView::changed, this, &OcclusionPage::showResult);
    connect(m_form, &ArgumentForm::changed, this, &OcclusionPage::want);
    connect(m_measure, &QComboBox::currentIndexChanged, this, &OcclusionPage::showMaps);
    connect(&context.run, &ShownRun::stateChanged, this, [this] {
        if (m_view->record() != m_shownRecord || !m_shown)
            want();
    });
    // A difference is no level of this run's map.
    connect(&context.pair, &RunPair::changed, this, &OcclusionPage::want);
    connect(&context.desk, &AnalysisDesk::availabilityChanged, this, [this] {
        if (!m_isRunning && !m_shown)
            want();
    });
    connect(m_maps, &GridMaps::cellHovered, this, [this](int map, int row, int at) {
        const Positions own = std::exchange(m_hovered, tokensOf(map, row, at));
        if (m_hovered.empty())
            m_context.selection.endHover(own);
        else
            m_context.selection.hover(m_hovered);
    });
    connect(m_maps, &GridMaps::cellClicked, this,
            [this](int map, int row, int at) { m_context.selection.choose(tokensOf(map, row, at)); });
    want();
}

void OcclusionPage::want()
{
    if (m_isWanting)
        return;
    {
        const QScopedValueRollback<bool> own(m_isWanting, true);
        m_isRunning = false;
        m_shown.reset();
        // All levels at once, as a session may have kept them.
        m_strip->setRequest({"occlusion", m_form->arguments()}, tr("Cover block by block"), {});
        m_levels.clear();
        if (m_view->state() != AnalysisView::State::Done) {
            for (const QString& side : m_form->value("sides").split(QLatin1Char(','), Qt::SkipEmptyParts))
                m_levels.push_back(side.toStdString());
            wantLevel();
        }
    }
    showResult();
}

void OcclusionPage::wantLevel()
{
    if (m_levels.empty())
        return;
    AnalysisRequest request{"occlusion", m_form->arguments()};
    request.arguments["sides"] = m_levels.front();
    m_strip
        ->setRequest(request, tr("Cover block by block"),
                     tr("One pass of the language model a block, coarse blocks first; what is there is shown at once"));
}

void OcclusionPage::showResult()
{
    if (m_isWanting)
        return;
    if (m_view->state() == AnalysisView::State::Failed)
        m_isRunning = false;
    {
        const QScopedValueRollback<bool> own(m_isWanting, true);
        // Levels at hand come at once, one after the other.
        while (m_view->state() == AnalysisView::State::Done && m_view->result() != nullptr) {
            const bool isSameRun = m_shown && m_shownRecord == m_view->record();
            m_shown = isSameRun ? merged(*m_shown, *m_view->result()) : m_view->sharedResult();
            m_shownRecord = m_view->record();
            if (m_levels.size() <= 1) {
                m_levels.clear();
                m_isRunning = false;
                break;
            }
            m_levels.erase(m_levels.begin());
            wantLevel();
            if (m_isRunning && m_view->state() != AnalysisView::State::Done)
                m_view->compute();
        }
    }
    showMaps();
}

std::string OcclusionPage::measure() const
{
    return m_measure->currentData().toString().toStdString();
}

void OcclusionPage::showMaps()
{
    OverlayStack& overlays = m_context.overlays;
    m_pages->setCurrentIndex(m_shown ? 1 : 0);
    if (!m_shown) {
        m_maps->clear();
        m_summary->clear();
        overlays.removeLayer(kLayerId);
        return;
    }
    m_maps->setMaps(occlusionMaps(*m_shown, measure()), tr("bits"), ColorScale::Signed);
    const auto truth = m_shown->number("true_surprisal");
    m_summary->setText(
        truth ? tr("The answer costs %1 as it is. Orange: covering the block makes it costlier; blue: cheaper.")
                    .arg(numberText(*truth, tr("bits")))
              : QString());
    const TokenLayout* layout = m_context.run.layout();
    auto layer = layout == nullptr ? std::nullopt : occlusionLayer(*m_shown, measure(), *layout);
    if (layer)
        overlays.setLayer(kLayerId, std::move(*layer));
    else
        overlays.removeLayer(kLayerId);
}

Positions OcclusionPage::tokensOf(int map, int row, int column) const
{
    if (map < 0 || !m_shown || m_context.run.layout() == nullptr)
        return {};
    const int side = m_maps->maps()[static_cast<std::size_t>(map)].rows;
    return occlusionTokens(*m_shown, *m_context.run.layout(), side, row, column);
}

QString OcclusionPage::summaryText() const
{
    return m_summary->text();
}

QJsonObject OcclusionPage::saveView() const
{
    return {{QStringLiteral("form"), m_form->saveView()},
            {QStringLiteral("measure"), QString::fromStdString(measure())}};
}

void OcclusionPage::restoreView(const QJsonObject& view)
{
    m_form->restoreView(view[QLatin1String("form")].toObject());
    if (const int index = m_measure->findData(view[QLatin1String("measure")].toString()); index >= 0)
        m_measure->setCurrentIndex(index);
}

}  // namespace armillary::widgets
