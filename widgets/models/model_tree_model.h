// Modules of a model as a tree: shapes, number formats, parameters, bytes, and each one's share of the whole.
// Thread rule: GUI thread. Nodes are plain values and may be made anywhere.
#pragma once

#include <QAbstractItemModel>
#include <QString>

#include <optional>
#include <vector>

namespace armillary::widgets {

struct ModelNode {
    QString name = {};
    QString shape = {};      // "262208 × 2560", or the value of a fact
    QString type = {};       // number format
    qint64 parameters = -1;  // -1: not known
    qint64 bytes = -1;
    QString note = {};                           // for the tooltip: class, shard, what it is tied to
    std::optional<bool> isLocal = std::nullopt;  // of layers whose attention looks through a window, or does not
    int layer = -1;                              // of the language model
    bool isWhole = false;                        // shares below it are of its bytes, and it counts in no other whole
    std::vector<ModelNode> children = {};
};

class ModelTreeModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { NameColumn, ShapeColumn, TypeColumn, ParametersColumn, BytesColumn, ShareColumn, ColumnCount };
    enum Role {
        PathRole = Qt::UserRole,  // names from the root on, parted by dots: what the filter reads
        LayerRole,                // -1: no layer
        ShareRole,                // 0 ... 1 of all bytes; -1: not known
        SortRole
    };

    using QAbstractItemModel::QAbstractItemModel;

    void setNodes(std::vector<ModelNode> nodes);
    [[nodiscard]] const std::vector<ModelNode>& nodes() const { return m_nodes; }
    // The first row of language-model layer `layer`; invalid if there is none.
    [[nodiscard]] QModelIndex layerIndex(int layer) const;
    // What is at `index`; null for an invalid one.
    [[nodiscard]] const ModelNode* node(const QModelIndex& index) const;

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    // Nodes in reading order; an index holds its place here.
    struct Place {
        const ModelNode* node = nullptr;
        qsizetype parent = -1;
        int row = 0;
        QString path;
        qint64 whole = 0;  // bytes that its share is of
        std::vector<qsizetype> children;
    };

    void addPlaces(const std::vector<ModelNode>& nodes, qsizetype parent, const QString& path, qint64 whole);
    [[nodiscard]] const Place& place(const QModelIndex& index) const
    {
        return m_places[static_cast<std::size_t>(index.internalId())];
    }
    [[nodiscard]] const std::vector<qsizetype>& childrenOf(const QModelIndex& parent) const
    {
        return parent.isValid() ? place(parent).children : m_roots;
    }
    [[nodiscard]] static QVariant text(const Place& place, int column);
    [[nodiscard]] static double share(const Place& place);  // -1: not known

    std::vector<ModelNode> m_nodes;
    std::vector<Place> m_places;
    std::vector<qsizetype> m_roots;
};

// 4,300,079,472 -> "4.30 B"; 1,234 -> "1,234".
[[nodiscard]] QString parameterText(qint64 parameters);
// The mark of local or global layers, for the tree and its legend.
[[nodiscard]] QColor layerMarkColor(bool isLocal, bool dark);

}  // namespace armillary::widgets
