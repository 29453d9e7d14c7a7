#include "widgets/canvas/frame_compare_canvas.h"

#include "widgets/colormap.h"
#include "widgets/theme.h"

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 64LL << 20;
constexpr double kMargin = 10;
constexpr double kGap = 10;
constexpr double kTitleGap = 4;
constexpr double kLegendHeight = 10;
// Small frames are blown up, but not until their pixels are all one sees.
constexpr double kMostWidth = 720;

}  // namespace

FrameCompareCanvas::FrameCompareCanvas(QWidget* parent) : ImguiCanvas(parent), m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("Chosen frame"));
    setAccessibleDescription(
        tr("The chosen frame of the rollout and, where the clip goes on, the real frame and their difference"));
}

void FrameCompareCanvas::setPictures(std::vector<ComparedPicture> pictures, double aspect)
{
    m_pictures = std::move(pictures);
    m_aspect = aspect > 0 ? aspect : 1;
    update();
}

QRectF FrameCompareCanvas::rectOf(std::size_t index, const QSizeF& size) const
{
    const auto count = static_cast<double>(std::max<std::size_t>(1, m_pictures.size()));
    const double title = smallFontSize() + kTitleGap;
    const bool legend =
        std::any_of(m_pictures.begin(), m_pictures.end(), [](const ComparedPicture& p) { return p.legendHighest > 0; });
    const double below = legend || m_pictures.size() > 1 ? kLegendHeight + smallFontSize() + 8 : 0;
    const double cell = (size.width() - 2 * kMargin - kGap * (count - 1)) / count;
    const double roomHeight = std::max(10.0, size.height() - 2 * kMargin - title - below);
    const double width = std::max(10.0, std::min({cell, roomHeight * m_aspect, kMostWidth}));
    const double height = width / m_aspect;
    const double all = count * width + kGap * (count - 1);
    const double left = (size.width() - all) / 2 + static_cast<double>(index) * (width + kGap);
    const double top = kMargin + title + (roomHeight - height) / 2;
    return {left, top, width, height};
}

void FrameCompareCanvas::drawLegend(ImDrawList& list, const QRectF& picture, int highest) const
{
    const ThemeColors& theme = colors();
    constexpr int kPieces = 32;
    const auto top = static_cast<float>(picture.bottom() + 4);
    const auto bottom = static_cast<float>(top + kLegendHeight);
    const double width = picture.width() / kPieces;
    for (int piece = 0; piece < kPieces; ++piece) {
        const auto left = static_cast<float>(picture.left() + piece * width);
        const QRgb from = scaleColor(ColorScale::Magnitude, static_cast<double>(piece) / kPieces);
        const QRgb to = scaleColor(ColorScale::Magnitude, static_cast<double>(piece + 1) / kPieces);
        list.AddRectFilledMultiColor(ImVec2(left, top), ImVec2(static_cast<float>(left + width), bottom),
                                     canvasColor(QColor(from)), canvasColor(QColor(to)), canvasColor(QColor(to)),
                                     canvasColor(QColor(from)));
    }
    const float small = smallFontSize() * 0.9F;
    ImFont* font = ImGui::GetFont();
    list.AddText(font, small, ImVec2(static_cast<float>(picture.left()), bottom + 1), canvasColor(theme.muted), "0");
    const QByteArray words = tr("%1 of 255").arg(highest).toUtf8();
    const ImVec2 extent = font->CalcTextSizeA(small, FLT_MAX, 0, words.constData());
    list.AddText(font, small, ImVec2(static_cast<float>(picture.right()) - extent.x, bottom + 1),
                 canvasColor(theme.muted), words.constData());
}

void FrameCompareCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    const ThemeColors& theme = colors();
    ImFont* font = ImGui::GetFont();
    const float small = smallFontSize();
    for (std::size_t i = 0; i < m_pictures.size(); ++i) {
        const ComparedPicture& picture = m_pictures[i];
        const QRectF rect = rectOf(i, QSizeF(size.x, size.y));
        const ImVec2 low(static_cast<float>(rect.left()), static_cast<float>(rect.top()));
        const ImVec2 high(static_cast<float>(rect.right()), static_cast<float>(rect.bottom()));
        // The title of the last one may reach over its picture.
        const float end = i + 1 == m_pictures.size() ? size.x : high.x + static_cast<float>(kGap) - 2;
        const ImVec4 clip(low.x, 0, end, size.y);
        list.AddText(font, small, ImVec2(low.x, low.y - small - static_cast<float>(kTitleGap)),
                     canvasColor(theme.muted), picture.title.toUtf8().constData(), nullptr, 0, &clip);
        if (picture.image.isNull()) {
            list.AddRect(low, high, canvasColor(theme.border), 3);
            const QByteArray words = picture.missing.toUtf8();
            const auto wrap = static_cast<float>(rect.width()) - 16;
            const ImVec2 extent = font->CalcTextSizeA(small, FLT_MAX, wrap, words.constData());
            list.AddText(font, small, ImVec2(low.x + 8, (low.y + high.y - extent.y) / 2), canvasColor(theme.muted),
                         words.constData(), nullptr, wrap);
            continue;
        }
        m_textures.draw(list, picture.image, low, high);
        if (picture.legendHighest > 0)
            drawLegend(list, rect, picture.legendHighest);
    }
}

}  // namespace armillary::widgets
