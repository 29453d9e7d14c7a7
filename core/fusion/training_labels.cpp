#include "fusion/training_labels.h"

namespace armillary::fusion {

std::vector<std::int64_t> trainingLabels(const TokenLayout& layout, LabelRule rule)
{
    std::vector<std::int64_t> labels = layout.ids;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const TokenKind kind = layout.kinds[i];
        const bool isText = kind == TokenKind::Text || kind == TokenKind::Control || kind == TokenKind::Generated;
        if (labels[i] < 0 || kind == TokenKind::World || (rule == LabelRule::TextOnly && !isText))
            labels[i] = kIgnoredLabel;
    }
    return labels;
}

}  // namespace armillary::fusion
