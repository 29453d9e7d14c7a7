#include "widgets/canvas/gl_stage.h"

#include "widgets/canvas/canvas_font.h"
#include "widgets/canvas/drawn_part.h"
#include "widgets/canvas/texture_store.h"

#include <imgui_impl_opengl3.h>
#include <imgui_internal.h>

#include <QFontMetricsF>
#include <QGuiApplication>
#include <QObject>
#include <QOpenGLFunctions>
#include <QScreen>

#include <algorithm>
#include <cstring>

namespace armillary::widgets {
namespace {

QSurfaceFormat wantedFormat()
{
    QSurfaceFormat format;
    format.setVersion(3, 3);
    format.setProfile(QSurfaceFormat::CoreProfile);
    return format;
}

// OpenGL's rows begin at the bottom, those of pictures at the top: what is drawn upside down needs no turning afterwards.
void turnOver(ImDrawData& drawn)
{
    const float bottom = 2 * drawn.DisplayPos.y + drawn.DisplaySize.y;
    for (ImDrawList* list : drawn.CmdLists) {
        for (ImDrawVert& corner : list->VtxBuffer)
            corner.pos.y = bottom - corner.pos.y;
        for (ImDrawCmd& command : list->CmdBuffer) {
            const ImVec4 clip = command.ClipRect;
            command.ClipRect = ImVec4(clip.x, bottom - clip.w, clip.z, bottom - clip.y);
        }
    }
}

// The rectangle of pixels, counted from below, that the renderer makes of a clip rectangle: it cuts corner and size to whole pixels.
QRect scissorOf(const ImDrawData& drawn, const ImVec4& clip)
{
    const ImVec2& scale = drawn.FramebufferScale;
    const ImVec2& from = drawn.DisplayPos;
    const float top = (clip.y - from.y) * scale.y, bottom = (clip.w - from.y) * scale.y;
    const float left = (clip.x - from.x) * scale.x, right = (clip.z - from.x) * scale.x;
    const auto height = static_cast<float>(static_cast<int>(drawn.DisplaySize.y * scale.y));
    return {static_cast<int>(left), static_cast<int>(height - bottom), static_cast<int>(right - left),
            static_cast<int>(bottom - top)};
}

// And one that it makes exactly `scissor` of.
ImVec4 clipFrom(const ImDrawData& drawn, const QRect& scissor)
{
    const ImVec2& scale = drawn.FramebufferScale;
    const ImVec2& from = drawn.DisplayPos;
    const auto height = static_cast<float>(static_cast<int>(drawn.DisplaySize.y * scale.y));
    const float left = static_cast<float>(scissor.left()) + 0.25F;
    const float bottom = height - static_cast<float>(scissor.top()) - 0.25F;
    const float right = left + static_cast<float>(scissor.width()) + 0.25F;
    const float top = bottom - static_cast<float>(scissor.height()) - 0.25F;
    return {left / scale.x + from.x, top / scale.y + from.y, right / scale.x + from.x, bottom / scale.y + from.y};
}

// Nothing is drawn outside the part (pixels of the picture) that a command belongs to. No part may reach into another, where soft
// edges would be laid on each other. The data is turned over.
void clipToParts(ImDrawData& drawn, const std::vector<QRect>& parts, const std::vector<std::size_t>& partOfCommand)
{
    auto part = partOfCommand.begin();
    for (ImDrawList* list : drawn.CmdLists) {
        for (ImDrawCmd& command : list->CmdBuffer) {
            const QRect seen = scissorOf(drawn, command.ClipRect) & parts[*part++];
            // An empty one is left out by the renderer.
            command.ClipRect = seen.isEmpty() ? ImVec4(0, 0, 0, 0) : clipFrom(drawn, seen);
        }
    }
}

QByteArray warmLetters()
{
    QByteArray out;
    for (char letter = ' '; letter <= '~'; ++letter)
        out.append(letter);
    return out;
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
    m_letters = IM_NEW(ImFontAtlas)();
    // Room for the letters of all sizes: a larger atlas later is another texture, and every canvas would draw itself anew.
    m_letters->TexMinWidth = m_letters->TexMinHeight = 1024;
    m_imgui = ImGui::CreateContext(m_letters);
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
        // The context's own list is as old as its last frame.
        ImVector<ImTextureData*>& textures = ImGui::GetPlatformIO().Textures;
        textures.resize(0);
        for (ImTextureData* texture : m_letters->TexList)
            textures.push_back(texture);
        ImGui_ImplOpenGL3_Shutdown();
        m_context.doneCurrent();
    }
    ImGui::DestroyContext(m_imgui);
    IM_DELETE(m_letters);
}

bool GlStage::makeCurrent()
{
    return m_failure.isEmpty() && (QOpenGLContext::currentContext() == &m_context || m_context.makeCurrent(&m_surface));
}

ImGuiContext* GlStage::makeContext()
{
    ImGuiContext* out = ImGui::CreateContext(m_letters);
    enter(out);
    ImGui::SetCurrentContext(out);
    return out;
}

void GlStage::beginFrame()
{
    ImGui_ImplOpenGL3_NewFrame();
    ImFontAtlasUpdateNewFrame(m_letters, ++m_frames, true);
    ImGui::NewFrame();
}

ImFont* GlStage::fontFrom(const QFont& font)
{
    // Of every size the same outlines.
    QFont unsized = font;
    unsized.setPixelSize(16);
    ImFont*& out = m_fonts[unsized.toString()];
    if (out != nullptr)
        return out;
    const QByteArray file = fontFileFromFont(font);
    ImFontConfig config;
    config.Flags |= ImFontFlags_NoLoadError;
    if (!file.isEmpty()) {
        void* bytes = IM_ALLOC(static_cast<std::size_t>(file.size()));  // the atlas frees it
        std::memcpy(bytes, file.constData(), static_cast<std::size_t>(file.size()));
        out = m_letters->AddFontFromMemoryTTF(bytes, static_cast<int>(file.size()), 0.0F, &config);
    }
    if (out == nullptr)
        out = m_letters->AddFontDefault();
    return out;
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
    // Textures are those of the shared letters, and the list may name some that are gone.
    ImGui::GetPlatformIO().Textures.resize(0);
    io.BackendRendererName = nullptr;
    io.BackendRendererUserData = nullptr;
    io.BackendFlags &= ~(ImGuiBackendFlags_RendererHasVtxOffset | ImGuiBackendFlags_RendererHasTextures);
    ImGui::GetPlatformIO().ClearRendererHandlers();
}

void GlStage::warmUp()
{
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = ImVec2(8, 8);
    const QFont font = QGuiApplication::font();
    io.FontDefault = fontFrom(font);
    beginFrame();
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
    const auto size = static_cast<float>(QFontMetricsF(font).height());
    const QByteArray letters = warmLetters();
    // A size of Qt's, and the smaller ones that canvases label with.
    for (const float part : {1.0F, 0.9F, 0.9F * 0.92F, 0.9F * 0.9F})
        list.AddText(nullptr, part * size, ImVec2(0, 0), IM_COL32_WHITE, letters.constData());
    list.AddLine(ImVec2(0, 0), ImVec2(4, 4), IM_COL32_WHITE);
    ImGui::Render();
    // As large as canvases may get, so that none has to wait for a larger target later.
    const QScreen* screen = QGuiApplication::primaryScreen();
    const QSize largest =
        screen == nullptr ? QSize(8, 8) : (QSizeF(screen->size()) * screen->devicePixelRatio()).toSize();
    QImage drawn(largest, QImage::Format_RGB32);
    (void)render(Qt::black, {drawn.rect()}, drawn);
    // A part of a picture is cleared by another program than the whole.
    beginFrame();
    ImGui::GetBackgroundDrawList()->AddRectFilled(ImVec2(0, 0), ImVec2(7, 7), IM_COL32_WHITE);
    ImGui::Render();
    (void)render(Qt::black, {QRect(1, 1, 3, 3), QRect(5, 5, 2, 2)}, drawn);
}

bool GlStage::render(const QColor& background, const std::vector<QRect>& damage, QImage& image)
{
    if (image.isNull() || !makeCurrent())
        return false;
    if (damage.empty()) {
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
    gl->glClearColor(background.redF(), background.greenF(), background.blueF(), 1.0F);
    ImDrawData& drawn = *ImGui::GetDrawData();
    const bool isWhole = damage.front() == image.rect();
    const std::vector<std::size_t> partOfCommand = isWhole ? std::vector<std::size_t>() : keepParts(drawn, damage);
    turnOver(drawn);
    if (!isWhole)
        clipToParts(drawn, damage, partOfCommand);
    gl->glEnable(GL_SCISSOR_TEST);
    for (const QRect& part : damage) {
        gl->glScissor(part.left(), part.top(), part.width(), part.height());
        gl->glClear(GL_COLOR_BUFFER_BIT);
    }
    ImGui_ImplOpenGL3_RenderDrawData(&drawn);
    // Rows of 4-byte pixels are aligned as QImage has them.
    gl->glPixelStorei(GL_PACK_ROW_LENGTH, static_cast<GLint>(image.bytesPerLine() / 4));
    for (const QRect& part : damage) {
        auto* first = reinterpret_cast<QRgb*>(image.scanLine(part.top())) + part.left();
        gl->glReadPixels(part.left(), part.top(), part.width(), part.height(), GL_BGRA, GL_UNSIGNED_BYTE, first);
    }
    gl->glPixelStorei(GL_PACK_ROW_LENGTH, 0);
    m_target->release();
    return true;
}

std::unique_ptr<QOpenGLFramebufferObject> GlStage::drawnTexture(const QColor& background, ImDrawList& list)
{
    const ImGuiIO& io = ImGui::GetIO();
    const QSize pixels(static_cast<int>(io.DisplaySize.x * io.DisplayFramebufferScale.x),
                       static_cast<int>(io.DisplaySize.y * io.DisplayFramebufferScale.y));
    if (pixels.isEmpty() || !makeCurrent())
        return nullptr;
    auto out = std::make_unique<QOpenGLFramebufferObject>(pixels, GL_TEXTURE_2D);
    if (!out->bind())
        return nullptr;
    QOpenGLFunctions* gl = m_context.functions();
    gl->glViewport(0, 0, pixels.width(), pixels.height());
    gl->glDisable(GL_SCISSOR_TEST);
    gl->glClearColor(background.redF(), background.greenF(), background.blueF(), 1.0F);
    gl->glClear(GL_COLOR_BUFFER_BIT);
    ImDrawData drawn;
    drawn.Valid = true;
    drawn.DisplaySize = io.DisplaySize;
    drawn.FramebufferScale = io.DisplayFramebufferScale;
    drawn.Textures = &ImGui::GetPlatformIO().Textures;
    drawn.AddDrawList(&list);
    turnOver(drawn);
    ImGui_ImplOpenGL3_RenderDrawData(&drawn);
    out->release();
    return out;
}

}  // namespace armillary::widgets
