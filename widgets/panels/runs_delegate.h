// Draws a run of the list: badge of A or B, question, start of the answer, what it cost, its note; and edits the note in place.
// Thread rule: GUI thread.
#pragma once

#include <QStyledItemDelegate>

namespace armillary::widgets {

// The colours of A and B wherever runs are named by them; told apart by any eye.
[[nodiscard]] QColor sideColor(const QString& side);

class RunsDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const override;

    // Of a row that spans `row`: where its badge is drawn.
    [[nodiscard]] static QRect badgeRect(const QRect& row, const QFontMetrics& metrics);
};

}  // namespace armillary::widgets
