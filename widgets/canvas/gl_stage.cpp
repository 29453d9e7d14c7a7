#include "widgets/canvas/gl_stage.h"

#include "widgets/canvas/texture_store.h"

#include <imgui_impl_opengl3.h>

#include <QGuiApplication>
#include <QObject>
#include <QOpenGLFunctions>
#include <QScreen>

#include <algorithm>

namespace armillary::widgets {
namespace {

QSurfaceFormat wantedFormat()
{
    QSurfaceFormat format;
    format.setVersion(3, 3);
    format.setProfile(QSurfaceFormat::CoreProfile);
    return format;
}

// OpenGL's rows begin at the bottom, those of pictures at the top: what is drawn upside down needs no turning afterwards. And
// nothing is drawn outside `damage`.
void prepare(ImDrawData& drawn, const QRect& damage)
{
    const float bottom = 2 * drawn.DisplayPos.y + drawn.DisplaySize.y;
    // Clip rectangles are cut to whole pixels; half a pixel more keeps the last row and column in.
    const ImVec2& scale = drawn.FramebufferScale;
    const ImVec4 part((static_cast<float>(damage.left()) - 0.5F) / scale.x + drawn.DisplayPos.x,
                      (static_cast<float>(damage.top()) - 0.5F) / scale.y + drawn.DisplayPos.y,
                      (static_cast<float>(damage.right()) + 1.5F) / scale.x + drawn.DisplayPos.x,
                      (static_cast<float>(damage.bottom()) + 1.5F) / scale.y + drawn.DisplayPos.y);
    for (ImDrawList* list : drawn.CmdLists) {
        for (ImDrawVert& corner : list->VtxBuffer)
            corner.pos.y = bottom - corner.pos.y;
        for (ImDrawCmd& command : list->CmdBuffer) {
            const ImVec4 clip = command.ClipRect;
            command.ClipRect = ImVec4(std::max(clip.x, part.x), bottom - std::min(clip.w, part.w),
                                      std::min(clip.z, part.z), bottom - std::max(clip.y, part.y));
        }
    }
}

}  // namespace

std::shared_ptr<GlStage> GlStage::shared()
{
    static std::weak_ptr<GlStage> stage;
    std::shared_ptr<GlStage> held = stage.lock();
    if (!held) {
        held = std::shared_ptr<GlStage>(new GlStage);
        stage = held;
    }
    return held;
}

GlStage::GlStage()
{
    m_surface.setFormat(wantedFormat());
    m_surface.create();
    m_context.setFormat(wantedFormat());
    const bool current = m_surface.isValid() && m_context.create() && m_context.makeCurrent(&m_surface);
    const QSurfaceFormat got = m_context.format();
    const bool enough = current && (got.majorVersion() > 3 || (got.majorVersion() == 3 && got.minorVersion() >= 3));
    m_imgui = ImGui::CreateContext();
    ImGui::SetCurrentContext(m_imgui);
    ImGui::GetIO().IniFilename = nullptr;
    if (enough && ImGui_ImplOpenGL3_Init("#version 330 core")) {
        warmUp();
        return;
    }
    m_failure =
        QObject::tr(
            "This canvas needs OpenGL 3.3, and the display offers %1; on a machine without a graphics driver install "
            "Mesa's software renderer (libgl1-mesa-dri).")
            .arg(current ? QStringLiteral("%1.%2").arg(got.majorVersion()).arg(got.minorVersion())
                         : QObject::tr("none"));
}

GlStage::~GlStage()
{
    if (m_failure.isEmpty() && makeCurrent()) {
        ImGui::SetCurrentContext(m_imgui);
        m_target.reset();
        ImGui_ImplOpenGL3_Shutdown();
        m_context.doneCurrent();
    }
    ImGui::DestroyContext(m_imgui);
}

bool GlStage::makeCurrent()
{
    return m_failure.isEmpty() && (QOpenGLContext::currentContext() == &m_context || m_context.makeCurrent(&m_surface));
}

void GlStage::enter(ImGuiContext* imgui)
{
    if (!m_failure.isEmpty())
        return;
    ImGui::SetCurrentContext(m_imgui);
    const ImGuiIO& own = ImGui::GetIO();
    const ImGuiPlatformIO& ownPlatform = ImGui::GetPlatformIO();
    ImGui::SetCurrentContext(imgui);
    // The renderer finds its programs and buffers through this pointer; with one pointer for all contexts they are made once.
    ImGuiIO& io = ImGui::GetIO();
    io.BackendRendererName = own.BackendRendererName;
    io.BackendRendererUserData = own.BackendRendererUserData;
    io.BackendFlags |=
        own.BackendFlags & (ImGuiBackendFlags_RendererHasVtxOffset | ImGuiBackendFlags_RendererHasTextures);
    ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
    platform.Renderer_TextureMaxWidth = ownPlatform.Renderer_TextureMaxWidth;
    platform.Renderer_TextureMaxHeight = ownPlatform.Renderer_TextureMaxHeight;
    platform.DrawCallback_ResetRenderState = ownPlatform.DrawCallback_ResetRenderState;
    platform.DrawCallback_SetSamplerLinear = ownPlatform.DrawCallback_SetSamplerLinear;
    platform.DrawCallback_SetSamplerNearest = ownPlatform.DrawCallback_SetSamplerNearest;
    platform.DrawCallback_SetSamplerFromTex = ownPlatform.DrawCallback_SetSamplerFromTex;
}

void GlStage::leave(ImGuiContext* imgui)
{
    ImGui::SetCurrentContext(imgui);
    ImGuiIO& io = ImGui::GetIO();
    if (io.BackendRendererUserData == nullptr)
        return;
    if (makeCurrent()) {
        for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
            if (texture->RefCount == 1 && texture->Status != ImTextureStatus_Destroyed) {
                texture->SetStatus(ImTextureStatus_WantDestroy);
                ImGui_ImplOpenGL3_UpdateTexture(texture);
            }
        }
    }
    io.BackendRendererName = nullptr;
    io.BackendRendererUserData = nullptr;
    io.BackendFlags &= ~(ImGuiBackendFlags_RendererHasVtxOffset | ImGuiBackendFlags_RendererHasTextures);
    ImGui::GetPlatformIO().ClearRendererHandlers();
}

