// The turns of a conversation as flowing text. The last answer grows while tokens stream in; its words are tied to
// sequence positions, so pointing at a word hovers its token and hovered tokens show in the text. Words may be coloured by a
// number each; beside another run's answer, words that only one of the two has are marked.
// Appending a token costs the same however long the answer is.
// Thread rule: GUI thread.
#pragma once

#include "widgets/cost/token_rate.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"
#include "widgets/text/flow_text.h"
#include "widgets/text/text_difference.h"
#include "widgets/text/word_colors.h"

#include <QAbstractScrollArea>
#include <QElapsedTimer>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace armillary::widgets {

struct ThemeColors;

// Of words that only answer A or only answer B has.
[[nodiscard]] QColor onlyInColor(bool isA, bool dark);

class ConversationView : public QAbstractScrollArea {
    Q_OBJECT
public:
    ConversationView(const ShownRun& run, Selection& selection, QWidget* parent = nullptr);

    // The question's turns, and an empty answer that waits for tokens.
    void showTurns();
    void appendTokens(qint64 first, qint64 count);
    void showState();
    void showSelection() { viewport()->update(); }

    // Probability and surprisal colour at once, the others when their values come.
    void setMeasure(WordMeasure measure);
    // One a token of the answer.
    void setWordValues(const WordScale& scale, std::vector<float> values);
    [[nodiscard]] const WordColors& colors() const { return m_colors; }
    // Shows the answer of `other` below, and marks what only one of the two has; null ends it.
    void compareWith(const std::shared_ptr<const RunRecord>& other);
    [[nodiscard]] const TextDifference* difference() const { return m_other ? &m_difference : nullptr; }
    [[nodiscard]] const RunRecord* other() const { return m_other.get(); }

    // The streamed answer of the shown run.
    [[nodiscard]] QString answerText() const;
    // Every turn with who said it, for the clipboard.
    [[nodiscard]] QString conversationText() const;
    [[nodiscard]] qsizetype turnCount() const { return static_cast<qsizetype>(m_blocks.size()); }
    // How the answer ended, its length and speed.
    [[nodiscard]] QString footnote() const;
    // The place of a generated token on the viewport (centre of its first rectangle); empty if it is out of view.
    [[nodiscard]] std::optional<QPoint> pointFromPosition(std::int64_t position) const;
    [[nodiscard]] std::optional<QRect> rectFromPosition(std::int64_t position) const;
    // The question that the last user turn asked; empty without one.
    [[nodiscard]] QString lastQuestion() const;
    // Lines wrapped for the answer since its first token; tests of the growth rule read it.
    [[nodiscard]] qint64 wrappedLines() const;
    // Chooses the next or last word and brings it into view.
    void moveByToken(int step);

Q_SIGNALS:
    // A click on a word, or Enter with a word chosen.
    void alternativesWanted(qint64 position);
    // A click elsewhere, or scrolling: what is shown at a word has lost its place.
    void wordLeft();
    // Text of a question that shall be asked once more, changed.
    void editWanted(const QString& question);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    struct Block {
        ChatRole role = ChatRole::User;
        QString caption;  // who speaks, and the pictures shown
        FlowText text;
        QString footnote;  // how an answer ended
        double top = 0;    // in content coordinates
        // Of answers with tokens: where each starts in the text.
        std::vector<qsizetype> tokenStarts;

        [[nodiscard]] std::size_t tokenAt(qsizetype character) const;
        // Characters [first, second) of token `index`.
        [[nodiscard]] std::pair<qsizetype, qsizetype> rangeOf(std::size_t index) const;
    };

    Block& addBlock(ChatRole role, const QString& caption, const QString& text);
    void addOther();
    void showAnswerCaption();
    void colorDifference();
    void styleBlock(Block& block);
    void arrange();
    void showFootnote();
    void paintBlock(QPainter& painter, const Block& block, double visibleTop, double visibleBottom) const;
    [[nodiscard]] std::vector<TextMark> marksOf(const Block& block, qsizetype start, qsizetype end) const;
    [[nodiscard]] TextMark markOf(const Block& block, std::size_t token, const ThemeColors& theme) const;
    // What of the shown run stands for a token of `block`: of the other answer, its partner.
    [[nodiscard]] std::optional<std::int64_t> positionOf(const Block& block, std::size_t token) const;
    [[nodiscard]] double blockHeight(const Block& block) const;
    [[nodiscard]] QPointF textOrigin(const Block& block) const;  // in content coordinates
    [[nodiscard]] double captionHeight() const;
    [[nodiscard]] double footnoteHeight(const Block& block) const;
    [[nodiscard]] Block* answerBlock();
    [[nodiscard]] const Block* answerBlock() const;
    [[nodiscard]] bool isOther(const Block& block) const;
    [[nodiscard]] const Block* blockAt(const QPoint& point) const;
    [[nodiscard]] std::optional<std::int64_t> positionFromPoint(const QPoint& point) const;

    const ShownRun& m_run;
    Selection& m_selection;
    std::vector<Block> m_blocks;
    std::optional<std::size_t> m_answer;  // index of the shown answer's block
    std::optional<std::size_t> m_otherAnswer;
    WordColors m_colors;
    std::shared_ptr<const RunRecord> m_other;
    TextDifference m_difference;
    Positions m_hover;  // begun here
    TokenRate m_rate;
    QElapsedTimer m_clock;
};

}  // namespace armillary::widgets
