#include "widgets/panels/effects_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/analysis_view.h"
#include "widgets/analysis/argument_form.h"
#include "widgets/checks/effect_charts.h"
#include "widgets/checks/effect_page.h"
#include "widgets/checks/occlusion_page.h"
#include "widgets/hint_page.h"
#include "widgets/models/result_table_model.h"

#include <QAction>
#include <QStackedWidget>
#include <QTabWidget>
#include <QVBoxLayout>

#include <cmath>

namespace armillary::widgets {
namespace {

using Kind = ArgumentField::Kind;

ArgumentField answerTokens(int standard)
{
    return {Kind::Number,
            "answer_tokens",
            EffectsPanel::tr("answer tokens"),
            EffectsPanel::tr("At most so many tokens of the answer are forced"),
            QString::number(standard),
            {},
            1,
            4096,
            {}};
}

ArgumentField seed()
{
    return {Kind::Number,
            "seed",
            EffectsPanel::tr("seed"),
            EffectsPanel::tr("Of shuffles, noise and random keys"),
            QStringLiteral("0"),
            {},
            0,
            1000000,
            {}};
}

EffectKind interventions()
{
    EffectKind out;
    out.analysis = "interventions";
    out.title = EffectsPanel::tr("Interventions");
    out.startText = EffectsPanel::tr("Change the tokens");
    out.tip = EffectsPanel::tr("The answer is forced behind changed rows: one pass of the language model a kind");
    out.fields = {{Kind::Choice,
                   "tokens",
                   EffectsPanel::tr("Change"),
                   EffectsPanel::tr("Whose rows are changed"),
                   QStringLiteral("world"),
                   {QStringLiteral("world"), QStringLiteral("image")},
                   0,
                   0,
                   {}},
                  {Kind::Words,
                   "kinds",
                   EffectsPanel::tr("kinds"),
                   EffectsPanel::tr("all, or some with commas: zeroed, averaged, shuffled-in-space, shuffled-in-time, "
                                    "swapped, noise, removed"),
                   QStringLiteral("all"),
                   {QStringLiteral("all"), QStringLiteral("zeroed,averaged"), QStringLiteral("zeroed,noise,removed")},
                   0,
                   0,
                   {}},
                  {Kind::Choice,
                   "noise",
                   EffectsPanel::tr("noise"),
                   EffectsPanel::tr("The spread that the noise shares with the rows"),
                   QStringLiteral("covariance"),
                   {QStringLiteral("covariance"), QStringLiteral("per-dimension")},
                   0,
                   0,
                   {}},
                  {Kind::Switch,
                   "regenerate",
                   EffectsPanel::tr("answer anew"),
                   EffectsPanel::tr("Also let each changed prompt answer for itself"),
                   QStringLiteral("off"),
                   {},
                   0,
                   0,
                   {}},
                  answerTokens(64),
                  seed()};
    out.table = "effects";
    out.chart = [](const AnalysisResult& result, const std::string&, bool dark) {
        return interventionChart(result, dark);
    };
    return out;
}

EffectKind knockOut()
{
    EffectKind out;
    out.analysis = "knock-out";
    out.title = EffectsPanel::tr("Knock-out");
    out.startText = EffectsPanel::tr("Cut the attention");
    out.tip =
        EffectsPanel::tr("Rows may not look at a source in some layers; with the last row alone a window costs one "
                         "decoding step");
    out.fields = {{Kind::Choice,
                   "target",
                   EffectsPanel::tr("Rows"),
                   EffectsPanel::tr("Rows that may not look"),
                   QStringLiteral("last"),
                   {QStringLiteral("last"), QStringLiteral("answer"), QStringLiteral("question"),
                    QStringLiteral("question-and-answer"), QStringLiteral("image")},
                   0,
                   0,
                   {}},
                  {Kind::Words,
                   "sources",
                   EffectsPanel::tr("sources"),
                   EffectsPanel::tr("Keys that are hidden"),
                   QStringLiteral("all"),
                   {QStringLiteral("all"), QStringLiteral("world"), QStringLiteral("image"),
                    QStringLiteral("world,image")},
                   0,
                   0,
                   {}},
                  {Kind::Number,
                   "window",
                   EffectsPanel::tr("window"),
                   EffectsPanel::tr("Layers that are cut together; none: all layers at once only"),
                   QStringLiteral("0"),
                   {},
                   0,
                   200,
                   EffectsPanel::tr("none")},
                  {Kind::Number,
                   "stride",
                   EffectsPanel::tr("every"),
                   EffectsPanel::tr("Layers from window to window"),
                   QStringLiteral("1"),
                   {},
                   1,
                   200,
                   {}},
                  {Kind::Switch,
                   "controls",
                   EffectsPanel::tr("random controls"),
                   EffectsPanel::tr("Each source beside random keys of the same count"),
                   QStringLiteral("on"),
                   {},
                   0,
                   0,
                   {}},
                  answerTokens(16),
                  seed()};
    out.table = "effects";
    out.measures = {{"relative_probability_change", EffectsPanel::tr("Relative change of the answer's probability")},
                    {"next_token_kl_bits", EffectsPanel::tr("KL of the next token")},
                    {"mean_surprisal_change_bits", EffectsPanel::tr("Surprisal change")}};
    out.chart = knockOutChart;
    return out;
}

EffectKind contribution()
{
    EffectKind out;
    out.analysis = "direct-contribution";
    out.title = EffectsPanel::tr("Contribution");
    out.startText = EffectsPanel::tr("Add up what segments write");
    out.tip =
        EffectsPanel::tr("What attention to each segment adds directly to the answer token's logit against another");
    out.fields = {{Kind::Number,
                   "token",
                   EffectsPanel::tr("Answer token"),
                   EffectsPanel::tr("0 is the first"),
                   QStringLiteral("0"),
                   {},
                   0,
                   100000,
                   {}},
                  {Kind::Number,
                   "against",
                   EffectsPanel::tr("against"),
                   EffectsPanel::tr("Vocabulary id that it is compared with"),
                   QStringLiteral("-1"),
                   {},
                   -1,
                   1000000,
                   EffectsPanel::tr("the likeliest other")}};
    out.table = "terms";
    out.chart = [](const AnalysisResult& result, const std::string&, bool dark) {
        return contributionChart(result, dark);
    };
    out.summary = [](const AnalysisResult& result) {
        QString token;
        QString against;
        for (const AnalysisTable& table : result.tables) {
            if (table.name != "words")
                continue;
            for (const auto& row : table.rows) {
                const auto* role = row.size() < 3 ? nullptr : std::get_if<std::string>(&row[0]);
                const auto* word = row.size() < 3 ? nullptr : std::get_if<std::string>(&row[2]);
                if (role != nullptr && word != nullptr)
                    (*role == "token" ? token : against) = QString::fromStdString(*word);
            }
        }
        const auto difference = result.number("logit_difference");
        return difference ? EffectsPanel::tr("“%1” against “%2”: %3 apart")
                                .arg(token, against, numberText(*difference, EffectsPanel::tr("logits")))
                          : QString();
    };
    return out;
}

// Of the effects: what every page's table says of itself.
void describe(ResultTableModel& model)
{
    const auto column = [&model](const char* name, const QString& title, const QString& unit, const QString& tip,
                                 bool bar) {
        model.describe(QString::fromLatin1(name), {title, unit, tip, bar});
    };
    const QString bits = EffectsPanel::tr("bits");
    column("next_token_kl_bits", EffectsPanel::tr("KL of the next token"), bits,
           EffectsPanel::tr("KL(as it is || changed) of the first answer token"), true);
    column("mean_kl_bits", EffectsPanel::tr("mean KL"), bits, EffectsPanel::tr("A token of the answer on average"),
           true);
    column("mean_surprisal_change_bits", EffectsPanel::tr("surprisal change"), bits,
           EffectsPanel::tr("Changed minus as it is, a token of the answer on average"), true);
    column("total_surprisal_change_bits", EffectsPanel::tr("of the whole answer"), bits, {}, true);
    column("relative_probability_change", EffectsPanel::tr("change of probability"), {},
           EffectsPanel::tr("(changed - as it is) / as it is, of the first answer token; -1: it is gone"), true);
    column("top1_agreement", EffectsPanel::tr("same top word"), {},
           EffectsPanel::tr("Share of the answer that would still be chosen"), true);
    column("max_abs_logit", EffectsPanel::tr("largest logit difference"), {}, {}, false);
    column("probability_true", EffectsPanel::tr("probability as it is"), {}, {}, false);
    column("probability_changed", EffectsPanel::tr("changed"), {}, {}, false);
    column("logits", EffectsPanel::tr("adds"), EffectsPanel::tr("logits"), {}, true);
    column("logits_per_token", EffectsPanel::tr("a token"), EffectsPanel::tr("logits"), {}, true);
}

}  // namespace

EffectsPanel::EffectsPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("effects"), tr("Effects"), context, parent)
{
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    for (EffectKind kind : {interventions(), knockOut(), contribution()}) {
        auto* page = new EffectPage(context, std::move(kind));
        describe(*page->model());
        m_pages.push_back(page);
    }
    m_occlusion = new OcclusionPage(context);
    m_tabs->addTab(m_pages[0], m_pages[0]->kind().title);
    m_tabs->addTab(m_pages[1], m_pages[1]->kind().title);
    m_tabs->addTab(m_occlusion, tr("Occlusion"));
    m_tabs->addTab(m_pages[2], m_pages[2]->kind().title);
    m_tabs->setTabToolTip(0, tr("Rows of world or image tokens zeroed, averaged, shuffled, swapped, noise, removed"));
    m_tabs->setTabToolTip(1, tr("Attention to a source cut, layer by layer, beside random keys"));
    m_tabs->setTabToolTip(2, tr("Blocks of the picture or the world covered one by one"));
    m_tabs->setTabToolTip(3, tr("What each segment adds directly to the answer's logit"));
    m_stack = new QStackedWidget;
    m_stack->addWidget(new HintPage(
        tr("Nothing to take away yet"),
        tr("Ask a question or open a recorded run: here tokens are changed, attention is cut and blocks are "
           "covered, and the answer's probability says what mattered."),
        {}));
    m_stack->addWidget(m_tabs);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_stack);
    addActions();
    showRun();
}

