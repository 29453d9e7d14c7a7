#include "widgets/panels/anatomy_panel.h"

#include "inspect/anatomy_results.h"
#include "widgets/anatomy/compare_view.h"
#include "widgets/anatomy/figure_table.h"
#include "widgets/anatomy/histogram_plot.h"
#include "widgets/anatomy/times_view.h"
#include "widgets/anatomy/weights_view.h"
#include "widgets/anatomy/work_row.h"
#include "widgets/cost/model_nodes.h"
#include "widgets/cost/share_bar_delegate.h"
#include "widgets/hint_page.h"
#include "widgets/local_action.h"
#include "widgets/models/model_tree_model.h"
#include "widgets/overlay/layer_legend.h"

#include <QAction>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QStackedLayout>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr int kLeastWidthForOneRow = 460;

}  // namespace

AnatomyPanel::AnatomyPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("anatomy"), tr("Anatomy"), context, parent)
{
    m_model = new ModelTreeModel(this);
    m_sorted = new QSortFilterProxyModel(this);
    m_sorted->setSourceModel(m_model);
    m_sorted->setFilterRole(ModelTreeModel::PathRole);
    m_sorted->setSortRole(ModelTreeModel::SortRole);
    m_sorted->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_sorted->setRecursiveFilteringEnabled(true);
    m_sorted->setAutoAcceptChildRows(true);

    m_source = new QComboBox;
    m_source->setAccessibleName(tr("What is shown"));
    m_source->setToolTip(tr("The loaded models, what the shown run tells of its model, or an opened snapshot folder"));
    m_source->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_source->setMinimumContentsLength(16);
    m_filter = new QLineEdit;
    m_filter->setPlaceholderText(tr("Filter by name"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(tr("Filter modules by name"));
    m_filter->setToolTip(tr("Modules and tensors whose dotted name holds this text, with all that is below (Ctrl+F)"));
    auto* open = new QToolButton;
    open->setText(tr("Open folder…"));
    open->setToolTip(tr("Look into a snapshot folder without loading it"));
    m_weights = new WeightsView;
    m_comparison = new CompareView;
    m_times = new TimesView;
    m_tabs = new QTabWidget;
    m_tabs->setDocumentMode(true);
    m_tabs->setAccessibleName(tr("Views of the model"));
    m_tabs->addTab(makeTreePage(), tr("Tree"));
    m_tabs->addTab(m_weights, tr("Weights"));
    m_tabs->addTab(m_comparison, tr("Compare"));
    m_tabs->addTab(m_times, tr("Time"));
    m_tabs->setTabToolTip(0, tr("Modules, shapes, parameters and bytes"));
    m_tabs->setTabToolTip(1, tr("What the numbers of the weights are like"));
    m_tabs->setTabToolTip(2, tr("Two snapshots tensor by tensor"));
    m_tabs->setTabToolTip(3, tr("Stages and layers of repeated runs"));

    auto* sources = new QHBoxLayout;
    sources->addWidget(m_source, 1);
    sources->addWidget(open);
    m_head = new QBoxLayout(QBoxLayout::LeftToRight);
    m_head->setContentsMargins(8, 6, 8, 2);
    m_head->addLayout(sources, 3);
    m_head->addWidget(m_filter, 2);
    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(m_head);
    column->addWidget(m_tabs, 1);

    auto* hint = new HintPage(tr("No model to take apart"),
                              tr("Load models, ask a question, open a saved run, or look into a snapshot folder."),
                              tr("Open a snapshot folder…"));
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(hint);
    m_pages->addWidget(shown);

    connect(hint->button(), &QPushButton::clicked, this, &AnatomyPanel::chooseFolder);
    connect(open, &QToolButton::clicked, this, &AnatomyPanel::chooseFolder);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_sorted->setFilterFixedString(text);
        if (!text.isEmpty())
            m_tree->expandAll();
        m_weights->setFilter(text);
        m_comparison->setFilter(text);
        m_times->setFilter(text);
    });
    connect(m_source, &QComboBox::activated, this, [this] {
        m_isChosen = true;
        m_shown = static_cast<Source>(m_source->currentData().toInt());
        showTree();
        showFolders();
    });
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &AnatomyPanel::choose);
    connect(m_weights, &WeightsView::layerChosen, this, &AnatomyPanel::setFocusedLayer);
    connect(m_comparison, &CompareView::layerChosen, this, &AnatomyPanel::setFocusedLayer);
    connect(m_times, &TimesView::layerChosen, this, &AnatomyPanel::setFocusedLayer);
    connect(m_comparison, &CompareView::otherFolderWanted, this, [this] {
        m_isForB = true;
        chooseFolder();
    });
    makeActions();
    showSource();
}

