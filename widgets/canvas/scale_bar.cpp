#include "widgets/canvas/scale_bar.h"

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/theme.h"

#include <QByteArray>
#include <QColor>

#include <algorithm>

namespace armillary::widgets {

float drawScaleBar(ImDrawList& list, const ImVec2& at, float width, float fontSize, const ScaleWords& words,
                   const ThemeColors& theme)
{
    // As many pieces as viridis has anchors, four times: between them the colours run evenly.
    constexpr int kPieces = 32;
    const auto colorAt = [&words](int edge) {
        return canvasColor(QColor(scaleColor(words.scale, static_cast<double>(edge) / kPieces)));
    };
    for (int piece = 0; piece < kPieces; ++piece) {
        const float left = at.x + width * static_cast<float>(piece) / kPieces;
        const float right = at.x + width * static_cast<float>(piece + 1) / kPieces;
        list.AddRectFilledMultiColor(ImVec2(left, at.y), ImVec2(right, at.y + 8), colorAt(piece), colorAt(piece + 1),
                                     colorAt(piece + 1), colorAt(piece));
    }
    ImFont* font = ImGui::GetFont();
    const auto write = [&](float x, const QByteArray& text, const QColor& ink) {
        list.AddText(font, fontSize, ImVec2(x, at.y + 9), canvasColor(ink), text.constData());
    };
    const auto lengthOf = [&](const QByteArray& text) {
        return font->CalcTextSizeA(fontSize, FLT_MAX, 0, text.constData()).x;
    };
    const QByteArray lowest = words.lowest.toUtf8();
    const QByteArray highest = words.highest.toUtf8();
    const QByteArray name = words.name.toUtf8();
    write(at.x, lowest, theme.muted);
    write(at.x + width - lengthOf(highest), highest, theme.muted);
    list.AddText(font, fontSize, ImVec2(at.x + width + 8, at.y - 3), canvasColor(theme.text), name.constData());
    return at.x + width + 8 + lengthOf(name);
}

void drawTip(ImDrawList& list, const ImVec2& pointer, const ImVec2& size, float fontSize, const QString& text)
{
    const QByteArray words = text.toUtf8();
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, words.constData());
    const ImVec2 box(extent.x + 14, extent.y + 8);
    // On the other side of the pointer where there is no room on this one, so that it never covers what is pointed at.
    const float right = pointer.x + 14 + box.x <= size.x ? pointer.x + 14 : pointer.x - 10 - box.x;
    const float below = pointer.y + 16 + box.y <= size.y ? pointer.y + 16 : pointer.y - 10 - box.y;
    const float left = std::clamp(right, 2.0F, std::max(2.0F, size.x - box.x - 2));
    const float top = std::clamp(below, 2.0F, std::max(2.0F, size.y - box.y - 2));
    list.AddRectFilled(ImVec2(left, top), ImVec2(left + box.x, top + box.y), IM_COL32(0, 0, 0, 220), 5);
    list.AddText(nullptr, fontSize, ImVec2(left + 7, top + 4), IM_COL32(255, 255, 255, 255), words.constData());
}

void drawHint(ImDrawList& list, const ImVec2& size, float fontSize, const QString& text, const ThemeColors& theme)
{
    const QByteArray words = text.toUtf8();
    const float room = std::max(60.0F, size.x - 48);
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, room, words.constData());
    list.AddText(nullptr, fontSize, ImVec2((size.x - extent.x) / 2, (size.y - extent.y) / 2), canvasColor(theme.muted),
                 words.constData(), nullptr, room);
}

}  // namespace armillary::widgets
