// The turns of a conversation as flowing text. The last answer grows while tokens stream in; its words are tied to
// sequence positions, so pointing at a word hovers its token and hovered tokens show in the text.
// Thread rule: GUI thread.
#pragma once

#include "widgets/flow_text.h"
#include "widgets/selection.h"
#include "widgets/shown_run.h"

#include <QAbstractScrollArea>

#include <optional>
#include <vector>

namespace armillary::widgets {

class ConversationView : public QAbstractScrollArea {
    Q_OBJECT
public:
    ConversationView(const ShownRun& run, Selection& selection, QWidget* parent = nullptr);

    // The question's turns, and an empty answer that waits for tokens.
    void showTurns();
    void appendTokens(qint64 first, qint64 count);
    void showState();
    void showSelection() { viewport()->update(); }

    // The streamed answer of the shown run.
    [[nodiscard]] QString answerText() const;
    // Every turn with who said it, for the clipboard.
    [[nodiscard]] QString conversationText() const;
    [[nodiscard]] qsizetype turnCount() const { return static_cast<qsizetype>(m_blocks.size()); }
    // The place of a generated token on the viewport (centre of its first rectangle); empty if it is out of view.
    [[nodiscard]] std::optional<QPoint> pointFromPosition(std::int64_t position) const;

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
    };

    void addBlock(ChatRole role, const QString& caption, const QString& text);
    void styleBlock(Block& block);
    void arrange();
    void paintBlock(QPainter& painter, const Block& block, double visibleTop, double visibleBottom);
    void paintTokenMarks(QPainter& painter, const Block& block, const QPointF& origin, double visibleTop,
                         double visibleBottom);
    void moveByToken(int step);
    [[nodiscard]] double blockHeight(const Block& block) const;
    [[nodiscard]] QPointF textOrigin(const Block& block) const;  // in content coordinates
    [[nodiscard]] double captionHeight() const;
    [[nodiscard]] Block* answerBlock();
    [[nodiscard]] const Block* answerBlock() const;
    [[nodiscard]] std::optional<std::int64_t> positionFromPoint(const QPoint& point) const;
    // Characters [start, start + length) of the answer that generated token `index` added.
    [[nodiscard]] std::pair<qsizetype, qsizetype> rangeFromToken(std::size_t index) const;

    const ShownRun& m_run;
    Selection& m_selection;
    std::vector<Block> m_blocks;
    std::vector<qsizetype> m_tokenStarts;  // of each generated token in the answer's text
    bool m_hasAnswer = false;
};

}  // namespace armillary::widgets
