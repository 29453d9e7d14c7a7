#include "widgets/shell/command_palette.h"

#include "widgets/panel.h"
#include "widgets/theme.h"

#include <QAction>
#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QPointer>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <set>

namespace armillary::widgets {
namespace {

constexpr int kWidth = 640;
constexpr int kRows = 12;

class EntryDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const ThemeColors& theme = themeColors(option.palette);
        const QRect room = option.rect.adjusted(10, 0, -10, 0);
        painter->save();
        if ((option.state & QStyle::State_Selected) != 0)
            painter->fillRect(option.rect, theme.soft);
        const bool isDisabled = !index.data(PaletteModel::ObstacleRole).toString().isEmpty();
        const QString key = index.data(PaletteModel::KeyRole).toString();
        const QString place = index.data(PaletteModel::PlaceRole).toString();
        painter->setPen(theme.muted);
        const QFontMetrics metrics(option.font);
        const int keyWidth = key.isEmpty() ? 0 : metrics.horizontalAdvance(key) + 16;
        painter->drawText(room, Qt::AlignVCenter | Qt::AlignRight, key);
        const QRect names = room.adjusted(0, 0, -keyWidth, 0);
        const QString title = index.data(Qt::DisplayRole).toString();
        const int used = drawTitle(*painter, names, title, index.data(PaletteModel::MatchRole).toList(), option.font,
                                   isDisabled ? theme.muted : theme.text);
        painter->setPen(theme.muted);
        painter->setFont(option.font);
        painter->drawText(names.adjusted(used + 12, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                          metrics.elidedText(place, Qt::ElideRight, names.width() - used - 12));
        painter->restore();
    }
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {kWidth - 40, QFontMetrics(option.font).height() + 10};
    }

private:
    // The width it took. Matched letters are bold: piece by piece.
    static int drawTitle(QPainter& painter, const QRect& room, const QString& title, const QVariantList& places,
                         const QFont& font, const QColor& color)
    {
        std::set<qlonglong> bold;
        for (const QVariant& place : places)
            bold.insert(place.toLongLong());
        QFont strong = font;
        strong.setBold(true);
        painter.setPen(color);
        int x = room.left();
        for (qsizetype i = 0; i < title.size() && x < room.right();) {
            qsizetype end = i + 1;
            while (end < title.size() && bold.contains(end) == bold.contains(i))
                ++end;
            const QString piece = title.mid(i, end - i);
            painter.setFont(bold.contains(i) ? strong : font);
            painter.drawText(QRect(x, room.top(), room.right() - x, room.height()), Qt::AlignVCenter | Qt::AlignLeft,
                             piece);
            x += QFontMetrics(painter.font()).horizontalAdvance(piece);
            i = end;
        }
        return x - room.left();
    }
};

}  // namespace

QString plainName(const QAction* action)
{
    // In a menu its place says half of it: "Light" under "Theme".
    const QString whole = action->property("wholeName").toString();
    if (!whole.isEmpty())
        return whole;
    QString name = action->text();
    name.remove(QLatin1Char('&'));
    if (name.endsWith(QChar(0x2026)))
        name.chop(1);
    return name;
}

QString keysOf(const QAction* action)
{
    QStringList keys;
    for (const QKeySequence& key : action->shortcuts())
        keys << key.toString(QKeySequence::NativeText);
    return keys.join(QStringLiteral(", "));
}

QString placeOf(const QAction* action)
{
    for (const QObject* at = action->parent(); at != nullptr; at = at->parent()) {
        if (const auto* panel = qobject_cast<const Panel*>(at))
            return panel->title();
    }
    return {};
}

std::vector<QAction*> namedActions(const QWidget* window)
{
    std::vector<QAction*> out;
    for (QAction* action : window->findChildren<QAction*>()) {
        const bool isOwn = action->menu() == nullptr && !action->isSeparator() && !action->text().isEmpty();
        // Fields bring actions of their own (undo, clear), which have no tooltip beyond their text.
        const bool isOfField = qobject_cast<QLineEdit*>(action->parent()) != nullptr;
        if (isOwn && !isOfField)
            out.push_back(action);
    }
    return out;
}

std::vector<PaletteEntry> entriesFromActions(const QWidget* window)
{
    std::vector<PaletteEntry> out;
    std::set<std::pair<QString, QString>> seen;
    for (QAction* action : namedActions(window)) {
        PaletteEntry entry;
        entry.title = plainName(action);
        entry.place = placeOf(action);
        entry.key = keysOf(action);
        entry.tip = action->toolTip();
        entry.isEnabled = action->isEnabled();
        entry.obstacle = action->property("obstacle").toString();
        if (entry.obstacle.isEmpty())
            entry.obstacle = CommandPalette::tr("not possible now");
        entry.run = [action = QPointer<QAction>(action)] {
            if (action != nullptr)
                action->trigger();
        };
        if (seen.emplace(entry.title, entry.place).second)
            out.push_back(std::move(entry));
    }
    std::stable_sort(out.begin(), out.end(), [](const PaletteEntry& one, const PaletteEntry& other) {
        return QString::localeAwareCompare(one.title, other.title) < 0;
    });
    return out;
}