void EffectsPanel::addActions()
{
    for (int i = 0; i < m_tabs->count(); ++i) {
        auto* action = new QAction(tr("Effects: %1").arg(m_tabs->tabText(i)), this);
        action->setToolTip(m_tabs->tabToolTip(i));
        connect(action, &QAction::triggered, this, [this, i] { m_tabs->setCurrentIndex(i); });
        addAction(action);
    }
    for (const EffectPage* page : m_pages)
        addAction(page->strip()->startAction());
    addAction(m_occlusion->strip()->startAction());
}

EffectPage* EffectsPanel::page(const std::string& analysis) const
{
    for (EffectPage* page : m_pages) {
        if (page->kind().analysis == analysis)
            return page;
    }
    return nullptr;
}

void EffectsPanel::showRun()
{
    m_stack->setCurrentIndex(run().record() ? 1 : 0);
}

void EffectsPanel::showState()
{
    showRun();
}

void EffectsPanel::showFocus()
{
    for (EffectPage* page : m_pages)
        page->showFocus();
}

QJsonObject EffectsPanel::saveView() const
{
    QJsonObject out{{QStringLiteral("tab"), m_tabs->currentIndex()},
                    {QStringLiteral("occlusion"), m_occlusion->saveView()}};
    for (const EffectPage* page : m_pages)
        out[QString::fromStdString(page->kind().analysis)] = page->saveView();
    return out;
}

void EffectsPanel::restoreView(const QJsonObject& view)
{
    m_tabs->setCurrentIndex(view[QLatin1String("tab")].toInt(m_tabs->currentIndex()));
    m_occlusion->restoreView(view[QLatin1String("occlusion")].toObject());
    for (EffectPage* page : m_pages)
        page->restoreView(view[QString::fromStdString(page->kind().analysis)].toObject());
}

QString EffectsPanel::caption() const
{
    const auto* page = qobject_cast<EffectPage*>(m_tabs->currentWidget());
    const QString what = m_tabs->tabText(m_tabs->currentIndex());
    const QString unit = page == nullptr ? tr("bits") : page->chart()->chart().valueTitle;
    return unit.isEmpty() ? Panel::caption() : tr("%1: %2, %3.").arg(Panel::caption(), what, unit);
}

std::optional<AnalysisResult> EffectsPanel::viewData() const
{
    const auto* page = qobject_cast<EffectPage*>(m_tabs->currentWidget());
    const auto result = page == nullptr ? m_occlusion->result() : page->view()->sharedResult();
    return result ? std::optional(*result) : std::nullopt;
}

}  // namespace armillary::widgets
