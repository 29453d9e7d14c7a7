#include "widgets/canvas/texture_store.h"

#include "widgets/canvas/gl_stage.h"

#include <QOpenGLContext>
#include <QOpenGLFunctions>

#include <algorithm>
#include <unordered_map>

namespace armillary::widgets {

quint64 TextureStore::s_uploads = 0;

namespace {

// By texture. One OpenGL context makes all of them, so that numbers are those of one row.
std::unordered_map<ImTextureID, quint64>& uploadsByTexture()
{
    static std::unordered_map<ImTextureID, quint64> uploads;
    return uploads;
}

void addImage(ImDrawList& list, ImTextureID texture, const ImVec2& low, const ImVec2& high, const ImVec2& uvLow,
              const ImVec2& uvHigh, ImU32 tint)
{
    const ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
    // The texture's own filters use the mip levels; the renderer's standard sampler would not.
    list.AddCallback(platform.DrawCallback_SetSamplerFromTex, nullptr);
    list.AddImage(texture, low, high, uvLow, uvHigh, tint);
    list.AddCallback(platform.DrawCallback_ResetRenderState, nullptr);
}

}  // namespace

void TextureStore::draw(ImDrawList& list, const QImage& image, const ImVec2& low, const ImVec2& high,
                        const ImVec2& uvLow, const ImVec2& uvHigh)
{
    addImage(list, textureFrom(image, Use::Picture), low, high, uvLow, uvHigh, IM_COL32_WHITE);
}

void TextureStore::drawCells(ImDrawList& list, const QImage& image, const ImVec2& low, const ImVec2& high,
                             double opacity)
{
    const auto alpha = static_cast<int>(std::clamp(opacity, 0.0, 1.0) * 255 + 0.5);
    addImage(list, textureFrom(image, Use::Cells), low, high, ImVec2(0, 0), ImVec2(1, 1),
             IM_COL32(255, 255, 255, alpha));
}

void TextureStore::drawPattern(ImDrawList& list, const QImage& image, float tile, const ImVec2& low, const ImVec2& high)
{
    addImage(list, textureFrom(image, Use::Pattern), low, high, ImVec2(low.x / tile, low.y / tile),
             ImVec2(high.x / tile, high.y / tile), IM_COL32_WHITE);
}

void TextureStore::drawPattern(ImDrawList& list, const QImage& image, float tile, std::span<const ImVec4> rects)
{
    if (rects.empty())
        return;
    const ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
    list.AddCallback(platform.DrawCallback_SetSamplerFromTex, nullptr);
    list.PushTexture(textureFrom(image, Use::Pattern));
    // Indices are of 16 bits, so that a long row of rectangles is reserved in parts.
    constexpr std::size_t kPart = 4096;
    for (std::size_t first = 0; first < rects.size(); first += kPart) {
        const auto part = rects.subspan(first, std::min(kPart, rects.size() - first));
        list.PrimReserve(static_cast<int>(6 * part.size()), static_cast<int>(4 * part.size()));
        for (const ImVec4& rect : part)
            list.PrimRectUV(ImVec2(rect.x, rect.y), ImVec2(rect.z, rect.w), ImVec2(rect.x / tile, rect.y / tile),
                            ImVec2(rect.z / tile, rect.w / tile), IM_COL32_WHITE);
    }
    list.PopTexture();
    list.AddCallback(platform.DrawCallback_ResetRenderState, nullptr);
}

ImTextureID TextureStore::textureFrom(const QImage& image, Use use)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&image](const Entry& entry) { return entry.imageKey == image.cacheKey(); });
    if (found != m_entries.end()) {
        m_entries.splice(m_entries.begin(), m_entries, found);
        return m_entries.front().texture;
    }
    auto* gl = QOpenGLContext::currentContext()->functions();
    QImage rgba = image.convertToFormat(QImage::Format_RGBA8888);
    Entry entry{image.cacheKey(), 0, rgba.sizeInBytes()};
    while (!m_entries.empty() && m_heldBytes + entry.bytes > m_budgetBytes) {
        gl->glDeleteTextures(1, &m_entries.back().texture);
        m_heldBytes -= m_entries.back().bytes;
        m_entries.pop_back();
    }
    gl->glGenTextures(1, &entry.texture);
    gl->glBindTexture(GL_TEXTURE_2D, entry.texture);
    // Shrunk pictures would sparkle without mip levels. They are made here: a software renderer compiles a program for its own
    // first glGenerateMipmap, which keeps the thread for a tenth of a second.
    const bool isCells = use == Use::Cells;
    const int wrap = use == Use::Pattern ? GL_REPEAT : GL_CLAMP_TO_EDGE;
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, isCells ? GL_NEAREST : GL_LINEAR_MIPMAP_LINEAR);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, isCells ? GL_NEAREST : GL_LINEAR);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, wrap);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, wrap);
    for (int level = 0;; ++level) {
        gl->glTexImage2D(GL_TEXTURE_2D, level, GL_RGBA, rgba.width(), rgba.height(), 0, GL_RGBA, GL_UNSIGNED_BYTE,
                         rgba.constBits());
        if (isCells || (rgba.width() == 1 && rgba.height() == 1))
            break;
        rgba = rgba.scaled(std::max(1, rgba.width() / 2), std::max(1, rgba.height() / 2), Qt::IgnoreAspectRatio,
                           Qt::SmoothTransformation)
                   .convertToFormat(QImage::Format_RGBA8888);
    }
    noteUpload(entry.texture);
    m_heldBytes += entry.bytes;
    m_entries.push_front(entry);
    return entry.texture;
}

quint64 TextureStore::uploadOf(ImTextureID texture)
{
    const auto found = uploadsByTexture().find(texture);
    return found == uploadsByTexture().end() ? 0 : found->second;
}

void TextureStore::noteUpload(ImTextureID texture)
{
    uploadsByTexture()[texture] = ++s_uploads;
}

void TextureStore::drawTexture(ImDrawList& list, ImTextureID texture, const ImVec2& low, const ImVec2& high)
{
    addImage(list, texture, low, high, ImVec2(0, 0), ImVec2(1, 1), IM_COL32_WHITE);
}

TextureStore::~TextureStore()
{
    if (m_entries.empty() || !m_stage.makeCurrent())
        return;
    auto* gl = QOpenGLContext::currentContext()->functions();
    for (const Entry& entry : m_entries)
        gl->glDeleteTextures(1, &entry.texture);
}

}  // namespace armillary::widgets
