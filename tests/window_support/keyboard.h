// The keyboard for a window of a test: without a window manager nobody gives it, and shortcuts need it.
// Thread rule: GUI thread.
#pragma once

#include "window_support/waiting.h"

#include <QWidget>
#include <QWindow>

namespace armillary::test {

inline void takeKeyboard(QWidget& window)
{
    window.activateWindow();
    window.windowHandle()->requestActivate();
    (void)waitUntil([&window] { return window.isActiveWindow(); }, std::chrono::seconds(5));
}

}  // namespace armillary::test
