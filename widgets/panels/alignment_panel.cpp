#include "widgets/panels/alignment_panel.h"

#include "widgets/canvas/similarity_canvas.h"
#include "widgets/embedding/norm_histogram.h"
#include "widgets/embedding/vector_sources.h"
#include "widgets/hint_page.h"
#include "widgets/models/measure_table_model.h"
#include "widgets/models/result_table_model.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedLayout>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

// Tokens on a side of the heat map: more would be smaller than pixels.
constexpr int kMatrixTokens = 600;
constexpr int kLeastWidthForOneRow = 600;
constexpr int kLeastWidthForBands = 740;
constexpr int kLeastWidthForVerdicts = 520;

int latentFramesOf(const TokenLayout* layout)
{
    int out = 0;
    for (const TokenGrid& grid : layout == nullptr ? std::vector<TokenGrid>() : layout->grids) {
        if (grid.kind == TokenKind::World)
            out = std::max(out, grid.latentFrames);
    }
    return out;
}

}  // namespace

AlignmentPanel::AlignmentPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("alignment"), tr("Alignment"), context, parent)
{
    for (int view = 0; view < ViewCount; ++view) {
        m_views[static_cast<std::size_t>(view)] = new AnalysisView(this->context(), this);
        connect(m_views[static_cast<std::size_t>(view)], &AnalysisView::changed, this,
                [this, view] { showView(static_cast<View>(view)); });
    }
    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 4);
    column->setSpacing(2);
    column->addWidget(makeTop());
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(makeNumbers(), tr("Numbers"));
    m_tabs->addTab(makeSimilarity(), tr("Similarity"));
    m_tabs->addTab(makeNorms(), tr("Norms"));
    m_tabs->addTab(makeChannels(), tr("Channels"));
    m_tabs->setTabToolTip(Numbers, tr("CKA, nearest neighbours, Procrustes, SVCCA, gap and rank beside chance"));
    m_tabs->setTabToolTip(Similarity, tr("Cosines of world and image tokens as a heat map"));
    m_tabs->setTabToolTip(Norms, tr("Histogram of norms and tokens with unusual ones"));
    m_tabs->setTabToolTip(Channels, tr("World latents by channel beside the autoencoder's own statistics"));
    column->addWidget(m_tabs, 1);
    m_note = new QLabel;
    m_note->setObjectName(QStringLiteral("alignmentNote"));
    m_note->setProperty("role", "muted");
    m_note->setContentsMargins(12, 0, 12, 0);
    m_note->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    column->addWidget(m_note);
    m_work = new QWidget;
    auto* row = new QHBoxLayout(m_work);
    row->setContentsMargins(12, 0, 10, 2);
    m_workText = new QLabel;
    m_workText->setWordWrap(true);
    m_workText->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_workBar = new QProgressBar;
    m_workBar->setTextVisible(false);
    m_workBar->setFixedWidth(64);
    m_workBar->setAccessibleName(tr("Progress of the analyses"));
    makeActions();
    auto* stop = new QToolButton;
    stop->setDefaultAction(m_stop);
    row->addWidget(m_workText, 1);
    row->addWidget(m_workBar);
    row->addWidget(stop);
    column->addWidget(m_work);

    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(new HintPage(tr("Nothing to compare yet"),
                                    tr("How world tokens agree with image tokens, and how far beyond chance, appears "
                                       "here as soon as an answer is done. Ask a question, or open a session."),
                                    {}));
    m_pages->addWidget(shown);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        showControls();
        wish();
        showWork();
        showNote();
    });
    showRun();
}

AlignmentPanel::Tab AlignmentPanel::tab() const
{
    return static_cast<Tab>(std::max(0, m_tabs->currentIndex()));
}

void AlignmentPanel::setTab(Tab tab)
{
    m_tabs->setCurrentIndex(tab);
}

