#include "widgets/checks/run_pair_view.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/checks/run_differences.h"
#include "widgets/checks/run_divergence.h"
#include "widgets/checks/series_chart.h"
#include "widgets/models/result_table_model.h"
#include "widgets/models/run_list_model.h"
#include "widgets/text/answer_difference.h"
#include "widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QTableView>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace armillary::widgets {
namespace {

constexpr int kSameColumn = 3;

QString pieceOf(const RunRecord& run, std::size_t index)
{
    if (index >= run.generated.size())
        return RunPairView::tr("the end");
    const TokenPiece& piece = run.generated[index];
    return RunPairView::tr("“%1” (%2)")
        .arg(QString::fromStdString(piece.text.empty() ? piece.piece : piece.text),
             numberText(static_cast<double>(piece.probability)));
}

}  // namespace

RunPairView::RunPairView(const PanelContext& context, QWidget* parent)
    : QWidget(parent), m_selection(context.selection), m_pair(context.pair), m_runs(context.runs)
{
    const auto box = [this](const QString& name, const QString& tip) {
        auto* out = new QComboBox;
        out->setModel(&m_runs);
        out->setCurrentIndex(-1);
        out->setPlaceholderText(tr("choose a run"));
        out->setAccessibleName(name);
        out->setToolTip(tip);
        out->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        out->setMinimumContentsLength(4);
        return out;
    };
    m_a = box(tr("Run A"), tr("The run that panels show as A"));
    m_b = box(tr("Run B"), tr("The run that it is compared with"));
    m_only = new QCheckBox(tr("only what differs"));
    m_only->setChecked(true);
    m_only->setToolTip(tr("Hide rows in which both runs are the same"));
    m_first = new QPushButton;
    m_first->setObjectName(QStringLiteral("firstDifference"));
    m_first->setToolTip(tr("Choose this token in every panel"));
    m_first->setAccessibleName(tr("First difference"));
    m_first->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("divergenceNote"));
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);
    m_note->setContentsMargins(12, 0, 8, 0);
    m_model = new ResultTableModel(this);
    m_model->describe(QStringLiteral("what"), {tr("What"), {}, {}, false});
    m_filter = new QSortFilterProxyModel(this);
    m_filter->setSourceModel(m_model);
    m_filter->setFilterKeyColumn(kSameColumn);
    m_table = new QTableView;
    dressTable(m_table);
    m_table->setModel(m_filter);
    m_table->setAccessibleName(tr("Differences of the runs"));
    m_chart = new SeriesChart;
    m_chart->setAccessibleName(tr("Divergence of the next token"));
    m_answers = new QTextBrowser;
    m_answers->setAccessibleName(tr("Difference of the answers"));
    m_answers->setFrameShape(QFrame::NoFrame);
    m_divergence = new RunDivergence(this);

    auto* head = new QHBoxLayout;
    head->setContentsMargins(12, 4, 8, 0);
    head->setSpacing(6);
    head->addWidget(new QLabel(QStringLiteral("A")));
    head->addWidget(m_a, 1);
    head->addWidget(new QLabel(QStringLiteral("B")));
    head->addWidget(m_b, 1);
    auto* right = new QWidget;
    auto* rightColumn = new QVBoxLayout(right);
    rightColumn->setContentsMargins(0, 0, 0, 0);
    rightColumn->setSpacing(3);
    rightColumn->addWidget(m_answers, 1);
    rightColumn->addWidget(m_note);
    rightColumn->addWidget(m_chart, 1);
    auto* split = new QSplitter(Qt::Horizontal);
    split->setChildrenCollapsible(false);
    split->addWidget(m_table);
    split->addWidget(right);
    split->setSizes({480, 360});
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 2, 0, 0);
    column->setSpacing(4);
    column->addLayout(head);
    auto* firstRow = new QHBoxLayout;
    firstRow->setContentsMargins(12, 0, 8, 0);
    firstRow->addWidget(m_first, 1);
    firstRow->addWidget(m_only);
    column->addLayout(firstRow);
    column->addWidget(split, 1);

    connect(m_a, &QComboBox::activated, this,
            [this](int row) { m_runs.wantShown(m_a->itemData(row, RunListModel::IdRole).toString()); });
    connect(m_b, &QComboBox::activated, this,
            [this](int row) { m_runs.wantCompared(m_b->itemData(row, RunListModel::IdRole).toString()); });
    connect(m_only, &QCheckBox::toggled, this, &RunPairView::setOnlyDifferences);
    connect(m_first, &QPushButton::clicked, this, &RunPairView::chooseFirst);
    connect(m_divergence, &RunDivergence::changed, this, &RunPairView::showDivergence);
    connect(m_chart, &SeriesChart::placeClicked, this, [this](int place) {
        if (m_shownA && static_cast<std::size_t>(place) < m_shownA->generated.size())
            m_selection.choose({m_shownA->generated[static_cast<std::size_t>(place)].position});
    });
    setOnlyDifferences(true);
    showPair();
}

