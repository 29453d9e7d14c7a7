#include "widgets/panels/runs_delegate.h"

#include "widgets/models/run_list_model.h"
#include "widgets/theme.h"

#include <QLineEdit>
#include <QPainter>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kPadding = 6;
constexpr int kIndent = 14;  // a level of branches

bool hasNote(const QModelIndex& index)
{
    return !index.data(RunListModel::NoteRole).toString().isEmpty();
}

int lineCount(const QModelIndex& index)
{
    return hasNote(index) ? 4 : 3;
}

// One line of a text that may have several.
QString oneLine(const QModelIndex& index, int role)
{
    return index.data(role).toString().simplified();
}

}  // namespace

QColor sideColor(const QString& side)
{
    return side == QLatin1String("A") ? QColor(0x00, 0x72, 0xB2) : QColor(0xD5, 0x5E, 0x00);
}

QRect RunsDelegate::badgeRect(const QRect& row, const QFontMetrics& metrics)
{
    const int side = metrics.height() + 2;
    return {row.left() + kPadding, row.top() + kPadding, side, side};
}

QSize RunsDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    return {120, lineCount(index) * (option.fontMetrics.height() + 1) + 2 * kPadding};
}

void RunsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const ThemeColors& colors = themeColors(option.palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->fillRect(option.rect, option.state.testFlag(QStyle::State_Selected)    ? colors.soft
                                   : option.state.testFlag(QStyle::State_MouseOver) ? colors.raised
                                                                                    : colors.base);
    if (option.state.testFlag(QStyle::State_Selected))
        painter->fillRect(QRect(option.rect.topLeft(), QSize(3, option.rect.height())), colors.accent);
    painter->setPen(colors.border);
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());

    const QRect badge = badgeRect(option.rect, option.fontMetrics);
    const QString side = index.data(RunListModel::SideRole).toString();
    if (!side.isEmpty()) {
        painter->setPen(Qt::NoPen);
        painter->setBrush(sideColor(side));
        painter->drawRoundedRect(badge, 4, 4);
        painter->setPen(Qt::white);
        QFont bold = option.font;
        bold.setBold(true);
        painter->setFont(bold);
        painter->drawText(badge, Qt::AlignCenter, side);
    }

    const int depth = index.data(RunListModel::DepthRole).toInt();
    QRect line(badge.right() + kPadding, option.rect.top() + kPadding,
               option.rect.right() - badge.right() - 2 * kPadding, option.fontMetrics.height() + 1);
    if (depth > 0) {
        const int x = line.left() + (depth - 1) * kIndent + kIndent / 3;
        painter->setPen(QPen(colors.muted, 1.5));
        painter->drawPolyline(QPolygon(
            {QPoint(x, option.rect.top()), QPoint(x, line.center().y()), QPoint(x + kIndent / 2, line.center().y())}));
        line.setLeft(std::min(line.left() + depth * kIndent, line.right() - 40));
    }
    const auto write = [&](const QString& text, const QColor& color, bool bold, bool italic) {
        QFont font = option.font;
        font.setBold(bold);
        font.setItalic(italic);
        painter->setFont(font);
        painter->setPen(color);
        painter->drawText(line, Qt::AlignVCenter | Qt::AlignLeft,
                          QFontMetrics(font).elidedText(text, Qt::ElideRight, line.width()));
        line.translate(0, line.height());
    };
    const bool isRollout = index.data(RunListModel::IsRolloutRole).toBool();
    const QString problem = oneLine(index, RunListModel::ProblemRole);
    write((isRollout ? QStringLiteral("\u25B6 ") : QString()) + oneLine(index, Qt::DisplayRole), colors.text, true,
          false);
    write(isRollout ? tr("predicted by the world model") : oneLine(index, RunListModel::AnswerRole), colors.text, false,
          false);
    if (problem.isEmpty())
        write(oneLine(index, RunListModel::CostRole), colors.muted, false, false);
    else
        write(problem, colors.error, false, false);
    if (const QString note = oneLine(index, RunListModel::NoteRole); !note.isEmpty())
        write(QStringLiteral("\u270E ") + note, colors.muted, false, true);
    painter->restore();
}

QWidget* RunsDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex&) const
{
    auto* editor = new QLineEdit(parent);
    editor->setPlaceholderText(tr("Note about this run"));
    editor->setAccessibleName(tr("Note about this run"));
    editor->setMaxLength(2000);
    return editor;
}

void RunsDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const
{
    const int height = editor->sizeHint().height();
    editor->setGeometry(option.rect.left() + kPadding, option.rect.bottom() - height,
                        option.rect.width() - 2 * kPadding, height);
}

}  // namespace armillary::widgets
