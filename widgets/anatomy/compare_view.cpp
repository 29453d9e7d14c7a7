#include "widgets/anatomy/compare_view.h"

#include "inspect/anatomy_results.h"
#include "records/snapshot_contents.h"
#include "widgets/anatomy/figure_table.h"
#include "widgets/anatomy/weights_view.h"
#include "widgets/anatomy/work_row.h"
#include "widgets/cost/model_nodes.h"

#include <QComboBox>
#include <QFileInfo>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

QString text(std::string_view value)
{
    return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()));
}

FigureCell figure(double value, int digits = 4)
{
    // What is not there sorts first.
    return {std::isnan(value) ? CompareView::tr("none") : QLocale().toString(value, 'g', digits),
            std::isnan(value) ? -2 : value};
}

QString kindText(const TensorDifference& tensor)
{
    if (tensor.isEqual())
        return tensor.isOtherType() ? CompareView::tr("equal values, other format") : CompareView::tr("equal");
    if (tensor.isOtherType())
        return CompareView::tr("other format");
    switch (tensor.kind) {
    case DifferenceKind::OnlyInA: return CompareView::tr("only in A");
    case DifferenceKind::OnlyInB: return CompareView::tr("only in B");
    case DifferenceKind::OtherShape: return CompareView::tr("other shape");
    case DifferenceKind::Compared: return CompareView::tr("differs");
    }
    return {};
}

QString formatText(const TensorDifference& tensor)
{
    const auto one = [](ElementType type, const std::vector<std::int64_t>& shape) {
        return QStringLiteral("%1 [%2]").arg(text(numberFormatName(type)), shapeText(shape));
    };
    switch (tensor.kind) {
    case DifferenceKind::OnlyInA: return one(tensor.typeA, tensor.shapeA);
    case DifferenceKind::OnlyInB: return one(tensor.typeB, tensor.shapeB);
    default: break;
    }
    if (tensor.typeA == tensor.typeB && tensor.shapeA == tensor.shapeB)
        return one(tensor.typeA, tensor.shapeA);
    return QStringLiteral("%1 → %2").arg(one(tensor.typeA, tensor.shapeA), one(tensor.typeB, tensor.shapeB));
}

FigureRow rowOf(const TensorDifference& tensor, std::size_t index)
{
    const QString name = QString::fromStdString(tensor.name);
    FigureRow out{name, {{name}, {kindText(tensor)}}};
    if (tensor.kind == DifferenceKind::Compared) {
        out.cells.insert(out.cells.end(),
                         {figure(tensor.relativeRms),
                          figure(tensor.maxAbsolute),
                          figure(tensor.cosine, 7),
                          {QStringLiteral("%1 %").arg(QLocale().toString(100 * tensor.equalShare(), 'f', 1)),
                           tensor.equalShare()}});
        out.share = tensor.equalShare();
    } else {
        out.cells.insert(out.cells.end(), 4, FigureCell{QString(), -2});
    }
    out.cells.push_back({formatText(tensor)});
    if (!tensor.nameB.empty())
        out.tip = CompareView::tr("in B: %1").arg(QString::fromStdString(tensor.nameB)) + QLatin1Char('\n');
    if (tensor.notFinite > 0)
        out.tip += CompareView::tr("%1 pairs with a number that is not finite").arg(tensor.notFinite);
    out.isFault = tensor.notFinite > 0;
    out.layer = layerOfTensor(tensor.name);
    out.index = index;
    return out;
}

QComboBox* folderBox(const QString& name, const QString& tip)
{
    auto* out = new QComboBox;
    out->setAccessibleName(name);
    out->setToolTip(tip);
    out->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    out->setMinimumContentsLength(7);
    return out;
}

}  // namespace

