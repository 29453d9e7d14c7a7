#include "widgets/text/nearest_words_page.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/result_table_view.h"
#include "widgets/models/result_table_model.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QItemSelectionModel>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace armillary::widgets {
namespace {

QString numberWords(const AnalysisResult& result, const char* name)
{
    const auto value = result.number(name);
    return value ? numberText(*value) : QStringLiteral("–");
}

QString shareWords(const AnalysisResult& result, const char* name)
{
    const auto value = result.number(name);
    return value ? NearestWordsPage::tr("%1 %").arg(100 * *value, 0, 'f', 0) : QStringLiteral("–");
}

}  // namespace

NearestWordsPage::NearestWordsPage(const PanelContext& context, QWidget* parent) : QWidget(parent), m_context(context)
{
    setAccessibleName(tr("Nearest vocabulary words"));
    m_view = new AnalysisView(context, this);
    m_strip = new AnalysisStrip(context, *m_view);
    m_tokens = new QComboBox;
    m_tokens->setAccessibleName(tr("Tokens"));
    m_tokens->setToolTip(tr("Whose vectors are compared with the embedding table"));
    for (const TokenKind kind : {TokenKind::Image, TokenKind::World, TokenKind::Text, TokenKind::Generated})
        m_tokens->addItem(QString::fromStdString(std::string(tokenKindName(kind))));
    m_layer = new QSpinBox;
    m_layer->setAccessibleName(tr("Layer"));
    m_layer->setPrefix(tr("layer "));
    m_layer->setSpecialValueText(tr("as they enter"));
    m_layer->setToolTip(tr("Vectors as they enter the model, or behind so many layers"));
    m_draws = new QSpinBox;
    m_draws->setAccessibleName(tr("Draws of noise"));
    m_draws->setRange(0, 10'000);
    m_draws->setValue(200);
    m_draws->setSuffix(tr(" draws"));
    m_draws->setToolTip(tr("Vectors of noise with the tokens' mean and covariance that the words are held against"));
    m_words = new ResultTableModel(this);
    m_words->describe(QStringLiteral("cosine"),
                      {tr("Cosine"), {}, tr("Of the token's vector and the word's row"), true});
    m_words->describe(QStringLiteral("p_value"),
                      {tr("p"), {}, tr("Share of noise whose best word lies at least as near"), false});
    m_noise = new ResultTableModel(this);
    m_noise->describe(QStringLiteral("cosine"), {tr("Cosine"), {}, tr("Of the noise and the word's row"), true});
    m_table = makeResultTable(m_words);
    m_table->setAccessibleName(tr("Words nearest to tokens"));
    m_noiseTable = makeResultTable(m_noise);
    m_noiseTable->setAccessibleName(tr("Words nearest to noise"));
    m_summary = new QLabel;
    m_summary->setWordWrap(true);
    m_summary->setContentsMargins(12, 2, 12, 4);
    m_hint = new QLabel(
        tr("Image and world tokens are vectors, not words. Their nearest rows of the embedding table are words "
           "only where noise finds others: press “Find nearest words” above. It needs the models of the run "
           "loaded (Model, Open model folders), or a result kept with the session."));
    m_hint->setProperty("role", "muted");
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setWordWrap(true);
    m_hint->setContentsMargins(20, 12, 20, 12);

    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 4, 8, 2);
    row->setSpacing(8);
    row->addWidget(m_tokens);
    row->addWidget(m_layer);
    row->addWidget(m_draws);
    row->addStretch(1);
    const auto titled = [](const QString& title, QWidget* widget) {
        auto* box = new QWidget;
        auto* column = new QVBoxLayout(box);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(0);
        auto* label = new QLabel(title);
        label->setContentsMargins(12, 2, 8, 2);
        column->addWidget(label);
        column->addWidget(widget, 1);
        return box;
    };
    auto* splitter = new QSplitter;
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(titled(tr("Tokens"), m_table));
    splitter->addWidget(titled(tr("Noise, as a control"), m_noiseTable));
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 2);
    auto* content = new QWidget;
    auto* contentColumn = new QVBoxLayout(content);
    contentColumn->setContentsMargins(0, 0, 0, 0);
    contentColumn->setSpacing(0);
    contentColumn->addWidget(m_summary);
    contentColumn->addWidget(splitter, 1);
    m_pages = new QStackedWidget;
    m_pages->addWidget(m_hint);
    m_pages->addWidget(content);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row);
    m_strip->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    column->addWidget(m_strip);
    column->addWidget(m_pages, 1);

    connect(m_tokens, &QComboBox::currentIndexChanged, this, &NearestWordsPage::ask);
    connect(m_layer, &QSpinBox::valueChanged, this, &NearestWordsPage::ask);
    connect(m_draws, &QSpinBox::valueChanged, this, &NearestWordsPage::ask);
    connect(m_view, &AnalysisView::changed, this, &NearestWordsPage::showResult);
    const auto choose = [this](const QModelIndex& index) {
        const AnalysisTable* table = m_words->table();
        if (table == nullptr || !index.isValid() || m_view->isDifference())
            return;
        const auto& cells = table->rows[static_cast<std::size_t>(m_words->rowOf(index.row()))];
        if (const auto* position = std::get_if<double>(&cells.front()))
            m_context.selection.choose({static_cast<std::int64_t>(*position)});
    };
    connect(m_table, &QTableView::clicked, this, choose);
    connect(m_table, &QTableView::activated, this, choose);
    ask();
}

