// The run that the panels show: a question, then its layout, then the tokens that stream in, then the finished record.
// A saved record is shown through the same object, all at once. Panels read this; they never ask an engine.
//
// Thread rule: GUI thread. What it hands out by shared_ptr is immutable.
#pragma once

#include "records/question.h"
#include "records/run_record.h"
#include "records/token_layout.h"

#include <QObject>

#include <memory>
#include <vector>

namespace armillary::widgets {

enum class RunState { Empty, Running, Completed, Cancelled, Failed };

class ShownRun : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    [[nodiscard]] RunState state() const { return m_state; }
    // Null while nothing was asked.
    [[nodiscard]] const Question* question() const { return m_question.get(); }
    // Null until the fused sequence is planned.
    [[nodiscard]] const TokenLayout* layout() const { return m_layout.get(); }
    [[nodiscard]] const std::vector<TokenPiece>& generated() const { return m_generated; }
    // Null while the run goes on, and after a run that failed before it made one.
    [[nodiscard]] std::shared_ptr<const RunRecord> record() const { return m_record; }

    // The fused sequence and what was generated after it, as one row of positions.
    [[nodiscard]] std::int64_t prefillLength() const { return m_layout ? m_layout->size() : 0; }
    [[nodiscard]] std::int64_t size() const;
    [[nodiscard]] TokenKind kindAt(std::int64_t position) const;
    [[nodiscard]] std::int64_t idAt(std::int64_t position) const;
    [[nodiscard]] const std::string& pieceAt(std::int64_t position) const;
    [[nodiscard]] TokenOrigin originAt(std::int64_t position) const;
    // All 0 for a position that stands for no pixels.
    [[nodiscard]] PixelBox boxAt(std::int64_t position) const;
    [[nodiscard]] std::int64_t count(TokenKind kind) const;

    // Nothing is shown.
    void clear();
    void begin(std::shared_ptr<const Question> question);
    void setLayout(std::shared_ptr<const TokenLayout> layout);
    void appendTokens(std::vector<TokenPiece> pieces);
    // Ends the run; `record` may be null. A record with tokens that were not streamed brings them now.
    void finish(RunState state, std::shared_ptr<const RunRecord> record);
    // Shows a finished run as a whole.
    void showRecord(const std::shared_ptr<const RunRecord>& record);
    // The shown run's record, now with more of its tensors: nothing else changes, so every view stays where it is.
    void replaceRecord(std::shared_ptr<const RunRecord> record);

Q_SIGNALS:
    void runChanged();                                // another question, or another layout
    void tokensAppended(qint64 first, qint64 count);  // indices into generated()
    void stateChanged();

private:
    RunState m_state = RunState::Empty;
    std::shared_ptr<const Question> m_question;
    std::shared_ptr<const TokenLayout> m_layout;
    std::vector<TokenPiece> m_generated;
    std::shared_ptr<const RunRecord> m_record;
};

}  // namespace armillary::widgets
