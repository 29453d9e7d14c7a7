#include "widgets/shown_run.h"

namespace armillary::widgets {

std::int64_t ShownRun::size() const
{
    return prefillLength() + static_cast<std::int64_t>(m_generated.size());
}

TokenKind ShownRun::kindAt(std::int64_t position) const
{
    return position < prefillLength() ? m_layout->kinds[static_cast<std::size_t>(position)] : TokenKind::Generated;
}

std::int64_t ShownRun::idAt(std::int64_t position) const
{
    if (position < prefillLength())
        return m_layout->ids[static_cast<std::size_t>(position)];
    return m_generated[static_cast<std::size_t>(position - prefillLength())].id;
}

const std::string& ShownRun::pieceAt(std::int64_t position) const
{
    if (position < prefillLength())
        return m_layout->pieces[static_cast<std::size_t>(position)];
    return m_generated[static_cast<std::size_t>(position - prefillLength())].piece;
}

TokenOrigin ShownRun::originAt(std::int64_t position) const
{
    return position < prefillLength() ? m_layout->origins[static_cast<std::size_t>(position)] : TokenOrigin{};
}

PixelBox ShownRun::boxAt(std::int64_t position) const
{
    return position < prefillLength() ? m_layout->boxFromToken(position) : PixelBox{0, 0, 0, 0};
}

std::int64_t ShownRun::count(TokenKind kind) const
{
    const std::int64_t generated = kind == TokenKind::Generated ? static_cast<std::int64_t>(m_generated.size()) : 0;
    return generated + (m_layout ? m_layout->count(kind) : 0);
}

void ShownRun::clear()
{
    m_question.reset();
    m_layout.reset();
    m_generated.clear();
    m_record.reset();
    m_state = RunState::Empty;
    Q_EMIT runChanged();
    Q_EMIT stateChanged();
}

void ShownRun::begin(std::shared_ptr<const Question> question)
{
    m_question = std::move(question);
    m_layout.reset();
    m_generated.clear();
    m_record.reset();
    m_state = RunState::Running;
    Q_EMIT runChanged();
    Q_EMIT stateChanged();
}

void ShownRun::setLayout(std::shared_ptr<const TokenLayout> layout)
{
    m_layout = std::move(layout);
    Q_EMIT runChanged();
}

void ShownRun::appendTokens(std::vector<TokenPiece> pieces)
{
    if (pieces.empty())
        return;
    const auto first = static_cast<qint64>(m_generated.size());
    const auto count = static_cast<qint64>(pieces.size());
    m_generated.insert(m_generated.end(), std::make_move_iterator(pieces.begin()),
                       std::make_move_iterator(pieces.end()));
    Q_EMIT tokensAppended(first, count);
}

void ShownRun::finish(RunState state, std::shared_ptr<const RunRecord> record)
{
    m_state = state;
    m_record = std::move(record);
    if (m_record && m_record->layout && !m_layout)
        setLayout(m_record->layout);
    if (m_record && m_record->generated.size() > m_generated.size()) {
        const auto missing = m_record->generated.begin() + static_cast<std::ptrdiff_t>(m_generated.size());
        appendTokens({missing, m_record->generated.end()});
    }
    Q_EMIT stateChanged();
}

void ShownRun::replaceRecord(std::shared_ptr<const RunRecord> record)
{
    m_record = std::move(record);
    Q_EMIT stateChanged();
}

void ShownRun::showRecord(const std::shared_ptr<const RunRecord>& record)
{
    // One change for the views, not one for the question and another for its layout: each makes them build anew.
    m_question = std::shared_ptr<const Question>(record, &record->question);
    m_layout = record->layout;
    m_generated.clear();
    m_record.reset();
    m_state = RunState::Running;
    Q_EMIT runChanged();
    const RunState state = record->outcome == RunOutcome::Completed   ? RunState::Completed
                           : record->outcome == RunOutcome::Cancelled ? RunState::Cancelled
                                                                      : RunState::Failed;
    finish(state, record);
}

}  // namespace armillary::widgets
