// Whether the keyboard is writing text, so that single letters and numbers are no commands.
// Thread rule: GUI thread.
#pragma once

class QWidget;

namespace armillary::widgets {

// `widget` takes text: an editable line, page, number box or choice.
[[nodiscard]] bool isTypingInto(const QWidget* widget);

}  // namespace armillary::widgets
