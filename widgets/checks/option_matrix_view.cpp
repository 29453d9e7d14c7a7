#include "widgets/checks/option_matrix_view.h"

#include "widgets/analysis/analysis_strip.h"
#include "widgets/analysis/offer_page.h"
#include "widgets/analysis/result_table_view.h"
#include "widgets/checks/verdict.h"
#include "widgets/flow_row.h"
#include "widgets/models/result_table_model.h"
#include "widgets/text/answer_difference.h"
#include "widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <array>

namespace armillary::widgets {
namespace {

struct Measure {
    const char* column;
    const char* title;
    const char* unit;
    const char* tip;
    bool hasBar;
};

// What the columns of the analysis mean; those without a line speak for themselves.
constexpr std::array kMeasures = {
    Measure{"title", QT_TRANSLATE_NOOP("OptionMatrix", "what it is"), "", "", false},
    Measure{"positions", QT_TRANSLATE_NOOP("OptionMatrix", "positions"), "",
            QT_TRANSLATE_NOOP("OptionMatrix", "Length of the fused sequence"), true},
    Measure{"prefill_ms", QT_TRANSLATE_NOOP("OptionMatrix", "prefill"), "ms", "", true},
    Measure{"tokens_per_second", QT_TRANSLATE_NOOP("OptionMatrix", "decoding"), "tokens/s", "", true},
    Measure{"peak_memory_bytes", QT_TRANSLATE_NOOP("OptionMatrix", "peak memory"), "bytes",
            QT_TRANSLATE_NOOP("OptionMatrix", "Of the whole process: weights count in every row"), false},
    Measure{"input_difference_text", QT_TRANSLATE_NOOP("OptionMatrix", "text differs by"), "",
            QT_TRANSLATE_NOOP("OptionMatrix", "Largest difference of a text row at the input"), false},
    Measure{"input_difference_image", QT_TRANSLATE_NOOP("OptionMatrix", "image differs by"), "",
            QT_TRANSLATE_NOOP("OptionMatrix", "Largest difference of an image row at the input"), false},
    Measure{"input_difference_world", QT_TRANSLATE_NOOP("OptionMatrix", "world differs by"), "",
            QT_TRANSLATE_NOOP("OptionMatrix", "Largest difference of a world row at the input"), false},
    Measure{"tokens_only_here", QT_TRANSLATE_NOOP("OptionMatrix", "only here"), "tokens",
            QT_TRANSLATE_NOOP("OptionMatrix", "Prompt tokens that the reference lacks"), false},
    Measure{"tokens_only_in_reference", QT_TRANSLATE_NOOP("OptionMatrix", "missing"), "tokens",
            QT_TRANSLATE_NOOP("OptionMatrix", "Prompt tokens that only the reference has"), false},
    Measure{"top1_agreement", QT_TRANSLATE_NOOP("OptionMatrix", "same top word"), "",
            QT_TRANSLATE_NOOP("OptionMatrix",
                              "Share of the reference's answer that this variant would have chosen too"),
            true},
    Measure{"next_token_kl_bits", QT_TRANSLATE_NOOP("OptionMatrix", "KL of the next token"), "bits",
            QT_TRANSLATE_NOOP("OptionMatrix", "KL(reference || variant) of the first answer token"), true},
    Measure{"mean_surprisal_change_bits", QT_TRANSLATE_NOOP("OptionMatrix", "surprisal change"), "bits",
            QT_TRANSLATE_NOOP("OptionMatrix", "Of the reference's answer, a token on average"), true},
    Measure{"max_abs_logit", QT_TRANSLATE_NOOP("OptionMatrix", "largest logit difference"), "", "", false},
    Measure{"world_mass", QT_TRANSLATE_NOOP("OptionMatrix", "mass on the world"), "",
            QT_TRANSLATE_NOOP("OptionMatrix", "Share of the last row's attention"), true},
    Measure{"world_lift", QT_TRANSLATE_NOOP("OptionMatrix", "lift of the world"), "",
            QT_TRANSLATE_NOOP("OptionMatrix", "Mass against even attention; 1 is even"), true},
    Measure{"image_mass", QT_TRANSLATE_NOOP("OptionMatrix", "mass on the image"), "",
            QT_TRANSLATE_NOOP("OptionMatrix", "Share of the last row's attention"), true},
    Measure{"image_lift", QT_TRANSLATE_NOOP("OptionMatrix", "lift of the image"), "",
            QT_TRANSLATE_NOOP("OptionMatrix", "Mass against even attention; 1 is even"), true},
    Measure{
        "knock_out_effect", QT_TRANSLATE_NOOP("OptionMatrix", "knock-out"), "",
        QT_TRANSLATE_NOOP("OptionMatrix",
                          "Relative change of the answer's probability when the last row may not look at the world"),
        true},
};

QString words(const char* text)
{
    return QCoreApplication::translate("OptionMatrix", text);
}

}  // namespace

OptionMatrixView::OptionMatrixView(const PanelContext& context, QWidget* parent) : QWidget(parent)
{
    m_view = new AnalysisView(context, this);
    m_strip = new AnalysisStrip(context, *m_view);
    m_chosenRows = new QComboBox;
    m_chosenRows->setEditable(true);
    m_chosenRows->addItems({QStringLiteral("all"), QStringLiteral("options"), QStringLiteral("settings")});
    m_chosenRows->setAccessibleName(tr("Rows"));
    m_chosenRows->setToolTip(tr("All variants, the integration options, the settings, or names with commas such as "
                                "3,5,5-no-world"));
    m_reference = new QComboBox;
    m_reference->setAccessibleName(tr("Reference"));
    m_reference->setToolTip(tr("The variant that the others are measured against"));
    m_reference->addItem(tr("automatic"), QString());
    for (const char* option : {"1", "2", "3", "4a", "4b", "4c", "5"})
        m_reference->addItem(QString::fromLatin1(option), QString::fromLatin1(option));
    m_tokens = new QSpinBox;
    m_tokens->setRange(1, 4096);
    m_tokens->setValue(32);
    m_tokens->setAccessibleName(tr("Answer tokens"));
    m_tokens->setToolTip(tr("So many tokens of the reference's answer are forced in every variant"));
    m_withIdentities = new QCheckBox(tr("identities"));
    m_withIdentities->setChecked(true);
    m_withIdentities->setToolTip(tr("Check what must hold between the options"));
    m_identityWords = new QLabel;
    m_identityWords->setObjectName(QStringLiteral("identityWords"));
    m_answer = new QTextBrowser;
    m_answer->setAccessibleName(tr("Difference of the answers"));
    m_answer->setFrameShape(QFrame::NoFrame);
    makeTables();

    auto* form = new QWidget;
    auto* formRow = new FlowRow(form);
    const auto field = [formRow](const QString& name, QWidget* widget) {
        auto* pair = new QWidget;
        auto* pairRow = new QHBoxLayout(pair);
        pairRow->setContentsMargins(0, 0, 0, 0);
        pairRow->setSpacing(4);
        auto* label = new QLabel(name);
        label->setBuddy(widget);
        pairRow->addWidget(label);
        pairRow->addWidget(widget);
        formRow->addWidget(pair);
    };
    field(tr("Rows"), m_chosenRows);
    field(tr("against"), m_reference);
    field(tr("tokens"), m_tokens);
    formRow->addWidget(m_withIdentities);
    auto* identities = new QWidget;
    auto* identityColumn = new QVBoxLayout(identities);
    identityColumn->setContentsMargins(0, 2, 0, 0);
    identityColumn->setSpacing(2);
    m_identityWords->setContentsMargins(12, 0, 8, 0);
    identityColumn->addWidget(m_identityWords);
    identityColumn->addWidget(m_identityTable, 1);
    auto* below = new QSplitter(Qt::Horizontal);
    below->setChildrenCollapsible(false);
    below->addWidget(identities);
    below->addWidget(m_answer);
    below->setSizes({460, 340});
    auto* split = new QSplitter(Qt::Vertical);
    split->setChildrenCollapsible(false);
    split->addWidget(m_rowTable);
    split->addWidget(below);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 2, 0, 0);
    column->setSpacing(3);
    auto* offer = new OfferPage(tr("Not compared yet"),
                                tr("The question is asked again in every chosen way that world tokens can come in, one "
                                   "row each: what it costs, "
                                   "how the answer moves, and which identities hold. Needs the loaded models."),
                                m_strip->startAction());
    m_pages = new QStackedWidget;
    m_pages->addWidget(offer);
    m_pages->addWidget(split);
    column->addWidget(m_strip);
    column->addWidget(form);
    column->addWidget(m_pages, 1);