QWidget* AnatomyPanel::makeTreePage()
{
    m_summary = new QLabel;
    m_summary->setProperty("role", "muted");
    m_summary->setWordWrap(true);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_problem = new QLabel;
    m_problem->setProperty("role", "error");
    m_problem->setWordWrap(true);
    m_problem->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_problem->hide();

    m_tree = new QTreeView;
    m_tree->setModel(m_sorted);
    m_tree->setAccessibleName(tr("Modules of the model"));
    m_tree->setUniformRowHeights(true);
    m_tree->setAlternatingRowColors(true);
    m_tree->setItemDelegateForColumn(ModelTreeModel::ShareColumn,
                                     new ShareBarDelegate(ModelTreeModel::ShareRole, m_tree));
    QHeaderView* header = m_tree->header();
    header->setStretchLastSection(false);
    header->setMinimumSectionSize(40);
    m_tree->setIconSize(QSize(10, 10));
    m_legend = new LayerLegend;

    auto* texts = new QVBoxLayout;
    texts->setContentsMargins(12, 2, 12, 4);
    texts->addWidget(m_summary);
    texts->addWidget(m_problem);
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(texts);
    column->addWidget(m_tree, 1);
    column->addWidget(m_legend);
    return page;
}

void AnatomyPanel::makeActions()
{
    addLocalAction(this, tr("Look into a snapshot folder"), {Qt::CTRL | Qt::SHIFT | Qt::Key_O},
                   tr("Shows the modules of a folder of weights without loading it"), [this] { chooseFolder(); });
    addLocalAction(this, tr("Filter modules"), {QKeySequence::Find}, tr("Puts the keyboard into the filter"),
                   [this] { m_filter->setFocus(Qt::ShortcutFocusReason); });
    addLocalAction(this, tr("Expand all modules"), {Qt::CTRL | Qt::Key_Plus}, tr("Opens every branch of the tree"),
                   [this] { m_tree->expandAll(); });
    addLocalAction(this, tr("Collapse all modules"), {Qt::CTRL | Qt::Key_Minus}, tr("Closes every branch of the tree"),
                   [this] { m_tree->collapseAll(); });
    const auto show = [this](View view, const QString& name, const QString& tip) {
        addLocalAction(this, name, {}, tip, [this, view] { setView(view); });
    };
    show(View::Tree, tr("Show the modules as a tree"), tr("Modules, shapes, parameters and bytes"));
    show(View::Weights, tr("Show the health of weights"), tr("What the numbers of the weights are like"));
    show(View::Compare, tr("Show the comparison of snapshots"), tr("Two snapshots tensor by tensor"));
    show(View::Time, tr("Show times by stage and layer"), tr("Medians, spread and nested bars of repeated runs"));
    addLocalAction(this, tr("Read the weights of the snapshot"), {}, tr("Reads every number once, beside the window"),
                   [this] {
                       setView(View::Weights);
                       m_weights->start();
                   });
    addLocalAction(this, tr("Compare the two snapshots"), {}, tr("Reads both folders once, beside the window"), [this] {
        setView(View::Compare);
        m_comparison->start();
    });
    addLocalAction(this, tr("Export times as a trace for Perfetto…"), {},
                   tr("Chrome trace events that ui.perfetto.dev opens"), [this] { m_times->exportTrace(); });
    addLocalAction(this, tr("Count only the shown run in its times"), {},
                   tr("Forgets the earlier runs of the same question in these numbers"),
                   [this] { m_times->forgetEarlier(); });
    addLocalAction(this, tr("Histogram of weights by magnitude or by value"), {},
                   tr("Powers of two with logarithmic heights, or even bins"),
                   [this] { m_weights->setByMagnitude(!m_weights->plot()->isByMagnitude()); });
}

