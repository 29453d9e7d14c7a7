#include "widgets/text/typing.h"

#include <QAbstractSpinBox>
#include <QComboBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextEdit>

namespace armillary::widgets {

bool isTypingInto(const QWidget* widget)
{
    // The parts of a field (viewport, line edit of a box) do the asking for it.
    for (; widget != nullptr && !widget->isWindow(); widget = widget->parentWidget()) {
        if (const auto* line = qobject_cast<const QLineEdit*>(widget))
            return !line->isReadOnly();
        if (const auto* page = qobject_cast<const QPlainTextEdit*>(widget))
            return !page->isReadOnly();
        if (const auto* page = qobject_cast<const QTextEdit*>(widget))
            return !page->isReadOnly();
        if (const auto* box = qobject_cast<const QAbstractSpinBox*>(widget))
            return !box->isReadOnly();
        if (const auto* choice = qobject_cast<const QComboBox*>(widget))
            return choice->isEditable();
    }
    return false;
}

}  // namespace armillary::widgets
