#include "widgets/canvas/texture_store.h"

#include <QOpenGLContext>
#include <QOpenGLFunctions>

#include <algorithm>

namespace armillary::widgets {

ImTextureID TextureStore::textureFrom(const QImage& image)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&image](const Entry& entry) { return entry.imageKey == image.cacheKey(); });
    if (found != m_entries.end()) {
        m_entries.splice(m_entries.begin(), m_entries, found);
        return m_entries.front().texture;
    }
    auto* gl = QOpenGLContext::currentContext()->functions();
    const QImage rgba = image.convertToFormat(QImage::Format_RGBA8888);
    Entry entry{image.cacheKey(), 0, rgba.sizeInBytes()};
    while (!m_entries.empty() && m_heldBytes + entry.bytes > m_budgetBytes) {
        gl->glDeleteTextures(1, &m_entries.back().texture);
        m_heldBytes -= m_entries.back().bytes;
        m_entries.pop_back();
    }
    gl->glGenTextures(1, &entry.texture);
    gl->glBindTexture(GL_TEXTURE_2D, entry.texture);
    // Shrunk pictures would sparkle without mip levels.
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR_MIPMAP_LINEAR);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl->glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    gl->glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, rgba.width(), rgba.height(), 0, GL_RGBA, GL_UNSIGNED_BYTE,
                     rgba.constBits());
    gl->glGenerateMipmap(GL_TEXTURE_2D);
    m_heldBytes += entry.bytes;
    m_entries.push_front(entry);
    return entry.texture;
}

void TextureStore::release()
{
    auto* gl = QOpenGLContext::currentContext()->functions();
    for (const Entry& entry : m_entries)
        gl->glDeleteTextures(1, &entry.texture);
    m_entries.clear();
    m_heldBytes = 0;
}

}  // namespace armillary::widgets
