// Pictures as OpenGL textures, kept as long as they are in use and the budget allows.
// Thread rule: GUI thread. `draw` while a canvas draws its frame.
#pragma once

#include <imgui.h>

#include <QImage>

#include <cstdint>
#include <list>
#include <span>

namespace armillary::widgets {

class GlStage;

class TextureStore {
public:
    // The stage must outlive the store.
    TextureStore(GlStage& stage, std::int64_t budgetBytes) : m_stage(stage), m_budgetBytes(budgetBytes) {}
    ~TextureStore();
    TextureStore(const TextureStore&) = delete;
    TextureStore& operator=(const TextureStore&) = delete;

    // Draws the part [uvLow, uvHigh] of `image` into the rectangle. The picture is uploaded on first use; the longest unused ones
    // go when the budget is passed.
    void draw(ImDrawList& list, const QImage& image, const ImVec2& low, const ImVec2& high,
              const ImVec2& uvLow = ImVec2(0, 0), const ImVec2& uvHigh = ImVec2(1, 1));
    // The same for values, a pixel each: every pixel a block with sharp edges, however large. `opacity` 0 ... 1.
    void drawCells(ImDrawList& list, const QImage& image, const ImVec2& low, const ImVec2& high, double opacity);
    // Fills the rectangle with a small picture, `tile` logical pixels wide and high, side by side from the list's origin on.
    void drawPattern(ImDrawList& list, const QImage& image, float tile, const ImVec2& low, const ImVec2& high);
    // The same for many rectangles (left, top, right, bottom) in one go.
    void drawPattern(ImDrawList& list, const QImage& image, float tile, std::span<const ImVec4> rects);
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    // Which upload of all stores a texture holds: the number of a deleted texture may stand for another one now.
    [[nodiscard]] static quint64 uploadOf(ImTextureID texture);
    // For textures that no store holds: what they show is new.
    static void noteUpload(ImTextureID texture);
    // Draws a texture pixel by pixel, its first row on top.
    static void drawTexture(ImDrawList& list, ImTextureID texture, const ImVec2& low, const ImVec2& high);

private:
    struct Entry {
        qint64 imageKey = 0;
        unsigned int texture = 0;
        std::int64_t bytes = 0;
    };

    enum class Use { Picture, Cells, Pattern };

    [[nodiscard]] ImTextureID textureFrom(const QImage& image, Use use);

    static quint64 s_uploads;

    GlStage& m_stage;
    std::int64_t m_budgetBytes;
    std::int64_t m_heldBytes = 0;
    std::list<Entry> m_entries;  // last used first
};

}  // namespace armillary::widgets
