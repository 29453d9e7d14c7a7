#include "widgets/panels/anatomy_panel.h"

#include "widgets/cost/model_nodes.h"
#include "widgets/cost/share_bar_delegate.h"
#include "widgets/hint_page.h"
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
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

void addRows(const std::vector<ModelNode>& nodes, const std::string& path, AnalysisTable& table)
{
    for (const ModelNode& node : nodes) {
        const std::string own = path.empty() ? node.name.toStdString() : path + "." + node.name.toStdString();
        const auto cell = [](qint64 value) {
            return value < 0 ? AnalysisCell(std::string()) : AnalysisCell(static_cast<double>(value));
        };
        table.rows.push_back(
            {own, node.shape.toStdString(), node.type.toStdString(), cell(node.parameters), cell(node.bytes)});
        addRows(node.children, own, table);
    }
}

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

    auto* row = new QHBoxLayout;
    row->setContentsMargins(8, 6, 8, 2);
    row->addWidget(m_source, 1);
    row->addWidget(m_filter, 1);
    row->addWidget(open);
    auto* texts = new QVBoxLayout;
    texts->setContentsMargins(12, 2, 12, 4);
    texts->addWidget(m_summary);
    texts->addWidget(m_problem);
    auto* shown = new QWidget;
    auto* column = new QVBoxLayout(shown);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(row);
    column->addLayout(texts);
    column->addWidget(m_tree, 1);
    column->addWidget(m_legend);

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
    });
    connect(m_source, &QComboBox::activated, this, [this] {
        m_isChosen = true;
        m_shown = static_cast<Source>(m_source->currentData().toInt());
        showTree();
    });
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &AnatomyPanel::choose);
    makeActions();
    showSource();
}

void AnatomyPanel::makeActions()
{
    const auto add = [this](const QString& name, const QKeySequence& key, const QString& tip, auto change) {
        auto* action = new QAction(name, this);
        action->setShortcut(key);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, change);
        addAction(action);
    };
    add(tr("Look into a snapshot folder"), Qt::CTRL | Qt::SHIFT | Qt::Key_O,
        tr("Shows the modules of a folder of weights without loading it"), [this] { chooseFolder(); });
    add(tr("Filter modules"), QKeySequence::Find, tr("Puts the keyboard into the filter"),
        [this] { m_filter->setFocus(Qt::ShortcutFocusReason); });
    add(tr("Expand all modules"), Qt::CTRL | Qt::Key_Plus, tr("Opens every branch of the tree"),
        [this] { m_tree->expandAll(); });
    add(tr("Collapse all modules"), Qt::CTRL | Qt::Key_Minus, tr("Closes every branch of the tree"),
        [this] { m_tree->collapseAll(); });
}

void AnatomyPanel::resizeEvent(QResizeEvent* event)
{
    Panel::resizeEvent(event);
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
    if (path == m_wanted) {
        m_wanted.clear();
        m_folder = path;
        m_shown = Source::Folder;
        m_isChosen = true;
        m_problem->hide();
    }
    m_shownOf = nullptr;
    showSource();
}

void AnatomyPanel::showSnapshotProblem(const QString& path, const QString& sentence)
{
    // A folder that nobody asked to see is one of the loaded models; what is known of them is shown anyway.
    if (path != m_wanted)
        return;
    m_wanted.clear();
    m_shownOf = nullptr;
    showSource();
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
}

void AnatomyPanel::choose(const QModelIndex& index)
{
    // A tensor or module inside a layer stands for that layer.
    for (QModelIndex at = index; at.isValid(); at = at.parent()) {
        const int layer = at.siblingAtColumn(0).data(ModelTreeModel::LayerRole).toInt();
        if (layer < 0)
            continue;
        Focus focus = selection().focus();
        focus.layer = layer;
        if (focus != selection().focus())
            selection().setFocus(focus);
        return;
    }
}

QJsonObject AnatomyPanel::saveView() const
{
    return {{QStringLiteral("filter"), m_filter->text()},
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
}

QString AnatomyPanel::caption() const
{
    return tr("Anatomy of %1: %2").arg(sourceTitle(m_shown), m_summary->text());
}

std::optional<AnalysisResult> AnatomyPanel::viewData() const
{
    if (m_model->nodes().empty())
        return std::nullopt;
    AnalysisResult out;
    out.request = {"anatomy", {}};
    AnalysisTable table{"modules", {"name", "shape", "format", "parameters", "bytes"}, {}};
    addRows(m_model->nodes(), {}, table);
    out.tables.push_back(std::move(table));
    return out;
}

}  // namespace armillary::widgets