void AnatomyPanel::setView(View view)
{
    m_pages->setCurrentIndex(1);
    m_tabs->setCurrentIndex(static_cast<int>(view));
}

AnatomyPanel::View AnatomyPanel::view() const
{
    return static_cast<View>(m_tabs->currentIndex());
}

void AnatomyPanel::showRun()
{
    // While the question is asked again there is no record; the earlier runs still count.
    if (run().record() || run().state() == RunState::Empty)
        m_times->showRun(run().record());
    showSource();
}

void AnatomyPanel::showFolders()
{
    QStringList folders;
    const auto add = [&folders](const QString& folder) {
        if (!folder.isEmpty() && !folders.contains(folder))
            folders << folder;
    };
    // What the tree shows stands first.
    if (m_shown == Source::Folder)
        add(m_folder);
    if (m_report) {
        for (const std::string& folder : {m_report->modelFolder, m_report->theWorldFolder, m_report->worldFolder})
            add(QString::fromStdString(folder));
    }
    add(m_folder);
    for (const auto& [folder, contents] : m_folders)
        add(folder);
    m_weights->setFolders(folders);
    m_comparison->setFolders(folders);
}

void AnatomyPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
    // A filter wants room for a name.
    m_head->setDirection(width() < kLeastWidthForOneRow ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    // Names take what the numbers leave.
    const int digit = fontMetrics().horizontalAdvance(QLatin1Char('0'));
    int left = width() - 24;
    for (const auto& [column, digits] : {std::pair(ModelTreeModel::ShapeColumn, 14),
                                         {ModelTreeModel::TypeColumn, 9},
                                         {ModelTreeModel::ParametersColumn, 12},
                                         {ModelTreeModel::BytesColumn, 11},
                                         {ModelTreeModel::ShareColumn, 10}}) {
        m_tree->setColumnWidth(column, digits * digit);
        left -= digits * digit;
    }
    m_tree->setColumnWidth(ModelTreeModel::NameColumn, std::max(18 * digit, left));
}