    connect(m_view, &AnalysisView::changed, this, &OptionMatrixView::showResult);
    connect(m_chosenRows, &QComboBox::activated, this, &OptionMatrixView::want);
    connect(m_chosenRows->lineEdit(), &QLineEdit::editingFinished, this, &OptionMatrixView::want);
    connect(m_reference, &QComboBox::currentIndexChanged, this, &OptionMatrixView::want);
    connect(m_tokens, &QSpinBox::valueChanged, this, &OptionMatrixView::want);
    connect(m_withIdentities, &QCheckBox::toggled, this, &OptionMatrixView::want);
    want();
}

void OptionMatrixView::makeTables()
{
    m_rows = new ResultTableModel(this);
    for (const Measure& measure : kMeasures)
        m_rows->describe(QString::fromLatin1(measure.column),
                         {words(measure.title), QString::fromLatin1(measure.unit), words(measure.tip), measure.hasBar});
    m_rows->setRowNames(QStringLiteral("variant"));
    m_rowTable = makeResultTable(m_rows);
    m_rowTable->setAccessibleName(tr("Variants and measures"));
    m_rowTable->verticalHeader()->show();
    m_rowTable->verticalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_rowTable->horizontalHeader()->setStretchLastSection(false);
    m_identities = new ResultTableModel(this);
    m_identities->describe(QStringLiteral("name"), {tr("identity"), {}, {}, false});
    m_identities->describe(QStringLiteral("difference"),
                           {tr("difference"), {}, tr("Largest difference that was found"), false});
    m_identities->describe(QStringLiteral("detail"), {tr("what was compared"), {}, {}, false});
    m_identityTable = makeResultTable(m_identities);
    m_identityTable->setAccessibleName(tr("Identities that must hold"));
    m_identityTable->setIconSize(QSize(14, 14));
    // The row under the pointer for a look, the chosen one to stay.
    connect(m_rowTable, &QTableView::entered, this,
            [this](const QModelIndex& index) { showAnswer(m_rows->rowOf(index.row())); });
    connect(m_rowTable->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& index) { showAnswer(index.isValid() ? m_rows->rowOf(index.row()) : -1); });
}

