#include "app/inference/conversation.h"

#include <algorithm>

namespace armillary::app {

bool Conversation::hasShown(const ShownFrame& frame) const
{
    return std::any_of(m_media.begin(), m_media.end(), [&frame](const Clip& clip) {
        return clip.path == frame.first && !clip.grid &&
               clip.firstFrameIndex + static_cast<int>(clip.frames.size()) - 1 == frame.second;
    });
}

bool Conversation::hasShown(const std::string& source, const TemporalGrid& grid) const
{
    const auto framesOf = [](const TemporalGrid& each) {
        std::vector<int> out;
        for (const GridMoment& moment : each.moments)
            out.push_back(moment.sourceFrame);
        return out;
    };
    return std::any_of(m_media.begin(), m_media.end(), [&](const Clip& clip) {
        return clip.path == source && clip.grid && framesOf(*clip.grid) == framesOf(grid) &&
               clip.grid->filter == grid.filter && clip.grid->letterboxSide == grid.letterboxSide &&
               clip.grid->cellHeight == grid.cellHeight && clip.grid->cellWidth == grid.cellWidth;
    });
}

Question Conversation::nextQuestion(Question settings, const std::string& text, const std::vector<Clip>& newClips) const
{
    Question out = std::move(settings);
    out.media = m_media;
    out.stillFrames = m_stillFrames;
    out.turns = m_turns;
    ChatTurn turn;
    turn.role = ChatRole::User;
    turn.text = text;
    for (const Clip& clip : newClips) {
        turn.mediaIndices.push_back(static_cast<int>(out.media.size()));
        out.media.push_back(clip);
        out.stillFrames.push_back(static_cast<int>(clip.frames.size()) - 1);
    }
    out.turns.push_back(std::move(turn));
    return out;
}

void Conversation::addAnswered(const Question& question, const std::string& answer)
{
    m_media = question.media;
    m_stillFrames = question.stillFrames;
    // Those that are not named are the last frames; a following question names its own after them.
    for (std::size_t i = m_stillFrames.size(); i < m_media.size(); ++i)
        m_stillFrames.push_back(static_cast<int>(m_media[i].frames.size()) - 1);
    m_turns = question.turns;
    ChatTurn turn;
    turn.role = ChatRole::Model;
    turn.text = answer;
    m_turns.push_back(std::move(turn));
}

void Conversation::clear()
{
    m_media.clear();
    m_stillFrames.clear();
    m_turns.clear();
}

}  // namespace armillary::app
