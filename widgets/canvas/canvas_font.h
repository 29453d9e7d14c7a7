// The font that Qt draws with, as bytes that Dear ImGui can load, so that canvases and the rest of the window read alike.
// Thread rule: GUI thread.
#pragma once

#include <QByteArray>
#include <QFont>

namespace armillary::widgets {

// A TrueType or OpenType file put together from the font's own tables; empty when the font hands none out (bitmap fonts).
[[nodiscard]] QByteArray fontFileFromFont(const QFont& font);

}  // namespace armillary::widgets