AnalysisRequest AlignmentPanel::requestOf(View view) const
{
    const auto data = [](const QComboBox* box) { return box->currentData().toString().toStdString(); };
    const std::string first = data(m_firstTensor);
    const std::string frame = std::to_string(m_frame->value());
    const std::string both = data(m_firstSegment) + "," + data(m_secondSegment);
    switch (view) {
    case Alignment:
        return {"alignment",
                {{"first", first},
                 {"first-segments", data(m_firstSegment)},
                 {"second", data(m_secondTensor)},
                 {"second-segments", data(m_secondSegment)},
                 {"first-frame", frame},
                 {"second-frame", frame}}};
    case Gap:
        return {"modality-gap",
                {{"tensor", first}, {"first", data(m_firstSegment)}, {"second", data(m_secondSegment)}}};
    case Rank: return {"effective-rank", {{"tensor", first}, {"segments", both}}};
    case Separability: return {"discriminability", {{"tensor", first}, {"segments", both}}};
    case Cosines:
        return {"embedding-cosine",
                {{"tensor", first},
                 {"segments", m_matrixKinds->currentIndex() == 2 ? "all" : "world,image"},
                 {"matrix", std::to_string(kMatrixTokens)}}};
    case NormView: return {"embedding-norms", {{"tensor", first}}};
    default: return {"latent-channels", {{"frame", "-1"}}};
    }
}

std::vector<AlignmentPanel::View> AlignmentPanel::viewsOf(Tab tab) const
{
    switch (tab) {
    case Numbers: return {Alignment, Gap, Rank, Separability};
    case Similarity: return {Cosines};
    case Norms: return {NormView};
    default: return {ChannelView};
    }
}

void AlignmentPanel::wish()
{
    // What nobody sees is not worth seconds of work.
    if (!isVisible() || isLocked())
        return;
    for (const View view : viewsOf(tab()))
        m_views[view]->want(requestOf(view));
}

void AlignmentPanel::stopAll()
{
    for (AnalysisView* view : m_views)
        view->stop();
}

void AlignmentPanel::showView(View view)
{
    const AnalysisView& shown = *m_views[view];
    switch (view) {
    case Cosines: showMatrix(); break;
    case NormView:
        if (shown.result() != nullptr) {
            m_segments->setResult(shown.sharedResult(), "segments");
            m_outliers->setResult(shown.sharedResult(), "outliers");
            m_histogram->setResult(*shown.result());
            for (QTableView* table : {m_segmentTable, m_outlierTable}) {
                // One tensor is shown, and the box above names it.
                table->hideColumn(0);
                table->resizeColumnsToContents();
            }
        } else {
            m_segments->clear();
            m_outliers->clear();
            m_histogram->clear();
        }
        break;
    case ChannelView:
        if (shown.result() != nullptr) {
            m_channels->setResult(shown.sharedResult(), "channels");
            m_channelTable->resizeColumnsToContents();
        } else {
            m_channels->clear();
        }
        break;
    default: showMeasures();
    }
    showWork();
    showNote();
}

void AlignmentPanel::showMeasures()
{
    std::vector<MeasureRow> rows;
    const std::array names = {tr("Alignment"), tr("Modality gap"), tr("Effective rank"), tr("Separability")};
    for (const View view : viewsOf(Numbers)) {
        const AnalysisView& each = *m_views[view];
        if (each.state() == AnalysisView::State::Failed) {
            MeasureRow row;
            row.measure = names[static_cast<std::size_t>(view)];
            row.note = each.problem();
            rows.push_back(std::move(row));
        } else if (each.result() != nullptr) {
            const std::vector<MeasureRow> own = measureRows(*each.result(), each.isDifference());
            rows.insert(rows.end(), own.begin(), own.end());
        }
    }
    m_measureTable->clearSpans();
    m_measures->setRows(rows);
    for (std::size_t row = 0; row < rows.size(); ++row) {
        if (!rows[row].note.isEmpty())
            m_measureTable->setSpan(static_cast<int>(row), MeasureTableModel::ValueColumn, 1,
                                    MeasureTableModel::ColumnCount - MeasureTableModel::ValueColumn);
    }
}

