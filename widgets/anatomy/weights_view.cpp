#include "widgets/anatomy/weights_view.h"

#include "inspect/anatomy_results.h"
#include "widgets/anatomy/figure_table.h"
#include "widgets/anatomy/histogram_plot.h"
#include "widgets/anatomy/work_row.h"
#include "widgets/cost/model_nodes.h"

#include <QComboBox>
#include <QFileInfo>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr int kWidePanel = 760;

QString real(double value)
{
    return QLocale().toString(value, 'g', 4);
}

FigureCell count(std::int64_t value)
{
    return {QLocale().toString(static_cast<qlonglong>(value)), static_cast<double>(value)};
}

// Nothing where there is none, so that what is there stands out.
FigureCell countOrNone(std::int64_t value)
{
    return {value == 0 ? QString() : QLocale().toString(static_cast<qlonglong>(value)), static_cast<double>(value)};
}

FigureCell figure(double value)
{
    return {real(value), value};
}

FigureCell share(std::int64_t part, std::int64_t whole)
{
    const double value = whole > 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
    return {part == 0 ? QString() : QStringLiteral("%1 %").arg(QLocale().toString(value, 'g', 3)), value};
}

FigureRow rowOf(const QString& name, const WeightHealth& health, bool isVector, bool isTotal, std::size_t index)
{
    const QString remark = QString::fromStdString(inspect::remarkOf(health, isVector));
    FigureRow out{name,
                  {{name},
                   {isTotal && remark == QLatin1String("OK") ? QString() : remark},
                   count(health.elements),
                   countOrNone(health.nans),
                   countOrNone(health.infinities),
                   share(health.zeros, health.finite()),
                   share(health.subnormals, health.finite()),
                   countOrNone(health.outliers),
                   figure(health.min),
                   figure(health.max),
                   figure(health.mean),
                   figure(health.deviation),
                   figure(health.norm),
                   figure(health.kurtosis)}};
    out.tip = WeightsView::tr("0.1 % of the numbers below %1, half below %2, 0.1 % above %3")
                  .arg(real(health.low), real(health.median), real(health.high));
    out.isTotal = isTotal;
    out.isFault = health.nans + health.infinities > 0;
    for (const WeightFinding& finding : findingsOf(health, isVector))
        out.isFault = out.isFault || (finding.isFault && !isTotal);
    out.index = index;
    return out;
}

// Below the row of its part: without the levels that all of them share.
QString shortName(const TensorHealth& tensor)
{
    QString out = QString::fromStdString(tensor.name);
    for (const QString& root :
         {QStringLiteral("model."), QString::fromStdString(tensor.part) + QLatin1Char('.'), QStringLiteral("model.")}) {
        if (out.startsWith(root))
            out.remove(0, root.size());
    }
    if (out.endsWith(QLatin1String(".weight")))
        out.chop(7);
    return QStringLiteral("    ") + out;
}

}  // namespace

int layerOfTensor(const std::string& name)
{
    const QString text = QString::fromStdString(name);
    if (text.contains(QLatin1String("vision")) || text.contains(QLatin1String("encoder")))
        return -1;
    const QStringList parts = text.split(QLatin1Char('.'));
    for (qsizetype i = 0; i + 1 < parts.size(); ++i) {
        bool isNumber = false;
        const int layer = parts[i + 1].toInt(&isNumber);
        if (isNumber && (parts[i] == QLatin1String("layers") || parts[i] == QLatin1String("blocks")))
            return layer;
    }
    return -1;
}