CommandPalette::CommandPalette(QWidget* window) : QFrame(window)
{
    setObjectName(QStringLiteral("palette"));
    setAccessibleName(tr("Command palette"));
    m_field = new QLineEdit;
    m_field->setPlaceholderText(tr("What shall be done …  (an action, a panel, a run)"));
    m_field->setAccessibleName(tr("Name of an action"));
    m_model = new PaletteModel(this);
    m_list = new QListView;
    m_list->setModel(m_model);
    m_list->setItemDelegate(new EntryDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setAccessibleName(tr("Actions that fit"));
    m_tip = new QLabel;
    m_tip->setObjectName(QStringLiteral("paletteTip"));
    m_tip->setProperty("role", "muted");
    m_tip->setWordWrap(true);
    m_tip->setTextFormat(Qt::PlainText);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 10, 10, 8);
    column->setSpacing(6);
    column->addWidget(m_field);
    column->addWidget(m_list, 1);
    column->addWidget(m_tip);
    hide();
    m_field->installEventFilter(this);
    window->installEventFilter(this);
    connect(m_field, &QLineEdit::textChanged, this, [this](const QString& typed) {
        m_model->setTyped(typed);
        m_list->setCurrentIndex(m_model->index(0, 0));
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &CommandPalette::showTip);
    connect(m_model, &QAbstractItemModel::modelReset, this, &CommandPalette::showTip);
    connect(m_list, &QListView::clicked, this, [this](const QModelIndex& index) {
        m_list->setCurrentIndex(index);
        runCurrent();
    });
}

void CommandPalette::open(std::vector<PaletteEntry> entries)
{
    m_field->clear();
    m_model->setTyped({});
    m_model->setEntries(std::move(entries));
    m_list->setCurrentIndex(m_model->index(0, 0));
    place();
    show();
    raise();
    m_field->setFocus(Qt::PopupFocusReason);
}

void CommandPalette::place()
{
    const QWidget* over = parentWidget();
    const int width = std::min(kWidth, over->width() - 40);
    const int height = std::min(m_list->sizeHintForRow(0) * kRows + 120, over->height() - 120);
    setGeometry((over->width() - width) / 2, 64, width, std::max(height, 200));
}

void CommandPalette::shut()
{
    hide();
    if (parentWidget()->focusWidget() == m_field)
        parentWidget()->setFocus();
}

void CommandPalette::move(int rows)
{
    const int last = m_model->rowCount() - 1;
    if (last >= 0)
        m_list->setCurrentIndex(m_model->index(std::clamp(m_list->currentIndex().row() + rows, 0, last), 0));
}

void CommandPalette::runCurrent()
{
    const PaletteEntry* entry = m_model->entry(m_list->currentIndex().row());
    if (entry == nullptr || !entry->isEnabled)
        return;
    const std::function<void()> run = entry->run;
    shut();
    run();
}

void CommandPalette::showTip()
{
    const PaletteEntry* entry = m_model->entry(m_list->currentIndex().row());
    if (entry == nullptr)
        m_tip->setText(tr("Nothing of that name."));
    else if (!entry->isEnabled)
        m_tip->setText(tr("%1 · greyed: %2").arg(entry->tip, entry->obstacle));
    else
        m_tip->setText(entry->tip);
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible())
        place();
    if (watched != m_field)
        return QFrame::eventFilter(watched, event);
    if (event->type() == QEvent::FocusOut && isVisible()) {
        const auto reason = static_cast<QFocusEvent*>(event)->reason();
        if (reason != Qt::ActiveWindowFocusReason && reason != Qt::PopupFocusReason)
            hide();
        return false;
    }
    if (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride)
        return false;
    const auto* key = static_cast<QKeyEvent*>(event);
    static constexpr std::array kOwn = {Qt::Key_Escape, Qt::Key_Up,       Qt::Key_Down,  Qt::Key_Return,
                                        Qt::Key_Enter,  Qt::Key_PageDown, Qt::Key_PageUp};
    if (std::find(kOwn.begin(), kOwn.end(), key->key()) == kOwn.end())
        return false;
    if (event->type() == QEvent::ShortcutOverride) {
        event->accept();
        return true;
    }
    switch (key->key()) {
    case Qt::Key_Escape: shut(); break;
    case Qt::Key_Up: move(-1); break;
    case Qt::Key_Down: move(1); break;
    case Qt::Key_PageUp: move(-kRows); break;
    case Qt::Key_PageDown: move(kRows); break;
    default: runCurrent();
    }
    return true;
}

}  // namespace armillary::widgets
