#include "widgets/models/model_tree_model.h"

#include "widgets/theme.h"

#include <QApplication>
#include <QColor>
#include <QLocale>

#include <algorithm>

namespace armillary::widgets {

QString parameterText(qint64 parameters)
{
    const QLocale locale;
    if (parameters >= 1'000'000'000)
        return QCoreApplication::translate("ModelTreeModel", "%1 B").arg(locale.toString(parameters / 1e9, 'f', 2));
    if (parameters >= 1'000'000)
        return QCoreApplication::translate("ModelTreeModel", "%1 M").arg(locale.toString(parameters / 1e6, 'f', 2));
    return locale.toString(parameters);
}

QColor layerMarkColor(bool isLocal, bool dark)
{
    // Blue and orange of Okabe and Ito, lighter on dark ground.
    if (isLocal)
        return dark ? QColor(0x56, 0xb4, 0xe9) : QColor(0x00, 0x72, 0xb2);
    return dark ? QColor(0xe6, 0x9f, 0x00) : QColor(0xd5, 0x5e, 0x00);
}

void ModelTreeModel::setNodes(std::vector<ModelNode> nodes)
{
    beginResetModel();
    m_nodes = std::move(nodes);
    m_places.clear();
    m_roots.clear();
    qint64 whole = 0;
    for (const ModelNode& node : m_nodes)
        whole += node.isWhole ? 0 : std::max<qint64>(node.bytes, 0);
    addPlaces(m_nodes, -1, {}, whole);
    endResetModel();
}

void ModelTreeModel::addPlaces(const std::vector<ModelNode>& nodes, qsizetype parent, const QString& path, qint64 whole)
{
    for (std::size_t row = 0; row < nodes.size(); ++row) {
        const auto at = static_cast<qsizetype>(m_places.size());
        const QString ownPath = path.isEmpty() ? nodes[row].name : path + QLatin1Char('.') + nodes[row].name;
        const qint64 ownWhole = nodes[row].isWhole ? nodes[row].bytes : whole;
        m_places.push_back({&nodes[row], parent, static_cast<int>(row), ownPath, ownWhole, {}});
        (parent < 0 ? m_roots : m_places[static_cast<std::size_t>(parent)].children).push_back(at);
        addPlaces(nodes[row].children, at, ownPath, ownWhole);
    }
}

QModelIndex ModelTreeModel::layerIndex(int layer) const
{
    const auto found = std::find_if(m_places.begin(), m_places.end(),
                                    [layer](const Place& place) { return place.node->layer == layer && layer >= 0; });
    return found == m_places.end()
               ? QModelIndex()
               : createIndex(found->row, 0, static_cast<quintptr>(std::distance(m_places.begin(), found)));
}

const ModelNode* ModelTreeModel::node(const QModelIndex& index) const
{
    return index.isValid() ? place(index).node : nullptr;
}

QModelIndex ModelTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, static_cast<quintptr>(childrenOf(parent)[static_cast<std::size_t>(row)]));
}

QModelIndex ModelTreeModel::parent(const QModelIndex& index) const
{
    if (!index.isValid() || place(index).parent < 0)
        return {};
    const auto at = place(index).parent;
    return createIndex(m_places[static_cast<std::size_t>(at)].row, 0, static_cast<quintptr>(at));
}

int ModelTreeModel::rowCount(const QModelIndex& parent) const
{
    return parent.column() > 0 ? 0 : static_cast<int>(childrenOf(parent).size());
}

int ModelTreeModel::columnCount(const QModelIndex&) const
{
    return ColumnCount;
}

double ModelTreeModel::share(const Place& place)
{
    return place.node->bytes < 0 || place.whole <= 0
               ? -1
               : static_cast<double>(place.node->bytes) / static_cast<double>(place.whole);
}

QVariant ModelTreeModel::text(const Place& place, int column)
{
    const ModelNode& node = *place.node;
    switch (column) {
    case NameColumn:
        if (node.isLocal)
            return *node.isLocal ? tr("%1 · local").arg(node.name) : tr("%1 · global").arg(node.name);
        return node.name;
    case ShapeColumn: return node.shape;
    case TypeColumn: return node.type;
    case ParametersColumn: return node.parameters < 0 ? QVariant() : parameterText(node.parameters);
    case BytesColumn: return node.bytes < 0 ? QVariant() : QLocale().formattedDataSize(node.bytes);
    case ShareColumn:
        return share(place) < 0 ? QVariant() : tr("%1 %").arg(QLocale().toString(100 * share(place), 'f', 1));
    default: return {};
    }
}

QVariant ModelTreeModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const Place& at = place(index);
    const bool isNumber = index.column() >= ParametersColumn;
    switch (role) {
    case Qt::DisplayRole: return text(at, index.column());
    case Qt::DecorationRole:
        return index.column() == NameColumn && at.node->isLocal
                   ? QVariant(layerMarkColor(*at.node->isLocal, themeColors(QApplication::palette()).dark))
                   : QVariant();
    case Qt::TextAlignmentRole: return static_cast<int>((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::ToolTipRole: {
        QStringList lines{at.path};
        if (!at.node->note.isEmpty())
            lines << at.node->note;
        if (at.node->parameters >= 0)
            lines << tr("%1 parameters").arg(QLocale().toString(at.node->parameters));
        if (at.node->bytes >= 0)
            lines << tr("%1 bytes").arg(QLocale().toString(at.node->bytes));
        return lines.join(QLatin1Char('\n'));
    }
    case PathRole: return at.path;
    case LayerRole: return at.node->layer;
    case ShareRole: return share(at);
    case SortRole:
        if (index.column() == ParametersColumn)
            return at.node->parameters;
        if (index.column() >= BytesColumn)
            return at.node->bytes;
        return text(at, index.column());
    default: return {};
    }
}

QVariant ModelTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return {};
    const bool tip = role == Qt::ToolTipRole;
    switch (section) {
    case NameColumn: return tip ? tr("Modules by their dotted names; layers are local or global") : tr("Module");
    case ShapeColumn: return tip ? tr("Rows first") : tr("Shape");
    case TypeColumn: return tip ? tr("Number format as stored, or as loaded") : tr("Format");
    case ParametersColumn: return tip ? tr("Numbers in it and below it") : tr("Parameters");
    case BytesColumn: return tip ? tr("Bytes in it and below it") : tr("Memory");
    case ShareColumn: return tip ? tr("Of all bytes in this tree") : tr("Share");
    default: return {};
    }
}

}  // namespace armillary::widgets
