// What keeps a person from reading a widget or from reaching it without a mouse, by name, so that one test can ask all panels.
// Thread rule: GUI thread.
#pragma once

#include <QStringList>

class QWidget;

namespace armillary::test {

// Texts of visible widgets below `root` that do not fit where they stand, with what they lack.
[[nodiscard]] QStringList clippedTexts(const QWidget& root);
// Controls below `root`, visible or not, that say no name to a screen reader.
[[nodiscard]] QStringList namelessControls(const QWidget& root);
// Presses Tab until the keyboard is back where it began; the visible and enabled controls that it never came to. The window of
// `root` has the keyboard.
[[nodiscard]] QStringList unreachedControls(QWidget& root);

}  // namespace armillary::test
