// The turns of the conversation so far and the pictures shown in them; makes the next question out of them. A picture or
// frame that an earlier turn showed is not shown again: the following question continues from it.
// Thread rule: plain values, GUI thread. No Qt here.
#pragma once

#include "records/question.h"
#include "records/temporal_grid.h"

#include <string>
#include <utility>
#include <vector>

namespace armillary::app {

// Names a shown frame: the source's label and the frame's index in it.
using ShownFrame = std::pair<std::string, int>;

class Conversation {
public:
    [[nodiscard]] bool empty() const { return m_turns.empty(); }
    [[nodiscard]] const std::vector<ChatTurn>& turns() const { return m_turns; }
    [[nodiscard]] bool hasShown(const ShownFrame& frame) const;
    // The same moments of this source, in the same form.
    [[nodiscard]] bool hasShown(const std::string& source, const TemporalGrid& grid) const;

    // `settings` with the turns so far, the new pictures and `text` as the last turn. Does not change the conversation:
    // that is done when the answer is there.
    [[nodiscard]] Question nextQuestion(Question settings, const std::string& text,
                                        const std::vector<Clip>& newClips) const;
    // The question was answered (perhaps cut off): it and its answer belong to the conversation now.
    void addAnswered(const Question& question, const std::string& answer);
    void clear();

private:
    std::vector<Clip> m_media;
    std::vector<int> m_stillFrames;
    std::vector<ChatTurn> m_turns;
};

}  // namespace armillary::app