void OptionMatrixView::want()
{
    // What stands at its default is not named, so that a result that a session kept fits.
    AnalysisRequest request{"compare", {}};
    const QString rows = m_chosenRows->currentText().simplified().remove(QLatin1Char(' '));
    if (!rows.isEmpty() && rows != QLatin1String("all"))
        request.arguments["rows"] = rows.toStdString();
    if (const QString reference = m_reference->currentData().toString(); !reference.isEmpty())
        request.arguments["reference"] = reference.toStdString();
    if (m_tokens->value() != 32)
        request.arguments["answer_tokens"] = std::to_string(m_tokens->value());
    if (!m_withIdentities->isChecked())
        request.arguments["identities"] = "off";
    m_strip->setRequest(request, tr("Run the matrix"),
                        tr("Ask this run's question in every chosen variant with the loaded models; one run each"));
}

void OptionMatrixView::showResult()
{
    const auto result = m_view->sharedResult();
    const AnalysisTable* before = m_rows->table();
    m_rows->setResult(result, "rows");
    m_identities->setResult(result, "identities");
    if (m_rows->table() != before) {
        for (const char* hidden : {"variant", "option", "answer_differs"}) {
            if (const int column = m_rows->columnOf(QString::fromLatin1(hidden)); column >= 0)
                m_rowTable->setColumnHidden(column, true);
        }
        if (const int column = m_identities->columnOf(QStringLiteral("holds")); column >= 0)
            m_identityTable->setColumnHidden(column, true);
        // The verdict is what one looks for.
        QHeaderView* header = m_identityTable->horizontalHeader();
        if (const int column = m_identities->columnOf(QStringLiteral("verdict")); column >= 0)
            header->moveSection(header->visualIndex(column), 0);
        showAnswer(-1);
    }
    m_identityWords->setText(identityWords());
    m_identityWords->parentWidget()->setVisible(m_identities->rowCount() > 0);
    m_pages->setCurrentIndex(m_rows->rowCount() > 0 ? 1 : 0);
}

