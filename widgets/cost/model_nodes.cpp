#include "widgets/cost/model_nodes.h"

#include "inspect/weight_memory.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <map>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(ModelNodes)
};

QString text(std::string_view value)
{
    return QString::fromUtf8(value.data(), static_cast<qsizetype>(value.size()));
}

ModelNode fact(const QString& name, const QString& value)
{
    return {.name = name, .shape = value};
}

ModelNode factsNode(const QString& name, const std::vector<std::pair<std::string, std::string>>& facts)
{
    ModelNode out{.name = name};
    for (const auto& [label, value] : facts)
        out.children.push_back(fact(text(label), text(value)));
    return out;
}

ModelNode matrix(const QString& name, std::int64_t rows, std::int64_t columns)
{
    return {.name = name, .shape = QStringLiteral("%1 × %2").arg(rows).arg(columns), .parameters = rows * columns};
}

ModelNode moduleNode(const SnapshotModule& module, int layer)
{
    ModelNode out{.name = text(module.name),
                  .parameters = module.elements,
                  .bytes = module.bytes,
                  .note = text(module.title),
                  .isLocal = module.isLocal,
                  .layer = layer};
    for (const SnapshotModule& child : module.modules) {
        bool isNumber = false;
        const int number = text(child.name).toInt(&isNumber);
        out.children.push_back(moduleNode(child, child.isLocal && isNumber ? number : -1));
    }
    for (const SnapshotTensor& tensor : module.tensors) {
        QString note = text(tensor.file);
        if (!tensor.sameAs.empty())
            note += QLatin1Char('\n') + Words::tr("the same numbers as %1").arg(text(tensor.sameAs));
        out.children.push_back({.name = text(tensor.name),
                                .shape = shapeText(tensor.shape),
                                .type = text(numberFormatName(tensor.type)),
                                .parameters = tensor.elements,
                                .bytes = tensor.bytes,
                                .note = note});
    }
    return out;
}

ModelNode layerNode(const ModelFacts& facts, std::int64_t layer)
{
    const bool isLocal = facts.window(layer) > 0;
    ModelNode out{.name = QString::number(layer)};
    out.isLocal = isLocal;
    out.layer = static_cast<int>(layer);
    out.note = isLocal ? Words::tr("sees the last %1 positions").arg(facts.slidingWindow)
                       : Words::tr("sees every earlier position");
    ModelNode attention{.name = Words::tr("attention")};
    attention.children = {matrix(Words::tr("query"), facts.queryHeads * facts.headWidth, facts.hiddenSize),
                          matrix(Words::tr("key"), facts.keyValueHeads * facts.headWidth, facts.hiddenSize),
                          matrix(Words::tr("value"), facts.keyValueHeads * facts.headWidth, facts.hiddenSize),
                          matrix(Words::tr("output"), facts.hiddenSize, facts.queryHeads * facts.headWidth)};
    attention.parameters = 0;
    for (const ModelNode& child : attention.children)
        attention.parameters += child.parameters;
    out.children.push_back(std::move(attention));
    return out;
}

// Everything before the first number of a name: "attention.rows.12" belongs to "attention.rows".
QString groupOf(const std::string& name)
{
    QStringList parts = QString::fromStdString(name).split(QLatin1Char('.'));
    QStringList group;
    for (const QString& part : parts) {
        bool isNumber = false;
        part.toInt(&isNumber);
        if (isNumber)
            break;
        group << part;
    }
    return group.join(QLatin1Char('.'));
}

ModelNode tensorsNode(const RunRecord& record)
{
    ModelNode out{.name = Words::tr("recorded tensors")};
    out.bytes = 0;
    out.isWhole = true;
    std::map<QString, ModelNode> groups;
    for (const auto& [name, snapshot] : record.tensors) {
        const auto bytes = static_cast<qint64>(snapshot.bytes ? snapshot.bytes->size() : 0);
        const QString group = groupOf(name);
        ModelNode& node = groups[group];
        node.name = group;
        node.bytes = std::max<qint64>(node.bytes, 0) + bytes;
        ModelNode leaf{.name = QString::fromStdString(name),
                       .shape = shapeText(snapshot.shape),
                       .type = text(numberFormatName(snapshot.type)),
                       .bytes = bytes};
        node.children.push_back(std::move(leaf));
        out.bytes += bytes;
    }
    for (auto& [name, node] : groups) {
        // A group of one says no more than its member.
        if (node.children.size() == 1) {
            ModelNode only = std::move(node.children.front());
            node = std::move(only);
        }
        std::sort(node.children.begin(), node.children.end(), [](const ModelNode& left, const ModelNode& right) {
            return left.name.size() != right.name.size() ? left.name.size() < right.name.size()
                                                         : left.name < right.name;
        });
        out.children.push_back(std::move(node));
    }
    return out;
}

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

// What the weights would take in other formats, by part.
ModelNode memoryNode(const SnapshotContents& contents)
{
    const inspect::QuantisationRule rule;
    const std::vector<inspect::WeightMemoryRow> rows = inspect::weightMemory(contents, rule);
    ModelNode out{.name = Words::tr("memory in other formats"), .note = text(inspect::sentenceOf(rule))};
    for (const auto& [name, bytes] : {std::pair("float32", &inspect::WeightMemoryRow::float32),
                                      {"bfloat16", &inspect::WeightMemoryRow::bfloat16},
                                      {"int8", &inspect::WeightMemoryRow::int8},
                                      {"int4", &inspect::WeightMemoryRow::int4}}) {
        ModelNode format{.name = text(name),
                         .type = text(name),
                         .parameters = rows.back().parameters,
                         .bytes = rows.back().*bytes,
                         .note = out.note,
                         .isWhole = true};
        for (std::size_t i = 0; i + 1 < rows.size(); ++i)
            format.children.push_back({.name = text(rows[i].part),
                                       .type = text(name),
                                       .parameters = rows[i].parameters,
                                       .bytes = rows[i].*bytes});
        out.children.push_back(std::move(format));
    }
    return out;
}

}  // namespace

