#include "widgets/text/logits_page.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/cost/share_bar_delegate.h"
#include "widgets/models/word_list_model.h"
#include "widgets/text/drawn_words.h"
#include "widgets/text/vocabulary_words.h"
#include "widgets/text/word_colors.h"

#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr std::size_t kShownWords = 50;

QString drawWords(const SamplingOptions& sampling)
{
    if (sampling.temperature <= 0)
        return LogitsPage::tr("Greedy: the likeliest is taken.");
    QStringList parts{LogitsPage::tr("temperature %1").arg(sampling.temperature)};
    if (sampling.topK > 0)
        parts << LogitsPage::tr("top k %1").arg(sampling.topK);
    if (sampling.topP < 1)
        parts << LogitsPage::tr("top p %1").arg(sampling.topP);
    if (sampling.minP > 0)
        parts << LogitsPage::tr("min p %1").arg(sampling.minP);
    return LogitsPage::tr("Drawn with %1.").arg(parts.join(QStringLiteral(", ")));
}

}  // namespace

LogitsPage::LogitsPage(const PanelContext& context, QWidget* parent) : QWidget(parent), m_run(context.run)
{
    setAccessibleName(tr("Logits of a word"));
    m_model = new WordListModel(this);
    m_table = new QTableView(this);
    m_table->setAccessibleName(tr("Words that the token was chosen among"));
    m_table->setModel(m_model);
    dressTable(m_table);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    for (const int column : {WordListModel::Probability, WordListModel::Drawn})
        m_table->setItemDelegateForColumn(column, new ShareBarDelegate(WordListModel::BarRole, m_table));
    m_table->horizontalHeader()->setStretchLastSection(false);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_note = new QLabel(this);
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);
    m_note->setContentsMargins(12, 4, 12, 4);
    const auto choose = [this](const QModelIndex& index) {
        Q_EMIT wordChosen(index.data(WordListModel::IdRole).toLongLong());
    };
    connect(m_table, &QTableView::clicked, this, choose);
    connect(m_table, &QTableView::activated, this, choose);
    fill();
}

bool LogitsPage::event(QEvent* event)
{
    switch (event->type()) {
    case QEvent::LayoutRequest:
    case QEvent::Resize:
    case QEvent::Show: place(); break;
    default: break;
    }
    return QWidget::event(event);
}

void LogitsPage::place()
{
    const int height = m_note->heightForWidth(width());
    m_note->setGeometry(0, 0, width(), height);
    m_table->setGeometry(0, height, width(), std::max(0, this->height() - height));
}

QString LogitsPage::note() const
{
    return m_note->text();
}

void LogitsPage::showToken(std::optional<std::int64_t> position)
{
    const RunRecord* record = m_run.record().get();
    if (position == m_position && record == m_shownRecord)
        return;
    m_position = position;
    m_shownRecord = record;
    fill();
}

void LogitsPage::fill()
{
    std::vector<WordRow> rows;
    bool hasLogits = false;
    const std::int64_t index = m_position ? *m_position - m_run.prefillLength() : -1;
    if (index >= 0 && index < static_cast<std::int64_t>(m_run.generated().size())) {
        const TokenPiece& token = m_run.generated()[static_cast<std::size_t>(index)];
        const auto record = m_run.record();
        const auto logits =
            record ? record->tensors.find("logits") : std::map<std::string, TensorSnapshot>::const_iterator();
        hasLogits = record && logits != record->tensors.end() && logits->second.bytes;
        if (hasLogits)
            rows = bestWords(logits->second, index, kShownWords, record->question.sampling);
        hasLogits = !rows.empty();
        if (!hasLogits) {
            for (const auto& [id, probability] : token.alternatives) {
                WordRow row;
                row.id = id;
                row.probability = probability;
                rows.push_back(std::move(row));
            }
        }
        for (WordRow& row : rows) {
            row.word = wordFromId(m_run, row.id);
            row.isTaken = row.id == token.id;
        }
    }
    m_model->setRows(std::move(rows));
    m_table->setColumnHidden(WordListModel::Logit, !hasLogits);
    m_table->setColumnHidden(WordListModel::Drawn,
                             !hasLogits || m_run.question() == nullptr || m_run.question()->sampling.temperature <= 0);
    if (const int taken = m_model->takenRow(); taken >= 0)
        m_table->scrollTo(m_model->index(taken, 0));
    describe(hasLogits);
}

void LogitsPage::describe(bool hasLogits)
{
    QString text;
    if (m_run.generated().empty())
        text = tr("No answer yet: ask a question, or open a recorded run.");
    else if (!m_position || *m_position < m_run.prefillLength())
        text = tr("Choose a word of the answer: only those were chosen by the model.");
    else if (m_model->rowCount() == 0)
        text = tr("This record names no alternatives of this word. Ask again to have them.");
    else if (hasLogits)
        text = tr("The best %1 of the kept logits; the taken word is bold. %2")
                   .arg(m_model->rowCount())
                   .arg(drawWords(m_run.question()->sampling));
    else
        text = tr("The %1 alternatives of the record; the taken word is bold. %2 To see the best fifty with their "
                  "logits, ask "
                  "again with “logits” kept (Question, Options, Keep).")
                   .arg(m_model->rowCount())
                   .arg(drawWords(m_run.question()->sampling));
    m_note->setText(text);
    m_table->setVisible(m_model->rowCount() > 0);
}

std::optional<AnalysisResult> LogitsPage::data() const
{
    if (m_model->rows().empty())
        return std::nullopt;
    AnalysisResult out;
    out.request = {"logits", {{"position", std::to_string(*m_position)}}};
    AnalysisTable table{"words", {"rank", "id", "word", "probability", "surprisal_bits", "logit", "drawn"}, {}};
    const auto cell = [](const auto& value) {
        return value ? AnalysisCell(static_cast<double>(*value)) : AnalysisCell(std::string());
    };
    for (const WordRow& row : m_model->rows())
        table.rows.push_back({static_cast<double>(table.rows.size()), static_cast<double>(row.id),
                              row.word.toStdString(), static_cast<double>(row.probability),
                              static_cast<double>(surprisalBits(row.probability)), cell(row.logit), cell(row.drawn)});
    out.tables.push_back(std::move(table));
    return out;
}

}  // namespace armillary::widgets