QString OptionMatrixView::identityWords() const
{
    const int column = m_identities->columnOf(QStringLiteral("verdict"));
    if (column < 0 || m_identities->rowCount() == 0)
        return {};
    int broken = 0;
    int unchecked = 0;
    for (const auto& row : m_identities->table()->rows) {
        const auto* word = std::get_if<std::string>(&row[static_cast<std::size_t>(column)]);
        const Verdict verdict = verdictFrom(word == nullptr ? std::string() : *word);
        broken += verdict == Verdict::Fail ? 1 : 0;
        unchecked += verdict == Verdict::Skip ? 1 : 0;
    }
    const int all = m_identities->rowCount();
    QStringList parts{tr("%1 hold").arg(all - broken - unchecked)};
    if (broken > 0)
        parts << tr("%1 broken").arg(broken);
    if (unchecked > 0)
        parts << tr("%1 not checked").arg(unchecked);
    return tr("%1 identities: %2").arg(all).arg(parts.join(QStringLiteral(", ")));
}

QString OptionMatrixView::cellText(int row, const char* column) const
{
    const int at = m_rows->columnOf(QString::fromLatin1(column));
    if (row < 0 || at < 0)
        return {};
    const auto* text =
        std::get_if<std::string>(&m_rows->table()->rows[static_cast<std::size_t>(row)][static_cast<std::size_t>(at)]);
    return text == nullptr ? QString() : QString::fromStdString(*text);
}

int OptionMatrixView::referenceRow() const
{
    // The analysis names it in a note: "measured against variant 5; ...".
    const auto result = m_view->sharedResult();
    QString name = m_reference->currentData().toString();
    if (result && name.isEmpty()) {
        const QString mark = QStringLiteral("measured against variant ");
        for (const std::string& caution : result->cautions) {
            const QString text = QString::fromStdString(caution);
            if (text.startsWith(mark))
                name = text.mid(mark.size()).section(QLatin1Char(';'), 0, 0).trimmed();
        }
    }
    for (int row = 0; m_rows->table() != nullptr && row < m_rows->rowCount(); ++row) {
        if (cellText(row, "variant") == name)
            return row;
    }
    return -1;
}

void OptionMatrixView::showAnswer(int row)
{
    const int reference = referenceRow();
    const QString base = cellText(reference, "answer");
    if (m_rows->rowCount() == 0) {
        m_answer->clear();
        return;
    }
    if (row < 0 || row == reference) {
        m_answer->setHtml(
            reference < 0
                ? tr("Choose a row to see its answer.").toHtmlEscaped()
                : QStringLiteral("<p><b>%1</b></p><p>%2</p>")
                      .arg(tr("Answer of the reference %1").arg(cellText(reference, "variant")).toHtmlEscaped(),
                           base.toHtmlEscaped()));
        return;
    }
    const QString name = cellText(row, "variant");
    if (const QString reason = cellText(row, "reason"); !reason.isEmpty()) {
        m_answer->setHtml(
            QStringLiteral("<p><b>%1</b></p><p>%2</p>").arg(name.toHtmlEscaped(), reason.toHtmlEscaped()));
        return;
    }
    const QString answer = cellText(row, "answer");
    const QString title =
        reference < 0 ? tr("Answer of %1").arg(name)
        : answer == base
            ? tr("%1 answers as the reference %2").arg(name, cellText(reference, "variant"))
            : tr("%1 (underlined) against the reference %2 (struck out)").arg(name, cellText(reference, "variant"));
    m_answer->setHtml(QStringLiteral("<p><b>%1</b></p><p>%2</p>")
                          .arg(title.toHtmlEscaped(),
                               reference < 0 ? answer.toHtmlEscaped()
                                             : answerDifferenceHtml(base, answer, themeColors(palette()).dark)));
}

QJsonObject OptionMatrixView::saveView() const
{
    return {{QStringLiteral("rows"), m_chosenRows->currentText()},
            {QStringLiteral("reference"), m_reference->currentData().toString()},
            {QStringLiteral("tokens"), m_tokens->value()},
            {QStringLiteral("identities"), m_withIdentities->isChecked()}};
}

void OptionMatrixView::restoreView(const QJsonObject& view)
{
    if (const QString rows = view[QLatin1String("rows")].toString(); !rows.isEmpty())
        m_chosenRows->setCurrentText(rows);
    if (const int index = m_reference->findData(view[QLatin1String("reference")].toString()); index >= 0)
        m_reference->setCurrentIndex(index);
    m_tokens->setValue(view[QLatin1String("tokens")].toInt(m_tokens->value()));
    m_withIdentities->setChecked(view[QLatin1String("identities")].toBool(m_withIdentities->isChecked()));
    want();
}

}  // namespace armillary::widgets