QString NearestWordsPage::summary() const
{
    return m_summary->text();
}

void NearestWordsPage::showRun()
{
    const auto record = m_context.run.record();
    const QSignalBlocker quiet(m_layer);
    m_layer->setRange(0, record ? static_cast<int>(record->model.layers) : 0);
}

void NearestWordsPage::ask()
{
    AnalysisRequest request{"nearest-words", {{"tokens", m_tokens->currentText().toStdString()}}};
    if (m_layer->value() != 0)
        request.arguments["layer"] = std::to_string(m_layer->value());
    if (m_draws->value() != 200)
        request.arguments["draws"] = std::to_string(m_draws->value());
    m_strip->setRequest(request, tr("Find nearest words"),
                        tr("Compares the tokens, and as much noise, with every row of the embedding table"));
}

std::shared_ptr<const AnalysisResult> NearestWordsPage::shownResult() const
{
    // While another choice has no result yet, the view keeps the last one: it is of other tokens.
    auto result = m_view->sharedResult();
    if (!result)
        return nullptr;
    const auto asked = [&result](const char* name, const std::string& standard) {
        const auto found = result->request.arguments.find(name);
        return found == result->request.arguments.end() ? standard : found->second;
    };
    const bool same = asked("tokens", "image") == m_tokens->currentText().toStdString() &&
                      asked("layer", "0") == std::to_string(m_layer->value());
    return same ? result : nullptr;
}

void NearestWordsPage::showResult()
{
    const auto shared = shownResult();
    const AnalysisResult* result = shared.get();
    m_pages->setCurrentIndex(result != nullptr ? 1 : 0);
    if (result == nullptr) {
        m_words->clear();
        m_noise->clear();
        return;
    }
    m_words->setResult(shared, "words");
    m_noise->setResult(shared, "noise_words");
    m_table->setColumnHidden(m_words->columnOf(QStringLiteral("id")), true);
    m_noiseTable->setColumnHidden(m_noise->columnOf(QStringLiteral("id")), true);
    m_summary->setText(
        (m_view->isDifference() ? tr("A − B. ") : QString()) +
        tr("Mean best cosine %1; of noise %2, its 95 % quantile %3. Beyond noise: %4 of the tokens. Found by noise "
           "too: %5 of "
           "the words.")
            .arg(numberWords(*result, "mean_best_cosine"), numberWords(*result, "noise_mean_best_cosine"),
                 numberWords(*result, "noise_95_best_cosine"), shareWords(*result, "share_beyond_noise"),
                 shareWords(*result, "share_of_words_noise_finds_too")));
    showSelection();
}

void NearestWordsPage::showSelection()
{
    const AnalysisTable* table = m_words->table();
    const auto described = m_context.selection.described();
    m_table->clearSelection();
    if (table == nullptr || !described)
        return;
    for (std::size_t i = 0; i < table->rows.size(); ++i) {
        const auto* position = std::get_if<double>(&table->rows[i].front());
        if (position == nullptr || *position != static_cast<double>(*described))
            continue;
        const QModelIndex index = m_words->index(m_words->viewRowOf(static_cast<int>(i)), 0);
        m_table->selectionModel()->select(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
        m_table->scrollTo(index);
        return;
    }
}

QJsonObject NearestWordsPage::saveView() const
{
    return {{QStringLiteral("tokens"), m_tokens->currentText()},
            {QStringLiteral("layer"), m_layer->value()},
            {QStringLiteral("draws"), m_draws->value()}};
}

void NearestWordsPage::restoreView(const QJsonObject& view)
{
    if (const int tokens = m_tokens->findText(view[QStringLiteral("tokens")].toString()); tokens >= 0)
        m_tokens->setCurrentIndex(tokens);
    m_draws->setValue(view[QStringLiteral("draws")].toInt(m_draws->value()));
    m_layer->setValue(view[QStringLiteral("layer")].toInt(m_layer->value()));
}

}  // namespace armillary::widgets
