// Which vectors of a record an embedding panel can show, by the names that analyses take, and as people read them.
// Thread rule: pure functions.
#pragma once

#include "records/run_record.h"

#include <QString>

#include <vector>

class QComboBox;

namespace armillary::widgets {

struct VectorSource {
    QString name;   // "auto", "hidden.3", "world.latents"
    QString title;  // "Input of layer 0", "Output of layer 2"
};

// "auto" first, then by layer, then parts.
[[nodiscard]] std::vector<VectorSource> vectorSources(const RunRecord& record);
// As read: the title of `name`, or the name itself.
[[nodiscard]] QString vectorSourceTitle(const QString& name);
// Puts the sources of `record` (null: none but auto) into the box and keeps what is chosen where it is still there.
void fillVectorSources(QComboBox& box, const RunRecord* record);

}  // namespace armillary::widgets