void GlStage::warmUp()
{
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(8, 8);
    ImGui_ImplOpenGL3_NewFrame();
    ImGui::NewFrame();
    ImDrawList& list = *ImGui::GetBackgroundDrawList();
    TextureStore textures(*this, 1 << 12);
    // Software renderers have a program for each filter, for sides that are powers of two, and others.
    for (const QSize size : {QSize(4, 4), QSize(3, 3), QSize(4, 3), QSize(3, 4)}) {
        QImage dots(size, QImage::Format_RGBA8888);
        dots.fill(Qt::white);
        textures.draw(list, dots, ImVec2(0, 0), ImVec2(2, 2));
        textures.drawCells(list, dots.copy(), ImVec2(0, 0), ImVec2(7, 7), 0.5);
        textures.drawPattern(list, dots.copy(), 2, ImVec2(0, 0), ImVec2(7, 7));
    }
    list.AddText(ImVec2(0, 0), IM_COL32_WHITE, "0");
    list.AddLine(ImVec2(0, 0), ImVec2(4, 4), IM_COL32_WHITE);
    ImGui::Render();
    // As large as canvases may get, so that none has to wait for a larger target later.
    const QScreen* screen = QGuiApplication::primaryScreen();
    const QSize largest =
        screen == nullptr ? QSize(8, 8) : (QSizeF(screen->size()) * screen->devicePixelRatio()).toSize();
    QImage drawn(largest, QImage::Format_RGB32);
    (void)render(Qt::black, drawn.rect(), drawn);
}

bool GlStage::render(const QColor& background, const QRect& damage, QImage& image)
{
    if (image.isNull() || !makeCurrent())
        return false;
    if (damage.isEmpty()) {
        for (ImTextureData* texture : ImGui::GetPlatformIO().Textures) {
            if (texture->Status != ImTextureStatus_OK)
                ImGui_ImplOpenGL3_UpdateTexture(texture);
        }
        return true;
    }
    const QSize wanted = image.size();
    if (!m_target || m_target->width() < wanted.width() || m_target->height() < wanted.height()) {
        const QSize room = m_target ? wanted.expandedTo(m_target->size()) : wanted;
        m_target = std::make_unique<QOpenGLFramebufferObject>(room, GL_TEXTURE_2D);
    }
    if (!m_target->bind())
        return false;
    QOpenGLFunctions* gl = m_context.functions();
    gl->glViewport(0, 0, wanted.width(), wanted.height());
    gl->glEnable(GL_SCISSOR_TEST);
    gl->glScissor(damage.left(), damage.top(), damage.width(), damage.height());
    gl->glClearColor(background.redF(), background.greenF(), background.blueF(), 1.0F);
    gl->glClear(GL_COLOR_BUFFER_BIT);
    prepare(*ImGui::GetDrawData(), damage);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    // Rows of 4-byte pixels are aligned as QImage has them.
    gl->glPixelStorei(GL_PACK_ROW_LENGTH, static_cast<GLint>(image.bytesPerLine() / 4));
    auto* first = reinterpret_cast<QRgb*>(image.scanLine(damage.top())) + damage.left();
    gl->glReadPixels(damage.left(), damage.top(), damage.width(), damage.height(), GL_BGRA, GL_UNSIGNED_BYTE, first);
    gl->glPixelStorei(GL_PACK_ROW_LENGTH, 0);
    m_target->release();
    return true;
}

}  // namespace armillary::widgets