WeightsView::WeightsView(QWidget* parent) : QWidget(parent)
{
    m_folder = new QComboBox;
    m_folder->setAccessibleName(tr("Folder whose weights are shown"));
    m_folder->setToolTip(tr("Folders of the loaded models and the one that was opened"));
    m_folder->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_folder->setMinimumContentsLength(10);
    m_work =
        new WorkRow(tr("Read the weights"),
                    tr("Reads every number once: what is NaN, infinite, zero, far off, and how the rest is spread"));
    m_work->addField(m_folder);
    m_summary = new QLabel;
    m_summary->setProperty("role", "muted");
    m_summary->setWordWrap(true);
    m_summary->setContentsMargins(12, 0, 12, 2);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_table =
        new FigureTable({{tr("Tensor"), tr("The whole, its parts, and every tensor"), false},
                         {tr("Remark"), tr("What strikes; empty or OK: nothing"), false},
                         {tr("Numbers"), tr("How many there are"), true},
                         {tr("NaN"), tr("Not a number"), true},
                         {tr("Inf"), tr("Infinite, of either sign"), true},
                         {tr("Zeros"), tr("Share of exact zeros"), true},
                         {tr("Subnormal"), tr("Share below the smallest normal number of the format"), true},
                         {tr("Outliers"), tr("Further than %1 deviations from the mean").arg(kOutlierSigmas), true},
                         {tr("Min"), tr("Smallest finite number"), true},
                         {tr("Max"), tr("Largest finite number"), true},
                         {tr("Mean"), tr("Of the finite numbers"), true},
                         {tr("Deviation"), tr("Standard deviation"), true},
                         {tr("Norm"), tr("Root of the sum of squares"), true},
                         {tr("Kurtosis"), tr("3: as of a normal distribution; more: heavier tails"), true}},
                        -1, tr("Health of weights"));
    m_plot = new HistogramPlot;
    auto* magnitude = new QToolButton;
    magnitude->setText(tr("2ⁿ"));
    magnitude->setCheckable(true);
    magnitude->setAccessibleName(tr("Histogram by magnitude"));
    magnitude->setToolTip(tr("Histogram by powers of two with logarithmic heights"));
    auto* plotBox = new QWidget;
    auto* plotRow = new QHBoxLayout(plotBox);
    plotRow->setContentsMargins(0, 0, 4, 0);
    plotRow->addWidget(m_plot, 1);
    plotRow->addWidget(magnitude, 0, Qt::AlignTop);
    m_splitter = new QSplitter(Qt::Vertical);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_table);
    m_splitter->addWidget(plotBox);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_work);
    column->addWidget(m_summary);
    column->addWidget(m_splitter, 1);

    connect(magnitude, &QToolButton::toggled, this, [this](bool on) { m_plot->setByMagnitude(on); });
    connect(m_folder, &QComboBox::activated, this, &WeightsView::refresh);
    connect(m_work, &WorkRow::startWanted, this, &WeightsView::start);
    connect(m_work, &WorkRow::stopWanted, this, &WeightsView::stopWanted);
    connect(m_table, &FigureTable::rowChosen, this, [this] {
        showChosen();
        if (const FigureRow* row = m_table->chosenRow(); row != nullptr && row->layer >= 0)
            Q_EMIT layerChosen(row->layer);
    });
    refresh();
}

QString WeightsView::folder() const
{
    return m_folder->currentData().toString();
}

std::shared_ptr<const SnapshotHealth> WeightsView::health() const
{
    const auto found = m_healths.find(folder());
    return found == m_healths.end() ? nullptr : found->second;
}

void WeightsView::setFolders(const QStringList& folders)
{
    const QString chosen = folder();
    {
        const QSignalBlocker quiet(m_folder);
        m_folder->clear();
        for (const QString& each : folders) {
            m_folder->addItem(QFileInfo(each).fileName(), each);
            m_folder->setItemData(m_folder->count() - 1, each, Qt::ToolTipRole);
        }
        m_folder->setCurrentIndex(std::max(0, m_folder->findData(chosen)));
    }
    refresh();
}

void WeightsView::choose(const QString& folder)
{
    if (m_work->isWorking() || m_folder->findData(folder) < 0)
        return;
    m_folder->setCurrentIndex(m_folder->findData(folder));
    refresh();
}

void WeightsView::start()
{
    if (folder().isEmpty() || m_work->isWorking())
        return;
    m_work->begin();
    m_folder->setEnabled(false);
    Q_EMIT healthWanted(folder());
}

void WeightsView::setByMagnitude(bool byMagnitude)
{
    if (auto* button = findChild<QToolButton*>())
        button->setChecked(byMagnitude);
}

void WeightsView::setProgress(qint64 doneBytes, qint64 totalBytes)
{
    m_work->setProgress(doneBytes, totalBytes);
}

