#include "widgets/canvas/imgui_canvas.h"

#include "widgets/canvas/paint_turns.h"
#include "widgets/theme.h"

#include <imgui_internal.h>

#include <QApplication>
#include <QBackingStore>
#include <QFocusEvent>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPaintEngine>
#include <QPainter>
#include <QPointer>
#include <QWheelEvent>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

namespace armillary::widgets {
namespace {

double nowSeconds()
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::optional<int> imguiButton(Qt::MouseButton button)
{
    switch (button) {
    case Qt::LeftButton: return ImGuiMouseButton_Left;
    case Qt::RightButton: return ImGuiMouseButton_Right;
    case Qt::MiddleButton: return ImGuiMouseButton_Middle;
    default: return std::nullopt;
    }
}

ImGuiKey imguiKey(int key)
{
    if (key >= Qt::Key_A && key <= Qt::Key_Z)
        return static_cast<ImGuiKey>(ImGuiKey_A + (key - Qt::Key_A));
    if (key >= Qt::Key_0 && key <= Qt::Key_9)
        return static_cast<ImGuiKey>(ImGuiKey_0 + (key - Qt::Key_0));
    if (key >= Qt::Key_F1 && key <= Qt::Key_F12)
        return static_cast<ImGuiKey>(ImGuiKey_F1 + (key - Qt::Key_F1));
    switch (key) {
    case Qt::Key_Left: return ImGuiKey_LeftArrow;
    case Qt::Key_Right: return ImGuiKey_RightArrow;
    case Qt::Key_Up: return ImGuiKey_UpArrow;
    case Qt::Key_Down: return ImGuiKey_DownArrow;
    case Qt::Key_Home: return ImGuiKey_Home;
    case Qt::Key_End: return ImGuiKey_End;
    case Qt::Key_PageUp: return ImGuiKey_PageUp;
    case Qt::Key_PageDown: return ImGuiKey_PageDown;
    case Qt::Key_Space: return ImGuiKey_Space;
    case Qt::Key_Return:
    case Qt::Key_Enter: return ImGuiKey_Enter;
    case Qt::Key_Escape: return ImGuiKey_Escape;
    case Qt::Key_Tab: return ImGuiKey_Tab;
    case Qt::Key_Backspace: return ImGuiKey_Backspace;
    case Qt::Key_Delete: return ImGuiKey_Delete;
    case Qt::Key_Plus: return ImGuiKey_KeypadAdd;
    case Qt::Key_Minus: return ImGuiKey_Minus;
    case Qt::Key_Comma: return ImGuiKey_Comma;
    case Qt::Key_Period: return ImGuiKey_Period;
    case Qt::Key_BracketLeft: return ImGuiKey_LeftBracket;
    case Qt::Key_BracketRight: return ImGuiKey_RightBracket;
    default: return ImGuiKey_None;
    }
}

Qt::CursorShape qtCursor(ImGuiMouseCursor cursor)
{
    switch (cursor) {
    case ImGuiMouseCursor_TextInput: return Qt::IBeamCursor;
    case ImGuiMouseCursor_ResizeAll: return Qt::SizeAllCursor;
    case ImGuiMouseCursor_ResizeNS: return Qt::SizeVerCursor;
    case ImGuiMouseCursor_ResizeEW: return Qt::SizeHorCursor;
    case ImGuiMouseCursor_Hand: return Qt::PointingHandCursor;
    default: return Qt::ArrowCursor;
    }
}

QRect boundsOf(const std::vector<QRect>& rects)
{
    return std::accumulate(rects.begin(), rects.end(), QRect(),
                           [](const QRect& all, const QRect& each) { return all | each; });
}

// And not into a picture that a program takes by itself (QWidget::grab).
bool isPaintedOnDisplay(QWidget& widget)
{
    const QPainter painter(&widget);
    QBackingStore* store = widget.backingStore();
    return store != nullptr && painter.paintEngine()->paintDevice() == store->paintDevice();
}

}  // namespace

ImU32 canvasColor(const QColor& color, double opacity)
{
    return IM_COL32(color.red(), color.green(), color.blue(), static_cast<int>(color.alpha() * opacity));
}

ImguiCanvas::ImguiCanvas(QWidget* parent) : QWidget(parent)
{
    setAttribute(Qt::WA_OpaquePaintEvent);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    m_imgui = m_stage->makeContext();
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.LogFilename = nullptr;
    io.BackendPlatformName = "armillary_qt";
    // Our canvases have keyboard actions of their own.
    io.ConfigFlags &= ~ImGuiConfigFlags_NavEnableKeyboard;
}

ImguiCanvas::~ImguiCanvas()
{
    m_stage->leave(m_imgui);
    ImGui::DestroyContext(m_imgui);
}

void ImguiCanvas::afterFrame(std::function<void()> change)
{
    m_afterFrame.push_back(std::move(change));
}

bool ImguiCanvas::hasPointerMoved()
{
    const ImVec2& moved = ImGui::GetIO().MouseDelta;
    return moved.x != 0 || moved.y != 0;
}

const ThemeColors& ImguiCanvas::colors() const
{
    return themeColors(palette());
}

float ImguiCanvas::smallFontSize() const
{
    return static_cast<float>(QFontMetricsF(font()).height()) * 0.9F;
}

void ImguiCanvas::loadFont()
{
    m_fontStale = false;
    ImGui::GetIO().FontDefault = m_stage->fontFrom(font());
    // ImGui's size is ascent plus descent, which is what Qt calls the height.
    ImGui::GetStyle().FontSizeBase = static_cast<float>(QFontMetricsF(font()).height());
}

void ImguiCanvas::update()
{
    m_isStale = true;
    if (isVisible())
        PaintTurns::instance().want(*this);
}

QRect ImguiCanvas::lastDamage() const
{
    return boundsOf(m_lastDamage);
}

bool ImguiCanvas::describe()
{
    m_isStale = false;
    // Textures that the frame meets for the first time are uploaded while it is described.
    if (!m_stage->makeCurrent())
        return false;
    ImGui::SetCurrentContext(m_imgui);
    if (m_fontStale)
        loadFont();
    ImGuiIO& io = ImGui::GetIO();
    const auto ratio = static_cast<float>(devicePixelRatioF());
    io.DisplaySize = ImVec2(static_cast<float>(width()), static_cast<float>(height()));
    io.DisplayFramebufferScale = ImVec2(ratio, ratio);
    m_frameBeganAt = nowSeconds();
    io.DeltaTime = m_lastFrameAt > 0 ? static_cast<float>(std::max(1e-4, std::min(m_frameBeganAt - m_lastFrameAt, 0.1)))
                                     : 1.0F / 60;
    m_lastFrameAt = m_frameBeganAt;

    m_stage->beginFrame();
    drawFrame(*ImGui::GetBackgroundDrawList(), io.DisplaySize);
    const Qt::CursorShape shape = qtCursor(ImGui::GetMouseCursor());
    ImGui::Render();
    m_lastDrawListSeconds = nowSeconds() - m_frameBeganAt;
    if (cursor().shape() != shape)
        setCursor(shape);
    return true;
}

bool ImguiCanvas::render()
{
    m_lastDamage = damageOfFrame();
    const bool drawn = m_stage->render(colors().base, m_lastDamage, m_frame);
    if (!drawn)
        m_damage.forget();
    m_lastDrawSeconds = nowSeconds() - m_frameBeganAt;
    ++m_frameCount;
    return drawn;
}

std::vector<QRect> ImguiCanvas::damageOfFrame()
{
    const QSize pixels = (QSizeF(size()) * devicePixelRatioF()).toSize();
    if (m_frame.size() != pixels)
        m_frame = QImage(pixels, QImage::Format_RGB32);
    m_frame.setDevicePixelRatio(devicePixelRatioF());
    if (m_ground != colors().base.rgb())
        m_damage.forget();
    m_ground = colors().base.rgb();
    std::vector<QRect> out = m_damage.compare(*ImGui::GetDrawData(), pixels);
    // Where Qt's pixels are no whole ones of the screen, parts do not fit together to the pixel.
    if (out.size() > 1 && devicePixelRatioF() != std::floor(devicePixelRatioF()))
        out = {boundsOf(out)};
    return out;
}

void ImguiCanvas::drawInTurn()
{
    // What is not seen is drawn when it is shown.
    if (!isVisible() || visibleRegion().isEmpty())
        return;
    const QPointer<ImguiCanvas> self = this;
    bool drawn = describe();
    if (drawn && !m_afterFrame.empty()) {
        // What a frame reports changes most often what it should show: that is drawn at once, and this one never.
        for (const auto& change : std::exchange(m_afterFrame, {})) {
            change();
            if (!self)
                return;
        }
        drawn = describe();
    }
    drawn = drawn && render();
    if (!drawn) {
        QWidget::update();
        return;
    }
    const double ratio = devicePixelRatioF();
    for (const QRect& pixels : m_lastDamage)
        QWidget::update(QRectF(pixels.x() / ratio, pixels.y() / ratio, pixels.width() / ratio, pixels.height() / ratio)
                            .toAlignedRect());
    runLater(std::exchange(m_afterFrame, {}));
    wantFollowingFrames();
}

void ImguiCanvas::runLater(std::vector<std::function<void()>> changes)
{
    if (changes.empty())
        return;
    QMetaObject::invokeMethod(
        this,
        [changes = std::move(changes)] {
            for (const auto& change : changes)
                change();
        },
        Qt::QueuedConnection);
}

void ImguiCanvas::wantFollowingFrames()
{
    // ImGui takes quick input in small helpings, so that no press hides its release; what waits needs a frame of its own.
    const bool isInputWaiting = m_imgui->InputEventsQueue.Size > 0;
    if (isInputWaiting)
        m_framesWanted = std::max(m_framesWanted, 2);
    if (--m_framesWanted > 0)
        PaintTurns::instance().want(*this, !isInputWaiting);
}

void ImguiCanvas::paintFrame(const QRegion& region)
{
    QPainter painter(this);
    const double ratio = m_frame.devicePixelRatio();
    if (QSizeF(m_frame.size() / ratio).toSize() != size())
        painter.fillRect(rect(), colors().base);
    if (ratio != 1) {
        painter.drawImage(QPointF(0, 0), m_frame);
        return;
    }
    for (const QRect& part : region)
        painter.drawImage(part.topLeft(), m_frame, part);
}

void ImguiCanvas::paintFailure()
{
    QPainter painter(this);
    painter.fillRect(rect(), colors().base);
    painter.setPen(colors().muted);
    painter.drawText(rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap, failure());
}

void ImguiCanvas::paintEvent(QPaintEvent* event)
{
    PaintTurns& turns = PaintTurns::instance();
    const bool isOnDisplay = isPaintedOnDisplay(*this);
    const bool isCurrent =
        !m_isStale && m_frame.size() == (QSizeF(size()) * devicePixelRatioF()).toSize() && failure().isEmpty();
    if (isOnDisplay && (isCurrent || turns.isOver())) {
        paintFrame(event->region());
        if (!isCurrent)
            QMetaObject::invokeMethod(
                this, [this] { update(); }, Qt::QueuedConnection);
        return;
    }
    if (!describe() || !render()) {
        paintFailure();
        return;
    }
    paintFrame(event->region());
    // A part of the picture that the window does not paint now.
    for (const QRect& pixels : m_lastDamage) {
        if (isOnDisplay && !event->region().contains(pixels.center())) {
            QMetaObject::invokeMethod(
                this, [this] { QWidget::update(); }, Qt::QueuedConnection);
            break;
        }
    }
    runLater(std::exchange(m_afterFrame, {}));
    wantFollowingFrames();
}

void ImguiCanvas::repaintAfterInput(int frames)
{
    m_framesWanted = std::max(m_framesWanted, frames);
    update();
}

void ImguiCanvas::feedModifiers(Qt::KeyboardModifiers modifiers)
{
    ImGui::SetCurrentContext(m_imgui);
    ImGuiIO& io = ImGui::GetIO();
    io.AddKeyEvent(ImGuiMod_Ctrl, modifiers.testFlag(Qt::ControlModifier));
    io.AddKeyEvent(ImGuiMod_Shift, modifiers.testFlag(Qt::ShiftModifier));
    io.AddKeyEvent(ImGuiMod_Alt, modifiers.testFlag(Qt::AltModifier));
}

void ImguiCanvas::feedButton(QMouseEvent* event, bool down)
{
    const std::optional<int> button = imguiButton(event->button());
    if (!button)
        return;
    feedModifiers(event->modifiers());
    ImGuiIO& io = ImGui::GetIO();
    io.AddMousePosEvent(static_cast<float>(event->position().x()), static_cast<float>(event->position().y()));
    io.AddMouseButtonEvent(*button, down);
    repaintAfterInput();
    event->accept();
}

void ImguiCanvas::feedKey(QKeyEvent* event, bool down)
{
    feedModifiers(event->modifiers());
    const ImGuiKey key = imguiKey(event->key());
    ImGuiIO& io = ImGui::GetIO();
    if (key != ImGuiKey_None)
        io.AddKeyEvent(key, down);
    if (down && !event->text().isEmpty() && event->text().at(0).isPrint())
        io.AddInputCharactersUTF8(event->text().toUtf8().constData());
    repaintAfterInput();
}

bool ImguiCanvas::event(QEvent* event)
{
    if (event->type() == QEvent::FontChange || event->type() == QEvent::ApplicationFontChange) {
        m_fontStale = true;
        update();
    }
    return QWidget::event(event);
}

void ImguiCanvas::mousePressEvent(QMouseEvent* event)
{
    feedButton(event, true);
}

void ImguiCanvas::mouseReleaseEvent(QMouseEvent* event)
{
    feedButton(event, false);
}

void ImguiCanvas::mouseDoubleClickEvent(QMouseEvent* event)
{
    feedButton(event, true);
}

void ImguiCanvas::mouseMoveEvent(QMouseEvent* event)
{
    feedModifiers(event->modifiers());
    ImGui::GetIO().AddMousePosEvent(static_cast<float>(event->position().x()),
                                    static_cast<float>(event->position().y()));
    repaintAfterInput(2);
}

void ImguiCanvas::wheelEvent(QWheelEvent* event)
{
    feedModifiers(event->modifiers());
    // Under a pointer that has not moved since the canvas came there.
    ImGui::GetIO().AddMousePosEvent(static_cast<float>(event->position().x()),
                                    static_cast<float>(event->position().y()));
    ImGui::GetIO().AddMouseWheelEvent(static_cast<float>(event->angleDelta().x()) / 120.0F,
                                      static_cast<float>(event->angleDelta().y()) / 120.0F);
    repaintAfterInput();
    event->accept();
}

void ImguiCanvas::leaveEvent(QEvent* event)
{
    ImGui::SetCurrentContext(m_imgui);
    ImGui::GetIO().AddMousePosEvent(-FLT_MAX, -FLT_MAX);
    repaintAfterInput();
    QWidget::leaveEvent(event);
}

void ImguiCanvas::keyPressEvent(QKeyEvent* event)
{
    feedKey(event, true);
    QWidget::keyPressEvent(event);
}

void ImguiCanvas::keyReleaseEvent(QKeyEvent* event)
{
    feedKey(event, false);
    QWidget::keyReleaseEvent(event);
}

void ImguiCanvas::focusInEvent(QFocusEvent* event)
{
    ImGui::SetCurrentContext(m_imgui);
    ImGui::GetIO().AddFocusEvent(true);
    repaintAfterInput();
    QWidget::focusInEvent(event);
}

void ImguiCanvas::focusOutEvent(QFocusEvent* event)
{
    ImGui::SetCurrentContext(m_imgui);
    ImGui::GetIO().AddFocusEvent(false);
    repaintAfterInput();
    QWidget::focusOutEvent(event);
}

void ImguiCanvas::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::EnabledChange)
        update();
}

}  // namespace armillary::widgets
