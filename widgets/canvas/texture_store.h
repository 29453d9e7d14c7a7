// Pictures as OpenGL textures, kept as long as they are in use and the budget allows.
// Thread rule: GUI thread. `draw` while a canvas draws its frame; `release` with the stage's context current.
#pragma once

#include <imgui.h>

#include <QImage>

#include <cstdint>
#include <list>

namespace armillary::widgets {

class TextureStore {
public:
    explicit TextureStore(std::int64_t budgetBytes) : m_budgetBytes(budgetBytes) {}

    // Draws the part [uvLow, uvHigh] of `image` into the rectangle. The picture is uploaded on first use; the longest unused ones
    // go when the budget is passed.
    void draw(ImDrawList& list, const QImage& image, const ImVec2& low, const ImVec2& high,
              const ImVec2& uvLow = ImVec2(0, 0), const ImVec2& uvHigh = ImVec2(1, 1));
    // Deletes everything; call before the context goes.
    void release();
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }

private:
    struct Entry {
        qint64 imageKey = 0;
        unsigned int texture = 0;
        std::int64_t bytes = 0;
    };

    [[nodiscard]] ImTextureID textureFrom(const QImage& image);

    std::int64_t m_budgetBytes;
    std::int64_t m_heldBytes = 0;
    std::list<Entry> m_entries;  // last used first
};

}  // namespace armillary::widgets
