// Which part of a canvas a frame changes against the one before: what is drawn into each small tile, as a number. Pointing at
// something changes a few tiles, and only those are drawn and read back, which on a software renderer is most of a frame.
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

    // The pixels that `drawn` changes against the last call; all after another size or forget(), empty when nothing differs.
    [[nodiscard]] QRect compare(const ImDrawData& drawn, const QSize& sizePixels);
    // The next call names everything: the ground or a texture changed.
    void forget() { m_size = {}; }

private:
    struct Tiles {
        int left, top, right, bottom;  // the last ones included
    };

    void addShape(std::uint64_t number, const Tiles& tiles);
    void addCommand(const ImDrawList& list, const ImDrawCmd& command, std::uint64_t state, const ImVec2& scale);

    QSize m_size;
    int m_columns = 0;
    std::vector<std::uint64_t> m_last;
    std::vector<std::uint64_t> m_now;
};

}  // namespace armillary::widgets
