#include "widgets/canvas/gl_stage.h"

#include "widgets/canvas/texture_store.h"

#include <imgui_impl_opengl3.h>

#include <QObject>
#include <QOpenGLFunctions>

#include <algorithm>
#include <cstring>
#include <vector>

namespace armillary::widgets {
namespace {

QSurfaceFormat wantedFormat()
{
    QSurfaceFormat format;
    format.setVersion(3, 3);
    format.setProfile(QSurfaceFormat::CoreProfile);
    return format;
}

// OpenGL's rows begin at the bottom.
void flipRows(QImage& image)
{
    const auto bytes = static_cast<std::size_t>(image.bytesPerLine());
    std::vector<uchar> row(bytes);
    for (int top = 0, bottom = image.height() - 1; top < bottom; ++top, --bottom) {
        std::memcpy(row.data(), image.constScanLine(top), bytes);
        std::memcpy(image.scanLine(top), image.constScanLine(bottom), bytes);
        std::memcpy(image.scanLine(bottom), row.data(), bytes);
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
    TextureStore textures(1 << 10);
    // Software renderers have a program for sides that are powers of two, and others.
    for (const QSize size : {QSize(4, 4), QSize(3, 3), QSize(4, 3), QSize(3, 4)}) {
        QImage dots(size, QImage::Format_RGBA8888);
        dots.fill(Qt::white);
        textures.draw(list, dots, ImVec2(0, 0), ImVec2(2, 2));
    }
    list.AddText(ImVec2(0, 0), IM_COL32_WHITE, "0");
    list.AddLine(ImVec2(0, 0), ImVec2(4, 4), IM_COL32_WHITE);
    ImGui::Render();
    (void)render(Qt::black, QSize(8, 8));
    textures.release();
}

QImage GlStage::render(const QColor& background, const QSize& sizePixels)
{
    if (sizePixels.isEmpty() || !makeCurrent())
        return {};
    if (!m_target || m_target->width() < sizePixels.width() || m_target->height() < sizePixels.height()) {
        const QSize room = m_target ? sizePixels.expandedTo(m_target->size()) : sizePixels;
        m_target = std::make_unique<QOpenGLFramebufferObject>(room, GL_TEXTURE_2D);
    }
    if (!m_target->bind())
        return {};
    QOpenGLFunctions* gl = m_context.functions();
    gl->glViewport(0, 0, sizePixels.width(), sizePixels.height());
    gl->glDisable(GL_SCISSOR_TEST);
    gl->glClearColor(background.redF(), background.greenF(), background.blueF(), 1.0F);
    gl->glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    QImage image(sizePixels, QImage::Format_RGB32);
    // Rows of 4-byte pixels are aligned as QImage has them.
    gl->glReadPixels(0, 0, sizePixels.width(), sizePixels.height(), GL_BGRA, GL_UNSIGNED_BYTE, image.bits());
    m_target->release();
    flipRows(image);
    return image;
}

}  // namespace armillary::widgets