void RunPairView::setOnlyDifferences(bool only)
{
    const QSignalBlocker blocker(m_only);
    m_only->setChecked(only);
    m_filter->setFilterFixedString(only ? QStringLiteral("no") : QString());
}

int RunPairView::shownRows() const
{
    return m_filter->rowCount();
}

void RunPairView::showPair()
{
    for (const auto& [box, side] : {std::pair{m_a, &m_pair.a()}, {m_b, &m_pair.b()}})
        box->setCurrentIndex(side->record ? box->findData(side->id, RunListModel::IdRole) : -1);
    if (m_pair.a().record == m_shownA && m_pair.b().record == m_shownB && m_model->table() != nullptr)
        return;
    m_shownA = m_pair.a().record;
    m_shownB = m_pair.b().record;
    m_divergence->compare(m_shownA, m_shownB);
    if (m_pair.isPair()) {
        m_model->setTable(runDifferences(*m_shownA, *m_shownB));
        m_table->setColumnHidden(kSameColumn, true);
        m_table->setColumnWidth(0, 130);
        m_table->setColumnWidth(1, 160);
        m_answers->setHtml(
            QStringLiteral("<p><b>%1</b></p><p>%2</p>")
                .arg(tr("Answer of A (struck out where B differs) and B (underlined)").toHtmlEscaped(),
                     answerDifferenceHtml(QString::fromStdString(m_shownA->answer),
                                          QString::fromStdString(m_shownB->answer), themeColors(palette()).dark)));
    } else {
        m_model->clear();
        m_answers->setHtml(tr("Choose two runs of the session: A is shown, B is compared with it.").toHtmlEscaped());
    }
    showFirst();
    showDivergence();
}

void RunPairView::showFirst()
{
    m_first->setVisible(m_pair.isPair());
    if (!m_pair.isPair())
        return;
    const auto at = firstDifferingToken(*m_shownA, *m_shownB);
    m_first->setEnabled(at.has_value());
    m_first->setText(at ? tr("First difference at answer token %1: A %2, B %3")
                              .arg(*at)
                              .arg(pieceOf(*m_shownA, *at), pieceOf(*m_shownB, *at))
                        : tr("The answers are the same, token by token"));
}

void RunPairView::chooseFirst()
{
    const auto at = firstDifferingToken(*m_shownA, *m_shownB);
    const RunRecord& shown = m_pair.side() == PairSide::B ? *m_shownB : *m_shownA;
    if (at && *at < shown.generated.size())
        m_selection.choose({shown.generated[*at].position});
}

void RunPairView::showDivergence()
{
    const std::vector<double>& bits = m_divergence->bits();
    m_note->setText(m_divergence->problem());
    m_note->setVisible(!m_divergence->problem().isEmpty());
    m_chart->setVisible(!bits.empty());
    if (bits.empty())
        return;
    Chart chart;
    chart.form = bits.size() == 1 ? Chart::Form::Bars : Chart::Form::Lines;
    chart.placeTitle = tr("answer token");
    chart.valueTitle = tr("KL(A || B) (bits)");
    for (std::size_t i = 0; i < bits.size(); ++i)
        chart.places << QString::number(i);
    chart.series.push_back({tr("next token"), bits, seriesColor(0, themeColors(palette()).dark), false});
    m_chart->setChart(std::move(chart));
}

QJsonObject RunPairView::saveView() const
{
    return {{QStringLiteral("onlyDifferences"), m_only->isChecked()}};
}

void RunPairView::restoreView(const QJsonObject& view)
{
    setOnlyDifferences(view[QLatin1String("onlyDifferences")].toBool(m_only->isChecked()));
}

}  // namespace armillary::widgets