void AlignmentPanel::showMatrix()
{
    const std::shared_ptr<const AnalysisResult> result = m_views[Cosines]->sharedResult();
    const int choice = m_matrixKinds->currentIndex();
    if (result == m_matrixOf && choice == m_matrixChoice)
        return;
    m_matrixOf = result;
    m_matrixChoice = choice;
    if (!result) {
        m_canvas->setMatrix({});
        return;
    }
    std::vector<TokenKind> rows, columns;
    if (choice == 0) {
        rows = {TokenKind::World};
        columns = {TokenKind::Image};
    }
    m_canvas->setMatrix(similarityFromResult(*result, run().layout(), rows, columns));
}

void AlignmentPanel::showWork()
{
    QStringList working;
    qint64 done = 0, total = 0;
    for (const View view : viewsOf(tab())) {
        const AnalysisView& each = *m_views[view];
        if (each.state() != AnalysisView::State::Working)
            continue;
        const std::string name = requestOf(view).name;
        const auto entry = std::find_if(desk().entries().begin(), desk().entries().end(),
                                        [&name](const AnalysisEntry& known) { return known.name == name; });
        working << (entry == desk().entries().end() ? QString::fromStdString(name)
                                                    : QString::fromStdString(entry->title));
        if (each.stepsTotal() > 0 && total == 0) {
            done = each.stepsDone();
            total = each.stepsTotal();
        }
    }
    m_work->setVisible(!working.isEmpty());
    m_stop->setEnabled(!working.isEmpty());
    m_workText->setText(tr("Computing: %1").arg(working.join(QStringLiteral(", "))));
    m_workBar->setRange(0, total > 0 ? 1000 : 0);
    if (total > 0)
        m_workBar->setValue(static_cast<int>(1000 * done / total));
}

QString AlignmentPanel::workText() const
{
    return m_work->isHidden() ? QString() : m_workText->text();
}

QString AlignmentPanel::note() const
{
    return m_note->toolTip();
}

void AlignmentPanel::showNote()
{
    QStringList parts;
    for (const View view : viewsOf(tab())) {
        const AnalysisView& each = *m_views[view];
        // On the first tab problems are rows of the table.
        if (each.state() == AnalysisView::State::Failed && tab() != Numbers)
            parts << each.problem();
        if (each.isDifference())
            parts << tr("A - B.");
        for (const std::string& caution :
             each.result() == nullptr ? std::vector<std::string>() : each.result()->cautions)
            parts << QString::fromStdString(caution);
    }
    parts.removeDuplicates();
    QString text = parts.join(QStringLiteral(" · "));
    m_note->setToolTip(text);
    // One line here, all of it in the tip: the numbers need the room.
    m_note->setText(
        m_note->fontMetrics().elidedText(parts.size() > 1 ? tr("%1 notes: %2").arg(parts.size()).arg(text) : text,
                                         Qt::ElideRight, width() - 28));
    m_note->setVisible(!text.isEmpty());
}

void AlignmentPanel::showRun()
{
    showState();
}

void AlignmentPanel::showState()
{
    const std::shared_ptr<const RunRecord> record = run().record();
    m_pages->setCurrentIndex(record ? 1 : 0);
    for (QComboBox* box : {m_firstTensor, m_secondTensor})
        fillVectorSources(*box, record.get());
    {
        const QSignalBlocker quiet(m_frame);
        const int frames = latentFramesOf(run().layout());
        m_frame->setRange(0, std::max(0, frames - 1));
        m_frame->setVisible(frames > 1);
    }
    showFocus();
    wish();
    showWork();
    showNote();
}

void AlignmentPanel::showSelection()
{
    if (tab() == Similarity)
        m_canvas->update();
}

void AlignmentPanel::showFocus()
{
    const std::optional<int> frame = selection().focus().latentFrame;
    if (frame && *frame <= m_frame->maximum())
        m_frame->setValue(*frame);
}

