#include "widgets/panels/lens_panel.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/hint_page.h"
#include "widgets/text/layer_words_page.h"
#include "widgets/text/logits_page.h"
#include "widgets/text/nearest_words_page.h"

#include <QAction>
#include <QComboBox>
#include <QStackedLayout>
#include <QTabWidget>

namespace armillary::widgets {

LensPanel::LensPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("lens"), tr("Lens"), context, parent)
{
    m_logits = new LogitsPage(context);
    m_layers = new LayerWordsPage(context);
    m_nearest = new NearestWordsPage(context);
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->setAccessibleName(tr("Views of the lens"));
    const auto add = [this](QWidget* page, const QString& name, const QString& tip) {
        m_tabs->setTabToolTip(m_tabs->addTab(page, name), tip);
    };
    add(m_logits, tr("Logits"), tr("The words that an answer token was chosen among"));
    add(m_layers, tr("Logit lens"), tr("Which words every layer reads as"));
    add(m_nearest, tr("Nearest words"), tr("Which vocabulary words image and world tokens lie near"));
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(
        new HintPage(tr("No answer yet"),
                     tr("Ask a question or open a recorded run: here is what each word was chosen among, and "
                        "what every layer would have said in its place."),
                     {}));
    m_pages->addWidget(m_tabs);
    for (const AnalysisStrip* strip : {m_layers->strip(), m_nearest->strip()}) {
        addAction(strip->startAction());
        addAction(strip->stopAction());
    }
    connect(m_logits, &LogitsPage::wordChosen, this, [this](qint64 id) { m_layers->follow(id); });
    connect(m_tabs, &QTabWidget::currentChanged, this, &LensPanel::showPages);
    connect(this, &Panel::lockedChanged, this, [this](bool locked) {
        m_layers->setFollowing(!locked);
        m_nearest->setFollowing(!locked);
    });
    showRun();
}

std::optional<std::int64_t> LensPanel::chosenPosition() const
{
    if (!selection().chosen().empty())
        return selection().chosen().back();
    return run().generated().empty() ? std::nullopt : std::optional(run().prefillLength());
}

void LensPanel::showPages()
{
    // A hovered word shows its logits at once; the lens waits for a click.
    const auto described = selection().hovered().empty() ? chosenPosition() : selection().described();
    if (m_tabs->currentWidget() == m_logits)
        m_logits->showToken(described);
    m_layers->showPosition(chosenPosition());
    if (m_tabs->currentWidget() == m_nearest)
        m_nearest->showSelection();
}

void LensPanel::showRun()
{
    m_pages->setCurrentIndex(run().size() == 0 ? 0 : 1);
    m_nearest->showRun();
    showPages();
}

void LensPanel::showNewTokens(qint64 first, qint64)
{
    if (first == 0)
        showRun();
}

void LensPanel::showState()
{
    showRun();
}

void LensPanel::showSelection()
{
    showPages();
}

void LensPanel::showFocus()
{
    m_layers->showFocus();
}

QJsonObject LensPanel::saveView() const
{
    return {{QStringLiteral("tab"), m_tabs->currentIndex()},
            {QStringLiteral("auto"), m_layers->isAuto()},
            {QStringLiteral("nearest"), m_nearest->saveView()}};
}

void LensPanel::restoreView(const QJsonObject& view)
{
    m_tabs->setCurrentIndex(view[QStringLiteral("tab")].toInt(m_tabs->currentIndex()));
    m_layers->setAuto(view[QStringLiteral("auto")].toBool(m_layers->isAuto()));
    if (view.contains(QStringLiteral("nearest")))
        m_nearest->restoreView(view[QStringLiteral("nearest")].toObject());
}

QString LensPanel::caption() const
{
    if (m_tabs->currentWidget() == m_logits)
        return m_logits->note();
    if (m_tabs->currentWidget() == m_layers)
        return tr("%1. Logit lens: the final norm and output table read after every layer; colours are probabilities.")
            .arg(m_layers->title());
    return tr("Vocabulary words nearest to %1 tokens. %2")
        .arg(m_nearest->tokenChoice()->currentText(), m_nearest->summary());
}

std::optional<AnalysisResult> LensPanel::viewData() const
{
    if (m_tabs->currentWidget() == m_logits)
        return m_logits->data();
    const AnalysisView* view = m_tabs->currentWidget() == m_layers ? m_layers->view() : m_nearest->view();
    return view->result() != nullptr ? std::optional(*view->result()) : std::nullopt;
}

}  // namespace armillary::widgets
