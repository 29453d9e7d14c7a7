#include "window_support/test_window.h"

#include "window_support/keyboard.h"
#include "window_support/panel_picture.h"
#include "window_support/waiting.h"

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QGuiApplication>
#include <QMimeData>
#include <QScreen>
#include <QTest>
#include <QUrl>
#include <QWindow>

namespace armillary::test {
namespace {

QPoint windowPoint(const QWidget* widget, const QPoint& point)
{
    return widget->mapTo(widget->window(), point);
}

}  // namespace

std::unique_ptr<app::MainWindow> showWindow(app::EngineFactory factory, const QSize& size,
                                            const std::vector<AnalysisEntry>& modelAnalyses)
{
    auto window = std::make_unique<app::MainWindow>(std::move(factory), modelAnalyses);
    window->resize(size);
    window->move(0, 0);
    window->show();
    if (!QTest::qWaitForWindowExposed(window.get()))
        qFatal("the window was not shown");
    takeKeyboard(*window);
    return window;
}

void clickAt(QWidget* widget, const QPoint& point, Qt::KeyboardModifiers modifiers)
{
    QTest::mouseClick(widget->window()->windowHandle(), Qt::LeftButton, modifiers, windowPoint(widget, point));
}

void moveTo(QWidget* widget, const QPoint& point)
{
    QTest::mouseMove(widget->window()->windowHandle(), windowPoint(widget, point));
}

void typeText(QWidget* widget, const QString& text)
{
    for (const QChar character : text)
        QTest::sendKeyEvent(QTest::Click, widget->window()->windowHandle(), Qt::Key_unknown, character, Qt::NoModifier);
}

void pressKey(QWidget* widget, int key, Qt::KeyboardModifiers modifiers)
{
    QTest::keyClick(widget->window()->windowHandle(), static_cast<Qt::Key>(key), modifiers);
}

void dropFiles(QWidget* widget, const QStringList& paths)
{
    QMimeData data;
    QList<QUrl> urls;
    for (const QString& path : paths)
        urls << QUrl::fromLocalFile(path);
    data.setUrls(urls);
    const QPoint middle = widget->rect().center();
    QDragEnterEvent enter(middle, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(widget, &enter);
    if (!enter.isAccepted())
        return;
    QDropEvent drop(middle, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(widget, &drop);
}

QString saveScreenshot(QWidget& window, const QString& name)
{
    const QString path = screenshotPath(name);
    // What the display shows, canvases included.
    const QPixmap shown = window.screen()->grabWindow(window.winId());
    return shown.save(path) ? path : QString();
}

}  // namespace armillary::test
