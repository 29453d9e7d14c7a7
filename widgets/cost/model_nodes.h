// Trees of modules for ModelTreeModel: of loaded models, of a recorded run, and of a snapshot folder.
// Thread rule: pure functions.
#pragma once

#include "records/analysis.h"
#include "records/model_report.h"
#include "records/run_record.h"
#include "records/snapshot_contents.h"
#include "widgets/models/model_tree_model.h"

#include <memory>
#include <vector>

namespace armillary::widgets {

[[nodiscard]] QString shapeText(const std::vector<std::int64_t>& shape);

// Parts with their facts; below them the tensors of the folders that were read.
[[nodiscard]] std::vector<ModelNode> nodesFromReport(
    const ModelReport& report, const std::vector<std::shared_ptr<const SnapshotContents>>& folders);
// What a record tells of its model (attention of each layer), its settings, and the tensors it holds.
[[nodiscard]] std::vector<ModelNode> nodesFromRecord(const RunRecord& record);
[[nodiscard]] std::vector<ModelNode> nodesFromSnapshot(const SnapshotContents& contents);

// All nodes with their dotted names, for exported views.
[[nodiscard]] AnalysisTable tableOf(const std::vector<ModelNode>& nodes);
// One sentence of totals; memory in other number formats.
[[nodiscard]] QString snapshotSummary(const SnapshotContents& contents);

}  // namespace armillary::widgets
