// Which parts of a canvas a frame changes against the one before: what is drawn into each small tile, as a number. Pointing at
// something changes a few tiles where the highlight was and a few where it is, and only those are drawn and read back, which on a
// software renderer is most of a frame.
// Thread rule: GUI thread.
#pragma once

#include <imgui.h>

#include <QRect>
#include <QSize>

#include <cstdint>
#include <vector>

namespace armillary::widgets {

class FrameDamage {
public:
    static constexpr int kTilePixels = 32;

    // The pixels that `drawn` changes against the last call, as a few rectangles that do not overlap; all after another size or
    // forget(), none when nothing differs.
    [[nodiscard]] std::vector<QRect> compare(const ImDrawData& drawn, const QSize& sizePixels);
    // The next call names everything: the ground changed.
    void forget() { m_size = {}; }

private:
    struct Tiles {
        int left, top, right, bottom;  // the last ones included
    };

    void addShape(std::uint64_t number, const Tiles& tiles);
    void addCommand(const ImDrawList& list, const ImDrawCmd& command, std::uint64_t state, const ImVec2& scale);
    // Of tiles that differ, first as many as it takes, then merged.
    [[nodiscard]] std::vector<QRect> changedTiles(int rows) const;

    QSize m_size;
    int m_columns = 0;
    std::vector<std::uint64_t> m_last;
    std::vector<std::uint64_t> m_now;
};

}  // namespace armillary::widgets