void WeightsView::showHealth(const std::shared_ptr<const SnapshotHealth>& health)
{
    m_work->end();
    m_work->setProblem({});
    m_folder->setEnabled(true);
    m_healths[QString::fromStdString(health->folder)] = health;
    refresh();
}

void WeightsView::showProblem(const QString& sentence)
{
    m_work->end();
    m_folder->setEnabled(true);
    m_work->setProblem(sentence);
    if (sentence.isEmpty())
        m_summary->setText(tr("Stopped. What was read before stays."));
}

void WeightsView::setFilter(const QString& text)
{
    m_table->setFilter(text);
}

void WeightsView::setFocusedLayer(int layer)
{
    m_table->setFocusedLayer(layer);
}

void WeightsView::refresh()
{
    m_work->setStartEnabled(!folder().isEmpty());
    const auto shown = health();
    std::vector<FigureRow> rows;
    if (!shown) {
        m_summary->setText(
            folder().isEmpty()
                ? tr("Load models or open a snapshot folder; then its weights can be read.")
                : tr("Not read yet. Nothing is loaded for it: the files are read once, at the speed of the "
                     "disk."));
        m_table->setRows({});
        m_plot->clear();
        return;
    }
    const QLocale locale;
    rows.push_back(rowOf(tr("all"), shown->whole, false, true, 0));
    int faulty = 0;
    const auto addTensor = [&](std::size_t i) {
        const TensorHealth& tensor = shown->tensors[i];
        FigureRow row = rowOf(QString::fromStdString(tensor.name), tensor.health, tensor.shape.size() < 2, false,
                              1 + shown->parts.size() + i);
        row.tip.prepend(QStringLiteral("%1 %2\n").arg(shapeText(tensor.shape),
                                                      QString::fromUtf8(numberFormatName(tensor.type).data(),
                                                                        static_cast<qsizetype>(
                                                                            numberFormatName(tensor.type).size()))));
        row.layer = layerOfTensor(tensor.name);
        row.cells.front().text = shortName(tensor);
        faulty += row.isFault ? 1 : 0;
        rows.push_back(std::move(row));
    };
    for (std::size_t part = 0; part < shown->parts.size(); ++part) {
        rows.push_back(
            rowOf(QString::fromStdString(shown->parts[part].name), shown->parts[part].health, false, true, part + 1));
        for (std::size_t i = 0; i < shown->tensors.size(); ++i) {
            if (shown->tensors[i].part == shown->parts[part].name)
                addTensor(i);
        }
    }
    const double rate = shown->seconds > 0 ? static_cast<double>(shown->bytes) / shown->seconds : 0;
    m_summary->setText(tr("%1 · %2 numbers in %3 tensors · read %4 at %5/s")
                           .arg(faulty == 0 ? tr("no fault found") : tr("%n tensor(s) with faults", nullptr, faulty),
                                locale.toString(static_cast<qlonglong>(shown->whole.elements)),
                                locale.toString(static_cast<qlonglong>(shown->tensors.size())),
                                locale.formattedDataSize(shown->bytes, 1),
                                locale.formattedDataSize(static_cast<qint64>(rate), 1)));
    m_table->setRows(std::move(rows));
    if (m_table->chosenRow() == nullptr)
        m_table->chooseRow(tr("all"));
    showChosen();
}

void WeightsView::showChosen()
{
    const auto shown = health();
    const FigureRow* row = m_table->chosenRow();
    if (!shown || row == nullptr) {
        m_plot->clear();
        return;
    }
    const std::size_t parts = shown->parts.size();
    const WeightHealth& health = row->index == 0       ? shown->whole
                                 : row->index <= parts ? shown->parts[row->index - 1].health
                                                       : shown->tensors[row->index - 1 - parts].health;
    m_plot->setHealth(row->name, health);
}

void WeightsView::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const bool isWide = width() >= kWidePanel && height() < width();
    m_splitter->setOrientation(isWide ? Qt::Horizontal : Qt::Vertical);
    // The rows need the room more than the bars do.
    if (isWide)
        m_splitter->setSizes({width() * 2 / 3, width() / 3});
    else
        m_splitter->setSizes({height() * 7 / 10, height() * 3 / 10});
}

}  // namespace armillary::widgets