void AnatomyPanel::chooseFolder()
{
    auto* dialog = new QFileDialog(this, tr("Snapshot folder"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, &AnatomyPanel::openSnapshot);
    connect(dialog, &QFileDialog::rejected, this, [this] { m_isForB = false; });
    dialog->open();
}

void AnatomyPanel::openSnapshot(const QString& path)
{
    m_wanted = path;
    m_problem->hide();
    m_pages->setCurrentIndex(1);
    m_summary->setText(tr("Reading %1…").arg(path));
    Q_EMIT openSnapshotRequested(path);
}

void AnatomyPanel::showSnapshot(const std::shared_ptr<const SnapshotContents>& contents)
{
    const QString path = QString::fromStdString(contents->folder);
    m_folders[path] = contents;
    const bool isForB = path == m_wanted && std::exchange(m_isForB, false);
    if (path == m_wanted) {
        m_wanted.clear();
        m_problem->hide();
        if (!isForB) {
            m_folder = path;
            m_shown = Source::Folder;
            m_isChosen = true;
        }
    }
    m_shownOf = nullptr;
    showSource();
    if (isForB)
        m_comparison->chooseB(path);
    else if (path == m_folder)
        m_weights->choose(path);
}

void AnatomyPanel::showSnapshotProblem(const QString& path, const QString& sentence)
{
    // A folder that nobody asked to see is one of the loaded models; what is known of them is shown anyway.
    if (path != m_wanted)
        return;
    m_wanted.clear();
    m_shownOf = nullptr;
    showSource();
    if (std::exchange(m_isForB, false)) {
        m_comparison->showProblem(sentence);
        return;
    }
    m_tabs->setCurrentIndex(0);
    m_problem->setText(sentence);
    m_problem->show();
    m_pages->setCurrentIndex(1);
}

void AnatomyPanel::setReport(std::shared_ptr<const ModelReport> report)
{
    m_report = std::move(report);
    m_shownOf = nullptr;
    showSource();
    if (!m_report)
        return;
    for (const std::string& folder : {m_report->modelFolder, m_report->theWorldFolder, m_report->worldFolder}) {
        if (!folder.empty() && !m_folders.contains(QString::fromStdString(folder)))
            Q_EMIT openSnapshotRequested(QString::fromStdString(folder));
    }
}

bool AnatomyPanel::has(Source source) const
{
    switch (source) {
    case Source::Loaded: return m_report != nullptr;
    case Source::Run: return run().record() != nullptr;
    case Source::Folder: return m_folders.contains(m_folder);
    }
    return false;
}

QString AnatomyPanel::sourceTitle(Source source) const
{
    switch (source) {
    case Source::Loaded: return tr("Loaded models");
    case Source::Run: return tr("Shown run");
    case Source::Folder: return tr("Folder %1").arg(QFileInfo(m_folder).fileName());
    }
    return {};
}

void AnatomyPanel::showSource()
{
    if (!m_isChosen || !has(m_shown)) {
        m_isChosen = m_isChosen && has(m_shown);
        for (const Source each : {Source::Folder, Source::Run, Source::Loaded}) {
            if (has(each))
                m_shown = each;
        }
    }
    {
        const QSignalBlocker quiet(m_source);
        m_source->clear();
        for (const Source each : {Source::Loaded, Source::Run, Source::Folder}) {
            if (has(each))
                m_source->addItem(sourceTitle(each), static_cast<int>(each));
        }
        m_source->setCurrentIndex(m_source->findData(static_cast<int>(m_shown)));
    }
    showTree();
    showFolders();
}

void AnatomyPanel::showTree()
{
    m_pages->setCurrentIndex(has(m_shown) || !m_wanted.isEmpty() ? 1 : 0);
    if (!has(m_shown)) {
        m_model->setNodes({});
        m_summary->clear();
        m_shownOf = nullptr;
        return;
    }
    const void* of = m_shown == Source::Loaded ? static_cast<const void*>(m_report.get())
                     : m_shown == Source::Run  ? static_cast<const void*>(run().record().get())
                                               : static_cast<const void*>(m_folders[m_folder].get());
    // Building it again would close the branches that a person has opened.
    if (of == m_shownOf)
        return;
    m_shownOf = of;
    m_problem->hide();
    const QLocale locale;
    if (m_shown == Source::Loaded) {
        std::vector<std::shared_ptr<const SnapshotContents>> folders;
        qint64 parameters = 0, bytes = 0;
        for (const std::string& folder : {m_report->modelFolder, m_report->theWorldFolder, m_report->worldFolder}) {
            if (const auto found = m_folders.find(QString::fromStdString(folder)); found != m_folders.end())
                folders.push_back(found->second);
        }
        for (const ModelPart& part : m_report->parts) {
            parameters += part.parameterCount;
            bytes += part.weightBytes;
        }
        m_model->setNodes(nodesFromReport(*m_report, folders));
        m_summary->setText(
            tr("%n parts · %1 parameters · %2 of weights", nullptr, static_cast<int>(m_report->parts.size()))
                .arg(parameterText(parameters), locale.formattedDataSize(bytes)));
    } else if (m_shown == Source::Run) {
        const auto record = run().record();
        m_model->setNodes(nodesFromRecord(*record));
        m_summary->setText(tr("%n recorded tensors, %1; sizes of weights are not in a record", nullptr,
                              static_cast<int>(record->tensors.size()))
                               .arg(locale.formattedDataSize(record->cost.capturedBytes)));
    } else {
        const SnapshotContents& contents = *m_folders[m_folder];
        m_model->setNodes(nodesFromSnapshot(contents));
        QStringList text{snapshotSummary(contents)};
        for (const std::string& problem : contents.problems)
            text << QString::fromStdString(problem);
        m_summary->setText(text.join(QLatin1Char('\n')));
    }
    m_legend->setVisible(m_model->layerIndex(0).isValid());
    m_tree->expandToDepth(0);
    showFocus();
}

void AnatomyPanel::showFocus()
{
    const auto layer = selection().focus().layer;
    const QModelIndex at = layer ? m_sorted->mapFromSource(m_model->layerIndex(*layer)) : QModelIndex();
    const QSignalBlocker quiet(m_tree->selectionModel());
    if (at.isValid()) {
        m_tree->setCurrentIndex(at);
        m_tree->scrollTo(at);
    }
    m_tree->viewport()->update();
    const int focused = layer ? static_cast<int>(*layer) : -1;
    m_weights->setFocusedLayer(focused);
    m_comparison->setFocusedLayer(focused);
    m_times->setFocusedLayer(focused);
}

void AnatomyPanel::setFocusedLayer(int layer)
{
    Focus focus = selection().focus();
    focus.layer = layer;
    if (focus != selection().focus())
        selection().setFocus(focus);
}

void AnatomyPanel::choose(const QModelIndex& index)
{
    // A tensor or module inside a layer stands for that layer.
    for (QModelIndex at = index; at.isValid(); at = at.parent()) {
        const int layer = at.siblingAtColumn(0).data(ModelTreeModel::LayerRole).toInt();
        if (layer < 0)
            continue;
        setFocusedLayer(layer);
        return;
    }
}

QJsonObject AnatomyPanel::saveView() const
{
    return {{QStringLiteral("filter"), m_filter->text()},
            {QStringLiteral("view"), m_tabs->currentIndex()},
            {QStringLiteral("source"), m_isChosen ? static_cast<int>(m_shown) : -1}};
}

void AnatomyPanel::restoreView(const QJsonObject& view)
{
    m_filter->setText(view.value(QLatin1String("filter")).toString());
    const int source = view.value(QLatin1String("source")).toInt(-1);
    if (source >= 0 && source <= static_cast<int>(Source::Folder) && has(static_cast<Source>(source))) {
        m_isChosen = true;
        m_shown = static_cast<Source>(source);
    }
    showSource();
    m_tabs->setCurrentIndex(std::clamp(view.value(QLatin1String("view")).toInt(), 0, m_tabs->count() - 1));
}

QString AnatomyPanel::caption() const
{
    switch (view()) {
    case View::Weights: return tr("Weights of %1: %2").arg(m_weights->folder(), m_weights->summary()->text());
    case View::Compare: return tr("Differences of snapshots: %1").arg(m_comparison->summary()->text());
    case View::Time: return tr("Times by stage and layer: %1").arg(m_times->summary()->text());
    case View::Tree: break;
    }
    return tr("Anatomy of %1: %2").arg(sourceTitle(m_shown), m_summary->text());
}

std::optional<AnalysisResult> AnatomyPanel::viewData() const
{
    if (const auto health = m_weights->health(); view() == View::Weights)
        return health ? std::optional(inspect::resultOf(*health)) : std::nullopt;
    if (const auto difference = m_comparison->difference(); view() == View::Compare)
        return difference ? std::optional(inspect::resultOf(*difference)) : std::nullopt;
    if (view() == View::Time)
        return m_times->runs().empty() ? std::nullopt : std::optional(inspect::resultOf(m_times->timing()));
    if (m_model->nodes().empty())
        return std::nullopt;
    AnalysisResult out;
    out.request = {"anatomy", {}};
    out.tables.push_back(tableOf(m_model->nodes()));
    return out;
}

}  // namespace armillary::widgets
