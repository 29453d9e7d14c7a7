#include "widgets/text/token_alternatives.h"

#include "widgets/analysis/result_table_view.h"
#include "widgets/cost/share_bar_delegate.h"
#include "widgets/models/word_list_model.h"
#include "widgets/text/vocabulary_words.h"
#include "widgets/text/word_colors.h"

#include <QApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kWidth = 292;

}  // namespace

TokenAlternatives::TokenAlternatives(const ShownRun& run, QWidget* home) : QFrame(home), m_run(run), m_home(home)
{
    setObjectName(QStringLiteral("tokenAlternatives"));
    setAccessibleName(tr("Alternatives of a word"));
    setFrameShape(QFrame::StyledPanel);
    setStyleSheet(QStringLiteral(
        "#tokenAlternatives { background-color: palette(base); border: 1px solid palette(highlight); }"));
    m_title = new QLabel;
    m_title->setTextFormat(Qt::PlainText);
    m_title->setProperty("role", "hintTitle");
    m_note = new QLabel;
    m_note->setProperty("role", "muted");
    m_note->setWordWrap(true);
    m_model = new WordListModel(this);
    m_list = new QTableView;
    m_list->setAccessibleName(tr("Words that could have stood here"));
    m_list->setModel(m_model);
    m_list->setItemDelegateForColumn(WordListModel::Probability, new ShareBarDelegate(WordListModel::BarRole, m_list));
    m_list->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setShowGrid(false);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setTabKeyNavigation(false);
    m_list->verticalHeader()->hide();
    fitRows(m_list, 6);
    m_list->horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_list->horizontalHeader()->setSectionResizeMode(WordListModel::Word, QHeaderView::Stretch);
    m_list->horizontalHeader()->setHighlightSections(false);
    m_list->setColumnWidth(WordListModel::Probability,
                           fontMetrics().horizontalAdvance(QStringLiteral("Probability")) + 26);
    m_list->setColumnWidth(WordListModel::Bits, fontMetrics().horizontalAdvance(QStringLiteral("00.00")) + 22);
    for (const int column : {WordListModel::Logit, WordListModel::Drawn, WordListModel::Id})
        m_list->setColumnHidden(column, true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setMouseTracking(true);
    m_list->installEventFilter(this);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->setSpacing(4);
    column->addWidget(m_title);
    column->addWidget(m_list, 1);
    column->addWidget(m_note);
    connect(m_list, &QTableView::clicked, this, [this](const QModelIndex& index) { take(index.row()); });
    hide();
}

QString TokenAlternatives::note() const
{
    return m_note->text();
}

QString TokenAlternatives::obstacle() const
{
    if (m_model->rows().empty())
        return tr("This record names no alternatives.");
    if (m_run.state() == RunState::Running)
        return tr("The answer is being made; when it has ended or is stopped, another one can continue from here.");
    return {};
}

void TokenAlternatives::fill()
{
    std::vector<WordRow> rows;
    const auto index = static_cast<std::size_t>(*m_position - m_run.prefillLength());
    const TokenPiece& token = m_run.generated()[index];
    for (const auto& [id, probability] : token.alternatives) {
        WordRow row;
        row.id = id;
        row.word = wordFromId(m_run, id);
        row.probability = probability;
        row.isTaken = id == token.id;
        rows.push_back(std::move(row));
    }
    if (!token.alternatives.empty() &&
        std::none_of(rows.begin(), rows.end(), [](const WordRow& row) { return row.isTaken; }))
        rows.push_back({token.id, wordFromPiece(token.piece, token.id), token.probability, {}, true, {}, {}});
    m_model->setRows(std::move(rows));
    m_title->setText(tr("“%1”  %2 % · %3 bits")
                         .arg(wordFromPiece(token.piece, token.id))
                         .arg(100.0 * token.probability, 0, 'f', 1)
                         .arg(surprisalBits(token.probability), 0, 'f', 2));
    const QString problem = obstacle();
    m_note->setText(problem.isEmpty()
                        ? tr("Enter or a click continues from here as a branch. Left and right: other words.")
                        : problem);
    m_list->setVisible(!m_model->rows().empty());
    m_list->setCurrentIndex(m_model->index(std::max(m_model->takenRow(), 0), 0));
}

void TokenAlternatives::place(const QRect& word)
{
    QWidget* window = m_home->window();
    if (parentWidget() != window)
        setParent(window);
    const int rows = m_model->rowCount();
    const int listHeight =
        m_list->horizontalHeader()->sizeHint().height() + rows * m_list->verticalHeader()->defaultSectionSize() + 4;
    const int width = std::min(kWidth, window->width() - 8);
    const int noteHeight = m_note->heightForWidth(width - 16);
    const int wanted = 28 + m_title->sizeHint().height() + noteHeight + (rows > 0 ? listHeight : 0);
    const int height = std::min(wanted, window->height() - 8);
    const QRect at(window->mapFromGlobal(word.topLeft()), word.size());
    const bool below = at.bottom() + 4 + height <= window->height() || at.top() < height + 4;
    const int y = below ? at.bottom() + 4 : at.top() - 4 - height;
    setGeometry(std::clamp(at.left(), 4, std::max(4, window->width() - width - 4)),
                std::clamp(y, 4, std::max(4, window->height() - height - 4)), width, height);
}

void TokenAlternatives::showFor(std::int64_t position, const QRect& word)
{
    const std::int64_t index = position - m_run.prefillLength();
    if (index < 0 || index >= static_cast<std::int64_t>(m_run.generated().size())) {
        leave();
        return;
    }
    m_position = position;
    fill();
    place(word);
    show();
    raise();
    m_list->setFocus(Qt::PopupFocusReason);
}

void TokenAlternatives::leave()
{
    m_position.reset();
    if (!isVisible())
        return;
    const bool hadKeys = m_list->hasFocus();
    hide();
    if (hadKeys)
        m_home->setFocus(Qt::PopupFocusReason);
}

void TokenAlternatives::take(int row)
{
    if (!m_position || !obstacle().isEmpty() || row < 0 || row >= m_model->rowCount())
        return;
    const std::int64_t position = *m_position;
    const std::int64_t id = m_model->rows()[static_cast<std::size_t>(row)].id;
    leave();
    Q_EMIT branchWanted(position, id);
}

bool TokenAlternatives::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::FocusOut && isVisible() && QApplication::focusWidget() != m_home) {
        // The keys went to another part of the window; a window that is left for another program keeps the list.
        if (static_cast<const QFocusEvent*>(event)->reason() != Qt::ActiveWindowFocusReason) {
            hide();
            m_position.reset();
        }
    }
    if (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride)
        return QFrame::eventFilter(watched, event);
    auto* key = static_cast<QKeyEvent*>(event);
    const bool isPress = event->type() == QEvent::KeyPress;
    switch (key->key()) {
    case Qt::Key_Escape:
        // Not the window's "Stop".
        event->accept();
        if (isPress)
            leave();
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (key->modifiers().testFlag(Qt::ControlModifier))
            return false;
        event->accept();
        if (isPress)
            take(m_list->currentIndex().row());
        return true;
    case Qt::Key_Left:
    case Qt::Key_Right:
        event->accept();
        if (isPress)
            Q_EMIT stepWanted(key->key() == Qt::Key_Left ? -1 : 1);
        return true;
    default: return QFrame::eventFilter(watched, event);
    }
}

}  // namespace armillary::widgets
