#include "widgets/canvas/texture_store.h"

#include <QOpenGLContext>
#include <QOpenGLFunctions>

#include <algorithm>

namespace armillary::widgets {

void TextureStore::draw(ImDrawList& list, const QImage& image, const ImVec2& low, const ImVec2& high,
                        const ImVec2& uvLow, const ImVec2& uvHigh)
{
    const ImGuiPlatformIO& platform = ImGui::GetPlatformIO();
    // The texture's own filters use the mip levels; the renderer's standard sampler would not.
    list.AddCallback(platform.DrawCallback_SetSamplerFromTex, nullptr);
    list.AddImage(textureFrom(image), low, high, uvLow, uvHigh);
    list.AddCallback(platform.DrawCallback_ResetRenderState, nullptr);
}

ImTextureID TextureStore::textureFrom(const QImage& image)
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
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_LINEAR);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    for (int level = 0;; ++level) {
        gl->glTexImage2D(GL_TEXTURE_2D, level, GL_RGBA, rgba.width(), rgba.height(), 0, GL_RGBA, GL_UNSIGNED_BYTE,
                         rgba.constBits());
        if (rgba.width() == 1 && rgba.height() == 1)
            break;
        rgba = rgba.scaled(std::max(1, rgba.width() / 2), std::max(1, rgba.height() / 2), Qt::IgnoreAspectRatio,
                           Qt::SmoothTransformation)
                   .convertToFormat(QImage::Format_RGBA8888);
    }
    m_heldBytes += entry.bytes;
    m_entries.push_front(entry);
    return entry.texture;
}

void TextureStore::release()
{
    if (m_entries.empty() || QOpenGLContext::currentContext() == nullptr)
        return;
    auto* gl = QOpenGLContext::currentContext()->functions();
    for (const Entry& entry : m_entries)
        gl->glDeleteTextures(1, &entry.texture);
    m_entries.clear();
    m_heldBytes = 0;
}

}  // namespace armillary::widgets
