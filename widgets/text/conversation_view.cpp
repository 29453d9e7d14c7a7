#include "widgets/text/conversation_view.h"

#include "records/temporal_grid.h"
#include "widgets/token_description.h"

#include <QLocale>
#include <QScrollBar>

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::widgets {
namespace {

constexpr double kBlockGap = 14;

QString stateWords(RunState state, const RunRecord* record)
{
    switch (state) {
    case RunState::Cancelled: return ConversationView::tr("stopped");
    case RunState::Failed: return ConversationView::tr("no answer: see Messages");
    case RunState::Completed:
        return record != nullptr && record->stopReason == StopReason::TokenLimit
                   ? ConversationView::tr("cut at the limit of new tokens")
                   : QString();
    default: return {};
    }
}

QString turnCaption(const Question& question, const ChatTurn& turn)
{
    if (turn.role == ChatRole::Model)
        return ConversationView::tr("Answer");
    QStringList names;
    for (const int media : turn.mediaIndices) {
        const bool isVideo = media < static_cast<int>(question.media.size()) &&
                             question.media[static_cast<std::size_t>(media)].framesPerSecond > 0;
        const QString name = mediaName(question, media);
        if (isVideo && question.media[static_cast<std::size_t>(media)].grid) {
            QStringList frames;
            for (const GridMoment& moment : question.media[static_cast<std::size_t>(media)].grid->moments)
                frames << QString::number(moment.sourceFrame);
            names << ConversationView::tr("%1, grid of frames %2").arg(name, frames.join(QStringLiteral(", ")));
            continue;
        }
        names << (isVideo ? ConversationView::tr("%1, frame %2").arg(name).arg(stillFrameIndex(question, media) + 1)
                          : name);
    }
    return names.isEmpty() ? ConversationView::tr("Question")
                           : ConversationView::tr("Question · %1").arg(names.join(QStringLiteral(", ")));
}

std::vector<std::string> textsOf(const std::vector<TokenPiece>& tokens)
{
    std::vector<std::string> out;
    out.reserve(tokens.size());
    for (const TokenPiece& token : tokens)
        out.push_back(token.piece);
    return out;
}

std::string lastText(const Question* question)
{
    return question == nullptr || question->turns.empty() ? std::string() : question->turns.back().text;
}

}  // namespace

ConversationView::ConversationView(const ShownRun& run, Selection& selection, QWidget* parent)
    : QAbstractScrollArea(parent), m_run(run), m_selection(selection)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Conversation"));
    viewport()->setMouseTracking(true);
    viewport()->setAutoFillBackground(false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

ConversationView::Block& ConversationView::addBlock(ChatRole role, const QString& caption, const QString& text)
{
    Block& block = m_blocks.emplace_back();
    block.role = role;
    block.caption = caption;
    styleBlock(block);
    block.text.append(text);
    return block;
}

void ConversationView::showTurns()
{
    m_blocks.clear();
    m_answer.reset();
    m_otherAnswer.reset();
    m_colors.clear();
    m_rate.clear();
    m_clock.invalidate();
    const Question* question = m_run.question();
    if (question == nullptr) {
        arrange();
        return;
    }
    for (const ChatTurn& turn : question->turns)
        addBlock(turn.role, turnCaption(*question, turn), QString::fromStdString(turn.text));
    if (question->rawPrompt)
        addBlock(ChatRole::User, tr("Raw prompt"), QString::fromStdString(*question->rawPrompt));
    addBlock(ChatRole::Model, {}, {});
    m_answer = m_blocks.size() - 1;
    showAnswerCaption();
    if (!m_run.generated().empty())
        appendTokens(0, static_cast<qint64>(m_run.generated().size()));
    addOther();
    showState();
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void ConversationView::showAnswerCaption()
{
    Block* answer = answerBlock();
    const Question* question = m_run.question();
    if (answer == nullptr || question == nullptr)
        return;
    const auto given = static_cast<int>(question->answerPrefix.size());
    const QString name = m_other ? tr("Answer A") : tr("Answer");
    answer->caption = given == 0   ? name
                      : given == 1 ? tr("%1 · continued after a given token").arg(name)
                                   : tr("%1 · continued after %2 given tokens").arg(name).arg(given);
}

void ConversationView::addOther()
{
    showAnswerCaption();
    if (!m_other || !m_answer)
        return;
    if (lastText(&m_other->question) != lastText(m_run.question()) && !m_other->question.turns.empty())
        addBlock(ChatRole::User, tr("Question of B"), QString::fromStdString(m_other->question.turns.back().text));
    Block& block = addBlock(ChatRole::Model, tr("Answer B"), {});
    QString text;
    for (const TokenPiece& token : m_other->generated) {
        block.tokenStarts.push_back(text.size());
        text += QString::fromStdString(token.text);
    }
    block.text.append(text);
    m_otherAnswer = m_blocks.size() - 1;
    const std::vector<std::string> a = textsOf(m_run.generated());
    const std::vector<std::string> b = textsOf(m_other->generated);
    m_difference = textDifference(a, b);
    const auto words = [](std::size_t count) { return QLocale().toString(static_cast<qlonglong>(count)); };
    block.footnote = tr("%1 tokens in common, %2 only in A, %3 only in B")
                         .arg(words(m_difference.common), words(a.size() - m_difference.common),
                              words(b.size() - m_difference.common));
    if (!m_difference.isLongest)
        block.footnote = tr("at least %1").arg(block.footnote);
    colorDifference();
}

void ConversationView::colorDifference()
{
    const WordMeasure measure = m_colors.measure();
    if (!m_other || (measure != WordMeasure::Probability && measure != WordMeasure::Surprisal))
        return;
    std::vector<float> values(m_run.generated().size(), std::numeric_limits<float>::quiet_NaN());
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (const auto partner = m_difference.partnerInB[i])
            values[i] = wordValue(measure, m_run.generated()[i]) - wordValue(measure, m_other->generated[*partner]);
    }
    m_colors.setValues(differenceScale(measure), std::move(values));
}

void ConversationView::compareWith(const std::shared_ptr<const RunRecord>& other)
{
    if (other == m_other)
        return;
    m_other = other;
    setMeasure(m_colors.measure());
    showTurns();
}

void ConversationView::setMeasure(WordMeasure measure)
{
    m_colors.setMeasure(measure);
    if (m_otherAnswer) {
        colorDifference();
    } else {
        for (const TokenPiece& token : m_run.generated())
            m_colors.append(token);
    }
    viewport()->update();
}

void ConversationView::setWordValues(const WordScale& scale, std::vector<float> values)
{
    m_colors.setValues(scale, std::move(values));
    viewport()->update();
}

void ConversationView::appendTokens(qint64 first, qint64 count)
{
    Block* answer = answerBlock();
    if (answer == nullptr || static_cast<std::size_t>(first) != answer->tokenStarts.size())
        return;
    QString text;
    for (qint64 i = first; i < first + count; ++i) {
        const TokenPiece& token = m_run.generated()[static_cast<std::size_t>(i)];
        answer->tokenStarts.push_back(answer->text.text().size() + text.size());
        text += QString::fromStdString(token.text);
        m_colors.append(token);
    }
    const bool atEnd = verticalScrollBar()->value() >= verticalScrollBar()->maximum() - 4;
    answer->text.append(text);
    if (m_run.state() == RunState::Running) {
        if (!m_clock.isValid())
            m_clock.start();
        m_rate.add(m_clock.elapsed(), first + count);
        showFootnote();
    }
    arrange();
    if (atEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void ConversationView::showFootnote()
{
    Block* answer = answerBlock();
    if (answer == nullptr)
        return;
    const auto tokens = static_cast<qlonglong>(m_run.generated().size());
    const auto record = m_run.record();
    const bool isRunning = m_run.state() == RunState::Running;
    double rate = isRunning ? m_rate.perSecond() : 0;
    if (record && tokens > 1 && record->cost.decodeSeconds > 0)
        rate = static_cast<double>(tokens - 1) / record->cost.decodeSeconds;
    QStringList parts;
    if (tokens > 0)
        parts << tr("%1 tokens").arg(QLocale().toString(tokens));
    if (rate > 0)
        parts << tr("%1 tokens/s").arg(QLocale().toString(rate, 'f', rate < 100 ? 1 : 0));
    if (const QString words = stateWords(m_run.state(), record.get()); !words.isEmpty())
        parts << words;
    answer->footnote = parts.join(QStringLiteral(" · "));
}

void ConversationView::showState()
{
    if (const Block* answer = answerBlock()) {
        showFootnote();
        if (m_run.state() != RunState::Running)
            setAccessibleDescription(tr("Last answer: %1").arg(answer->text.text()));
    }
    arrange();
}

QString ConversationView::footnote() const
{
    return m_answer ? m_blocks[*m_answer].footnote : QString();
}

qint64 ConversationView::wrappedLines() const
{
    return m_answer ? m_blocks[*m_answer].text.wrappedLines() : 0;
}

ConversationView::Block* ConversationView::answerBlock()
{
    return m_answer ? &m_blocks[*m_answer] : nullptr;
}

const ConversationView::Block* ConversationView::answerBlock() const
{
    return m_answer ? &m_blocks[*m_answer] : nullptr;
}

bool ConversationView::isOther(const Block& block) const
{
    return m_otherAnswer && &block == &m_blocks[*m_otherAnswer];
}

QString ConversationView::answerText() const
{
    return m_answer ? m_blocks[*m_answer].text.text() : QString();
}

QString ConversationView::conversationText() const
{
    QStringList parts;
    for (const Block& block : m_blocks)
        parts << QStringLiteral("%1\n%2").arg(block.caption, block.text.text());
    return parts.join(QStringLiteral("\n\n"));
}

QString ConversationView::lastQuestion() const
{
    return QString::fromStdString(lastText(m_run.question()));
}

void ConversationView::arrange()
{
    double y = kBlockGap / 2;
    for (Block& block : m_blocks) {
        block.top = y;
        y += blockHeight(block) + kBlockGap;
    }
    verticalScrollBar()->setPageStep(viewport()->height());
    verticalScrollBar()->setSingleStep(static_cast<int>(captionHeight()));
    verticalScrollBar()->setRange(0, std::max(0, static_cast<int>(std::ceil(y)) - viewport()->height()));
    viewport()->update();
}

std::size_t ConversationView::Block::tokenAt(qsizetype character) const
{
    const auto after = std::upper_bound(tokenStarts.begin(), tokenStarts.end(), character);
    return static_cast<std::size_t>(after - tokenStarts.begin());
}

std::pair<qsizetype, qsizetype> ConversationView::Block::rangeOf(std::size_t index) const
{
    return {tokenStarts[index], index + 1 < tokenStarts.size() ? tokenStarts[index + 1] : text.text().size()};
}

std::optional<std::int64_t> ConversationView::positionOf(const Block& block, std::size_t token) const
{
    if (!isOther(block))
        return m_run.prefillLength() + static_cast<std::int64_t>(token);
    const auto partner = m_difference.partnerInA[token];
    return partner ? std::optional(m_run.prefillLength() + static_cast<std::int64_t>(*partner)) : std::nullopt;
}

const ConversationView::Block* ConversationView::blockAt(const QPoint& point) const
{
    const double y = point.y() + verticalScrollBar()->value();
    for (const Block& block : m_blocks) {
        if (y >= block.top && y < block.top + blockHeight(block))
            return &block;
    }
    return nullptr;
}

std::optional<std::int64_t> ConversationView::positionFromPoint(const QPoint& point) const
{
    const Block* block = blockAt(point);
    if (block == nullptr || block->tokenStarts.empty())
        return std::nullopt;
    const QPointF inContent = QPointF(point) + QPointF(0, verticalScrollBar()->value());
    const auto character = block->text.characterFromPoint(inContent - textOrigin(*block));
    if (!character)
        return std::nullopt;
    const std::size_t after = block->tokenAt(*character);
    return after == 0 ? std::nullopt : positionOf(*block, after - 1);
}

std::optional<QRect> ConversationView::rectFromPosition(std::int64_t position) const
{
    const Block* answer = answerBlock();
    const std::int64_t index = position - m_run.prefillLength();
    if (answer == nullptr || index < 0 || index >= static_cast<std::int64_t>(answer->tokenStarts.size()))
        return std::nullopt;
    const auto [start, end] = answer->rangeOf(static_cast<std::size_t>(index));
    const std::vector<QRectF> rects = answer->text.rectsFromRange(start, end - start);
    if (rects.empty())
        return std::nullopt;
    return rects.front().translated(textOrigin(*answer) - QPointF(0, verticalScrollBar()->value())).toAlignedRect();
}

std::optional<QPoint> ConversationView::pointFromPosition(std::int64_t position) const
{
    const std::optional<QRect> rect = rectFromPosition(position);
    return rect && viewport()->rect().contains(rect->center()) ? std::optional(rect->center()) : std::nullopt;
}

}  // namespace armillary::widgets