CompareView::CompareView(QWidget* parent) : QWidget(parent)
{
    m_a = folderBox(tr("Folder A"), tr("Differences are relative to this folder"));
    m_b = folderBox(tr("Folder B"), tr("What is compared with A; the last entry opens another folder"));
    m_work = new WorkRow(tr("Compare"), tr("Reads both folders once and compares them number by number"));
    m_work->addField(m_a);
    m_work->addField(m_b);
    m_summary = new QLabel;
    m_summary->setProperty("role", "muted");
    m_summary->setWordWrap(true);
    m_summary->setContentsMargins(12, 0, 12, 2);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_table = new FigureTable({{tr("Tensor"), tr("Its name in A, or in B where only B has it"), false},
                               {tr("Result"), tr("Equal, different, or why nothing could be compared"), false},
                               {tr("Rel. RMS"), tr("|A - B| / |A|, lengths of the tensors as vectors"), true},
                               {tr("Max |A - B|"), tr("The largest distance of two numbers"), true},
                               {tr("Cosine"), tr("Of the angle between the tensors as vectors"), true},
                               {tr("Equal"),
                                tr("Share of numbers with the same bits, or the same value in other formats"), true},
                               {tr("Format"), tr("Number format and shape; A → B where they differ"), false}},
                              5, tr("Differences of two snapshots"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_work);
    column->addWidget(m_summary);
    column->addWidget(m_table, 1);
    connect(m_a, &QComboBox::activated, this, &CompareView::noteChoice);
    connect(m_b, &QComboBox::activated, this, [this] {
        if (m_b->currentData().toString().isEmpty())
            Q_EMIT otherFolderWanted();
        noteChoice();
    });
    connect(m_work, &WorkRow::startWanted, this, &CompareView::start);
    connect(m_work, &WorkRow::stopWanted, this, &CompareView::stopWanted);
    connect(m_table, &FigureTable::rowChosen, this, [this] {
        if (const FigureRow* row = m_table->chosenRow(); row != nullptr && row->layer >= 0)
            Q_EMIT layerChosen(row->layer);
    });
    setFolders({});
}

void CompareView::setFolders(const QStringList& folders)
{
    for (QComboBox* box : {m_a, m_b}) {
        const QSignalBlocker quiet(box);
        const QString chosen = box->currentData().toString();
        box->clear();
        for (const QString& folder : folders) {
            const QString side = box == m_a ? tr("A: %1") : tr("B: %1");
            box->addItem(side.arg(QFileInfo(folder).fileName()), folder);
            box->setItemData(box->count() - 1, folder, Qt::ToolTipRole);
        }
        if (box == m_b)
            box->addItem(tr("B: other folder…"), QString());
        const int found = box->findData(chosen);
        // By default the first folder against the next one.
        box->setCurrentIndex(found >= 0 && !chosen.isEmpty() ? found : box == m_b ? std::min(1, box->count() - 1) : 0);
    }
    noteChoice();
}

void CompareView::chooseB(const QString& folder)
{
    m_b->setCurrentIndex(std::max(0, m_b->findData(folder)));
    noteChoice();
}

void CompareView::noteChoice()
{
    const QString a = m_a->currentData().toString(), b = m_b->currentData().toString();
    m_work->setStartEnabled(!a.isEmpty() && !b.isEmpty() && a != b);
    if (!m_difference)
        m_summary->setText(a.isEmpty()   ? tr("Load models or open a snapshot folder, then choose another one as B.")
                           : b.isEmpty() ? tr("Choose the folder that A is compared with.")
                           : a == b      ? tr("A and B are the same folder; choose another one.")
                                         : tr("Not compared yet. Both folders are read once."));
}

void CompareView::start()
{
    if (!m_work->startButton()->isEnabled() || m_work->isWorking())
        return;
    m_work->begin();
    m_a->setEnabled(false);
    m_b->setEnabled(false);
    Q_EMIT comparisonWanted(m_a->currentData().toString(), m_b->currentData().toString());
}

void CompareView::setProgress(qint64 doneBytes, qint64 totalBytes)
{
    m_work->setProgress(doneBytes, totalBytes);
}

void CompareView::showDifference(const std::shared_ptr<const SnapshotDifference>& difference)
{
    m_work->end();
    m_work->setProblem({});
    m_a->setEnabled(true);
    m_b->setEnabled(true);
    m_difference = difference;
    refresh();
}

void CompareView::showProblem(const QString& sentence)
{
    m_work->end();
    m_a->setEnabled(true);
    m_b->setEnabled(true);
    m_work->setProblem(sentence);
    if (sentence.isEmpty())
        m_summary->setText(tr("Stopped. What was compared before stays."));
}

void CompareView::setFilter(const QString& text)
{
    m_table->setFilter(text);
}

void CompareView::setFocusedLayer(int layer)
{
    m_table->setFocusedLayer(layer);
}

void CompareView::refresh()
{
    std::vector<FigureRow> rows;
    if (!m_difference) {
        m_table->setRows({});
        return;
    }
    for (std::size_t i = 0; i < m_difference->tensors.size(); ++i)
        rows.push_back(rowOf(m_difference->tensors[i], i));
    const QLocale locale;
    QStringList
        words{tr("A %1 · B %2")
                  .arg(QFileInfo(QString::fromStdString(m_difference->folderA)).fileName(),
                       QFileInfo(QString::fromStdString(m_difference->folderB)).fileName()),
              tr("%1 of %2 compared tensors are equal").arg(m_difference->equalTensors).arg(m_difference->compared)};
    const auto add = [&words](std::int64_t number, const QString& what) {
        if (number > 0)
            words << what.arg(number);
    };
    add(m_difference->onlyInA, tr("%1 only in A"));
    add(m_difference->onlyInB, tr("%1 only in B"));
    add(m_difference->otherShape, tr("%1 of other shape"));
    add(m_difference->otherType, tr("%1 of other format"));
    add(m_difference->otherName, tr("%1 under other names"));
    words << tr("all: relative RMS %1, cosine %2, %3 % equal")
                 .arg(locale.toString(m_difference->relativeRms, 'g', 3), locale.toString(m_difference->cosine, 'g', 6),
                      locale.toString(100 * m_difference->equalShare, 'f', 1));
    m_summary->setText(words.join(QStringLiteral(" · ")));
    m_table->setRows(std::move(rows));
}

}  // namespace armillary::widgets
