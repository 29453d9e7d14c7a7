#include "widgets/canvas/imgui_canvas.h"

#include "widgets/canvas/canvas_font.h"
#include "widgets/canvas/paint_turns.h"
#include "widgets/canvas/texture_store.h"
#include "widgets/theme.h"

#include <imgui_impl_opengl3.h>
#include <imgui_internal.h>

#include <QApplication>
#include <QFocusEvent>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <chrono>
#include <cstring>
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
    m_imgui = ImGui::CreateContext();
    ImGui::SetCurrentContext(m_imgui);
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.LogFilename = nullptr;
    io.BackendPlatformName = "armillary_qt";
    // Our canvases have keyboard actions of their own.
    io.ConfigFlags &= ~ImGuiConfigFlags_NavEnableKeyboard;
    m_stage->enter(m_imgui);
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
    ImGuiIO& io = ImGui::GetIO();
    io.Fonts->Clear();
    const QByteArray file = fontFileFromFont(font());
    ImFontConfig config;
    config.Flags |= ImFontFlags_NoLoadError;
    ImFont* loaded = nullptr;
    if (!file.isEmpty()) {
        void* bytes = IM_ALLOC(static_cast<std::size_t>(file.size()));  // the atlas frees it
        std::memcpy(bytes, file.constData(), static_cast<std::size_t>(file.size()));
        loaded = io.Fonts->AddFontFromMemoryTTF(bytes, static_cast<int>(file.size()), 0.0F, &config);
    }
    if (loaded == nullptr)
        io.Fonts->AddFontDefault();
    // ImGui's size is ascent plus descent, which is what Qt calls the height.
    ImGui::GetStyle().FontSizeBase = static_cast<float>(QFontMetricsF(font()).height());
}

bool ImguiCanvas::drawNow()
{
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
    const double now = nowSeconds();
    io.DeltaTime =
        m_lastFrameAt > 0 ? static_cast<float>(std::max(1e-4, std::min(now - m_lastFrameAt, 0.1))) : 1.0F / 60;
    m_lastFrameAt = now;

    const quint64 uploadsBefore = TextureStore::uploads();
    ImGui_ImplOpenGL3_NewFrame();
    ImGui::NewFrame();
    drawFrame(*ImGui::GetBackgroundDrawList(), io.DisplaySize);
    const Qt::CursorShape shape = qtCursor(ImGui::GetMouseCursor());
    ImGui::Render();
    m_lastDrawListSeconds = nowSeconds() - now;
    m_lastDamage = damageOfFrame(uploadsBefore);
    const bool drawn = m_stage->render(colors().base, m_lastDamage, m_frame);
    if (!drawn)
        m_damage.forget();
    m_lastDrawSeconds = nowSeconds() - now;
    ++m_frameCount;
    if (cursor().shape() != shape)
        setCursor(shape);
    return drawn;
}

QRect ImguiCanvas::damageOfFrame(quint64 uploadsBefore)
{
    const QSize pixels = (QSizeF(size()) * devicePixelRatioF()).toSize();
    if (m_frame.size() != pixels)
        m_frame = QImage(pixels, QImage::Format_RGB32);
    m_frame.setDevicePixelRatio(devicePixelRatioF());
    const auto& textures = ImGui::GetPlatformIO().Textures;
    const bool newFontTexture = std::any_of(textures.begin(), textures.end(), [](const ImTextureData* texture) {
        return texture->Status == ImTextureStatus_WantCreate;
    });
    if (TextureStore::uploads() != uploadsBefore || newFontTexture || m_ground != colors().base.rgb())
        m_damage.forget();
    m_ground = colors().base.rgb();
    return m_damage.compare(*ImGui::GetDrawData(), pixels);
}

void ImguiCanvas::paintEvent(QPaintEvent* /*event*/)
{
    if (PaintTurns::instance().isOver()) {
        QPainter painter(this);
        painter.fillRect(rect(), colors().base);
        painter.drawImage(QPointF(0, 0), m_frame);
        QMetaObject::invokeMethod(
            this, [this] { update(); }, Qt::QueuedConnection);
        return;
    }
    const bool drawn = drawNow();
    QPainter painter(this);
    if (!drawn) {
        painter.fillRect(rect(), colors().base);
        painter.setPen(colors().muted);
        painter.drawText(rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap, failure());
        return;
    }
    painter.drawImage(QPointF(0, 0), m_frame);
    if (!m_afterFrame.empty()) {
        QMetaObject::invokeMethod(
            this,
            [this, changes = std::exchange(m_afterFrame, {})] {
                for (const auto& change : changes)
                    change();
            },
            Qt::QueuedConnection);
    }
    // ImGui takes quick input in small helpings, so that no press hides its release; what waits needs a frame of its own.
    if (m_imgui->InputEventsQueue.Size > 0)
        m_framesWanted = std::max(m_framesWanted, 2);
    if (--m_framesWanted > 0)
        update();
}

void ImguiCanvas::repaintAfterInput()
{
    // ImGui reacts to some input one frame late; two frames more settle it.
    m_framesWanted = 3;
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
    repaintAfterInput();
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
