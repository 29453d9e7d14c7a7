// A main window for tests: shown at a size, with its own settings, driven by events that go through Qt's window-system
// queue like those of a real mouse and keyboard, and saved as a picture.
// Thread rule: GUI thread.
#pragma once

#include "app/main_window.h"

#include <QPoint>
#include <QSize>
#include <QString>

#include <memory>

class QWidget;

namespace armillary::test {

// Shows a window of that size at the display's corner and waits until it is exposed. `modelAnalyses` are the engine's.
[[nodiscard]] std::unique_ptr<app::MainWindow> showWindow(app::EngineFactory factory, const QSize& size = {1280, 800},
                                                          const std::vector<AnalysisEntry>& modelAnalyses = {});
// Clicks and moves at a point of `widget`, through its window.
void clickAt(QWidget* widget, const QPoint& point, Qt::KeyboardModifiers modifiers = {});
void moveTo(QWidget* widget, const QPoint& point);
void typeText(QWidget* widget, const QString& text);
void pressKey(QWidget* widget, int key, Qt::KeyboardModifiers modifiers = {});
// Drops files on the middle of the widget.
void dropFiles(QWidget* widget, const QStringList& paths);
// Saves what the window shows as NAME.png in $ARMILLARY_SCREENSHOTS, else in the build folder; returns the path.
QString saveScreenshot(QWidget& window, const QString& name);

}  // namespace armillary::test