QString shapeText(const std::vector<std::int64_t>& shape)
{
    QStringList parts;
    for (const std::int64_t size : shape)
        parts << QString::number(size);
    return parts.join(QStringLiteral(" × "));
}

std::vector<ModelNode> nodesFromSnapshot(const SnapshotContents& contents)
{
    ModelNode root = moduleNode(contents.root, -1);
    for (const auto& [name, standIn] : contents.tied) {
        ModelNode tied{.name = text(name), .shape = Words::tr("tied")};
        tied.note = Words::tr("no tensor of its own: %1 stands in").arg(text(standIn));
        root.children.push_back(std::move(tied));
    }
    root.children.push_back(memoryNode(contents));
    if (!contents.facts.empty())
        root.children.push_back(factsNode(Words::tr("configuration"), contents.facts));
    return std::move(root.children);
}

std::vector<ModelNode> nodesFromReport(const ModelReport& report,
                                       const std::vector<std::shared_ptr<const SnapshotContents>>& folders)
{
    std::vector<ModelNode> out;
    for (const ModelPart& part : report.parts) {
        ModelNode node = factsNode(text(part.name), part.facts);
        node.type = text(part.weightFormat);
        node.parameters = part.parameterCount;
        node.bytes = part.weightBytes;
        node.note = Words::tr("on %1").arg(text(part.device));
        node.children.insert(node.children.begin(), fact(Words::tr("device"), text(part.device)));
        out.push_back(std::move(node));
    }
    for (const auto& contents : folders) {
        ModelNode node{.name = Words::tr("files of %1").arg(QFileInfo(text(contents->folder)).fileName())};
        node.parameters = contents->root.elements;
        node.bytes = contents->root.bytes;
        node.isWhole = true;
        node.note = text(contents->folder);
        node.children = nodesFromSnapshot(*contents);
        out.push_back(std::move(node));
    }
    return out;
}

std::vector<ModelNode> nodesFromRecord(const RunRecord& record)
{
    std::vector<ModelNode> out;
    const ModelFacts& facts = record.model;
    if (facts.layers > 0) {
        ModelNode model{.name = Words::tr("language model")};
        model.note = Words::tr("what the record tells of it; sizes of its MLPs are not recorded");
        model.children = {fact(Words::tr("query heads"), QString::number(facts.queryHeads)),
                          fact(Words::tr("key/value heads"), QString::number(facts.keyValueHeads)),
                          fact(Words::tr("head width"), QString::number(facts.headWidth)),
                          fact(Words::tr("score scale"), QString::number(facts.scoreScale, 'g', 6)),
                          fact(Words::tr("norm epsilon"), QString::number(facts.normEpsilon, 'g', 3)),
                          fact(Words::tr("sliding window"),
                               facts.slidingWindow > 0 ? QString::number(facts.slidingWindow) : Words::tr("none")),
                          matrix(Words::tr("embedding table"), facts.vocabularyRows, facts.hiddenSize)};
        ModelNode layers{.name = Words::tr("layers"), .shape = QString::number(facts.layers)};
        for (std::int64_t layer = 0; layer < facts.layers; ++layer)
            layers.children.push_back(layerNode(facts, layer));
        model.children.push_back(std::move(layers));
        out.push_back(std::move(model));
    }
    if (!record.settings.empty())
        out.push_back(factsNode(Words::tr("settings of the run"), {record.settings.begin(), record.settings.end()}));
    if (!record.tensors.empty())
        out.push_back(tensorsNode(record));
    return out;
}

AnalysisTable tableOf(const std::vector<ModelNode>& nodes)
{
    AnalysisTable out{"modules", {"name", "shape", "format", "parameters", "bytes"}, {}};
    addRows(nodes, {}, out);
    return out;
}

QString snapshotSummary(const SnapshotContents& contents)
{
    const QLocale locale;
    QStringList formats;
    for (const auto& [type, bytes] : contents.bytesByType)
        formats << QStringLiteral("%1 %2").arg(locale.formattedDataSize(bytes), text(numberFormatName(type)));
    const inspect::QuantisationRule rule;
    const inspect::WeightMemoryRow whole = inspect::weightMemory(contents, rule).back();
    const auto as = [&locale](std::int64_t bytes) { return locale.formattedDataSize(bytes); };
    return Words::tr(
               "%1 · %2 tensors · %3 parameters · stored %4 · as float32 %5, bfloat16 %6, int8 %7, int4 %8 with their "
               "scales")
        .arg(text(contents.architecture).isEmpty() ? QFileInfo(text(contents.folder)).fileName()
                                                   : text(contents.architecture))
        .arg(locale.toString(static_cast<qlonglong>(contents.tensorCount)), parameterText(contents.parameters()),
             formats.join(QStringLiteral(" + ")))
        .arg(as(whole.float32), as(whole.bfloat16), as(whole.int8), as(whole.int4));
}

}  // namespace armillary::widgets