void AlignmentPanel::showControls()
{
    // Only what the tab reads.
    m_top->setVisible(tab() != Channels);
    m_firstSegment->setVisible(tab() == Numbers);
    m_secondPart->setVisible(tab() == Numbers);
    m_measureTable->setColumnWidth(MeasureTableModel::MeasureColumn, std::clamp(width() * 2 / 5, 150, 330));
    // What is hidden stands in the tips of the rows.
    m_measureTable->setColumnHidden(MeasureTableModel::BandColumn, width() < kLeastWidthForBands);
    m_measureTable->setColumnHidden(MeasureTableModel::ChanceColumn, width() < kLeastWidthForVerdicts);
    m_topRows->setDirection(width() < kLeastWidthForOneRow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
}

void AlignmentPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    showControls();
    showNote();
}

void AlignmentPanel::showEvent(QShowEvent* event)
{
    Panel::showEvent(event);
    for (AnalysisView* view : m_views)
        view->setFollowing(!isLocked());
    wish();
}

void AlignmentPanel::hideEvent(QHideEvent* event)
{
    for (AnalysisView* view : m_views)
        view->setFollowing(false);
    Panel::hideEvent(event);
}

QJsonObject AlignmentPanel::saveView() const
{
    return {{QStringLiteral("tab"), m_tabs->currentIndex()},
            {QStringLiteral("firstTokens"), m_firstSegment->currentIndex()},
            {QStringLiteral("secondTokens"), m_secondSegment->currentIndex()},
            {QStringLiteral("firstVectors"), m_firstTensor->currentData().toString()},
            {QStringLiteral("secondVectors"), m_secondTensor->currentData().toString()},
            {QStringLiteral("matrix"), m_matrixKinds->currentIndex()},
            {QStringLiteral("frame"), m_frame->value()}};
}

void AlignmentPanel::restoreView(const QJsonObject& view)
{
    const auto index = [&view](QComboBox* box, const QString& name) {
        const int wanted = view[name].toInt(box->currentIndex());
        if (wanted >= 0 && wanted < box->count())
            box->setCurrentIndex(wanted);
    };
    const auto vectors = [&view](QComboBox* box, const QString& name) {
        // Vectors that this run did not keep are no choice.
        const int wanted = box->findData(view[name].toString());
        if (wanted >= 0)
            box->setCurrentIndex(wanted);
    };
    index(m_firstSegment, QStringLiteral("firstTokens"));
    index(m_secondSegment, QStringLiteral("secondTokens"));
    vectors(m_firstTensor, QStringLiteral("firstVectors"));
    vectors(m_secondTensor, QStringLiteral("secondVectors"));
    index(m_matrixKinds, QStringLiteral("matrix"));
    m_frame->setValue(view[QStringLiteral("frame")].toInt(m_frame->value()));
    const int wanted = view[QStringLiteral("tab")].toInt(m_tabs->currentIndex());
    if (wanted >= 0 && wanted < m_tabs->count())
        m_tabs->setCurrentIndex(wanted);
}

QString AlignmentPanel::caption() const
{
    QString out = tr("%1: %2; %3 tokens (%4) against %5 tokens (%6).")
                      .arg(Panel::caption(), m_tabs->tabText(m_tabs->currentIndex()), m_firstSegment->currentText(),
                           m_firstTensor->currentText(), m_secondSegment->currentText(), m_secondTensor->currentText());
    if (!note().isEmpty())
        out += QLatin1Char(' ') + note();
    return out;
}

std::optional<AnalysisResult> AlignmentPanel::viewData() const
{
    // Of the first tab the four results in one: their tables have names of their own.
    std::optional<AnalysisResult> out;
    for (const View view : viewsOf(tab())) {
        const AnalysisResult* each = m_views[view]->result();
        if (each == nullptr)
            continue;
        if (!out) {
            out = *each;
            continue;
        }
        out->numbers.insert(out->numbers.end(), each->numbers.begin(), each->numbers.end());
        for (AnalysisTable table : each->tables) {
            table.name = each->request.name + " " + table.name;
            out->tables.push_back(std::move(table));
        }
        out->cautions.insert(out->cautions.end(), each->cautions.begin(), each->cautions.end());
    }
    return out;
}

}  // namespace armillary::widgets
