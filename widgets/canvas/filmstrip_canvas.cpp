#include "widgets/canvas/filmstrip_canvas.h"

#include "widgets/rollout/shown_rollout.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 64LL << 20;
constexpr float kMargin = 10;
constexpr float kTop = 4;
constexpr float kLatentBar = 15;
constexpr float kRowGap = 4;
constexpr float kDistanceHeight = 18;
// What the bars of nearness span: below 10 dB hardly anything agrees, above 40 dB hardly anything is seen to differ.
constexpr double kLowestDecibels = 10;
constexpr double kHighestDecibels = 40;

QString distanceWords(const inspect::ImageDistance& distance)
{
    const QString psnr = std::isinf(distance.psnrDecibels)
                             ? QStringLiteral("PSNR ∞")
                             : QStringLiteral("PSNR %1 dB").arg(distance.psnrDecibels, 0, 'f', 1);
    return std::isnan(distance.ssim) ? psnr : QStringLiteral("%1 · SSIM %2").arg(psnr).arg(distance.ssim, 0, 'f', 3);
}

}  // namespace

FilmstripCanvas::FilmstripCanvas(QWidget* parent) : ImguiCanvas(parent), m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("Filmstrip"));
    setAccessibleDescription(
        tr("Given and predicted frames over frame and latent frame numbers. The table of frames holds "
           "the same as text."));
}

void FilmstripCanvas::setFrames(int count, int given, double aspect, bool hasReal)
{
    m_frames.assign(static_cast<std::size_t>(std::max(0, count)), {});
    for (int i = 0; i < std::min(given, count); ++i)
        m_frames[static_cast<std::size_t>(i)].isGiven = true;
    m_aspect = aspect > 0 ? aspect : 1;
    if (m_hasReal != hasReal) {
        m_hasReal = hasReal;
        setMinimumHeight(minimumSizeHint().height());
    }
    m_current = std::clamp(m_current, 0, std::max(0, count - 1));
    m_slotWidth.reset();
    m_scroll = 0;
    update();
}

void FilmstripCanvas::setThumbnail(int frame, const QImage& thumbnail)
{
    if (frame >= 0 && frame < static_cast<int>(m_frames.size()))
        m_frames[static_cast<std::size_t>(frame)].thumbnail = thumbnail;
    update();
}

void FilmstripCanvas::setReal(int frame, const QImage& thumbnail)
{
    if (frame >= 0 && frame < static_cast<int>(m_frames.size()))
        m_frames[static_cast<std::size_t>(frame)].real = thumbnail;
    update();
}

void FilmstripCanvas::setDistance(int frame, const inspect::ImageDistance& distance)
{
    if (frame >= 0 && frame < static_cast<int>(m_frames.size()))
        m_frames[static_cast<std::size_t>(frame)].distance = distance;
    update();
}

void FilmstripCanvas::clearDistances()
{
    for (FilmFrame& frame : m_frames)
        frame.distance.reset();
    update();
}

void FilmstripCanvas::setCurrent(int frame)
{
    m_current = frame;
    m_reveal = true;
    update();
}

void FilmstripCanvas::setMarkedLatentFrames(std::vector<int> latentFrames)
{
    if (latentFrames == m_marked)
        return;
    m_marked = std::move(latentFrames);
    update();
}

void FilmstripCanvas::zoomToFit()
{
    m_slotWidth.reset();
    m_scroll = 0;
    update();
}

float FilmstripCanvas::rowTop(bool real) const
{
    const float rulerHeight = kLatentBar + smallFontSize() + 6;
    return kTop + rulerHeight + (real ? m_layout.thumbnailHeight + kRowGap : 0);
}

void FilmstripCanvas::arrange(const ImVec2& size)
{
    const float rulerHeight = kLatentBar + smallFontSize() + 6;
    float room = size.y - kTop - rulerHeight - 6;
    if (m_hasReal)
        room = (room - kRowGap - kDistanceHeight) / 2;
    const float width = size.x - 2 * kMargin;
    m_layout = layoutFilmstrip(static_cast<int>(m_frames.size()), static_cast<float>(m_aspect), width,
                               std::max(12.0F, room), m_slotWidth);
    const float most = std::max(0.0F, m_layout.contentWidth() - width);
    if (m_reveal)
        revealCurrent(size);
    m_reveal = false;
    m_scroll = std::clamp(m_scroll, 0.0F, most);
}

void FilmstripCanvas::revealCurrent(const ImVec2& size)
{
    const float left = m_layout.leftOf(m_current);
    const float width = size.x - 2 * kMargin;
    if (left < m_scroll)
        m_scroll = left;
    else if (left + m_layout.slotWidth > m_scroll + width)
        m_scroll = left + m_layout.slotWidth - width;
}

float FilmstripCanvas::xOf(int frame) const
{
    return kMargin + m_layout.leftOf(frame) - m_scroll;
}

QPoint FilmstripCanvas::pointFromFrame(int frame) const
{
    return {static_cast<int>(xOf(frame) + m_layout.slotWidth / 2),
            static_cast<int>(rowTop(false) + m_layout.thumbnailHeight / 2)};
}

void FilmstripCanvas::handleInput(const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    const ImVec2 mouse = io.MousePos;
    const bool inside = mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y;
    const float wheel = io.MouseWheel != 0 ? io.MouseWheel : io.MouseWheelH;
    if (inside && wheel != 0) {
        if (io.KeyCtrl) {
            // The frame under the pointer stays under it.
            const float place = (mouse.x - kMargin + m_scroll) / m_layout.slotWidth;
            m_slotWidth = m_layout.slotWidth * std::pow(1.25F, wheel);
            m_layout = layoutFilmstrip(m_layout.frames, static_cast<float>(m_aspect), size.x - 2 * kMargin,
                                       m_layout.thumbnailHeight, m_slotWidth);
            m_slotWidth = m_layout.slotWidth;
            m_scroll = place * m_layout.slotWidth - (mouse.x - kMargin);
        } else {
            m_scroll -= wheel * 60;
        }
        m_scroll = std::clamp(m_scroll, 0.0F, std::max(0.0F, m_layout.contentWidth() - (size.x - 2 * kMargin)));
    }
    const std::optional<int> wasOver = m_underPointer;
    m_underPointer = inside ? m_layout.frameFromX(mouse.x - kMargin + m_scroll) : std::nullopt;
    if (m_underPointer != wasOver || (m_underPointer && hasPointerMoved()))
        afterFrame([this, frame = m_underPointer.value_or(-1)] { Q_EMIT frameHovered(frame); });
    if (m_underPointer) {
        ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
        const bool pressed = ImGui::IsMouseClicked(ImGuiMouseButton_Left) ||
                             (ImGui::IsMouseDown(ImGuiMouseButton_Left) && *m_underPointer != m_current);
        if (pressed)
            afterFrame([this, frame = *m_underPointer] { Q_EMIT frameChosen(frame); });
    }
}

void FilmstripCanvas::drawRuler(ImDrawList& list, const ImVec2& size) const
{
    const ThemeColors& theme = colors();
    ImFont* font = ImGui::GetFont();
    const float small = smallFontSize();
    const int currentLatent = latentFrameFromFrame(m_current);
    for (int latent = 0; latent < m_layout.latentFrames(); ++latent) {
        const auto [from, to] = m_layout.bandOfLatentFrame(latent);
        const float left = kMargin + from - m_scroll;
        const float right = kMargin + to - m_scroll;
        if (right < 0 || left > size.x)
            continue;
        const bool marked =
            latent == currentLatent || std::find(m_marked.begin(), m_marked.end(), latent) != m_marked.end();
        const QColor fill = latent == currentLatent ? theme.accent
                            : marked                ? theme.muted
                            : latent % 2 == 0       ? theme.border
                                                    : theme.raised;
        list.AddRectFilled(ImVec2(left + 0.5F, kTop), ImVec2(right - 0.5F, kTop + kLatentBar), canvasColor(fill), 2);
        const QByteArray words = QByteArray("t") + QByteArray::number(latent);
        const ImVec2 extent = font->CalcTextSizeA(small * 0.9F, FLT_MAX, 0, words.constData());
        if (extent.x + 4 <= right - left) {
            const QColor ink = latent == currentLatent ? theme.onAccent : marked ? theme.base : theme.text;
            list.AddText(font, small * 0.9F, ImVec2((left + right - extent.x) / 2, kTop + (kLatentBar - extent.y) / 2),
                         canvasColor(ink), words.constData());
        }
    }
    const int step = rulerStep(m_layout.slotWidth, font->CalcTextSizeA(small, FLT_MAX, 0, "0000").x + 6);
    for (int frame = 0; frame < m_layout.frames; frame += step) {
        const QByteArray words = QByteArray::number(frame);
        const ImVec2 extent = font->CalcTextSizeA(small, FLT_MAX, 0, words.constData());
        // Numbers stand over what they name: the middle of wide slots, the left end of narrow ones.
        const float x = xOf(frame) + std::max(0.0F, (m_layout.slotWidth - extent.x) / 2);
        if (x > -extent.x && x < size.x)
            list.AddText(font, small, ImVec2(x, kTop + kLatentBar + 2), canvasColor(theme.muted), words.constData());
    }
}

void FilmstripCanvas::drawRow(ImDrawList& list, const ImVec2& size, float top, bool real)
{
    const ThemeColors& theme = colors();
    const float height = m_layout.thumbnailHeight;
    for (int frame = 0; frame < m_layout.frames; frame += m_layout.stride) {
        const float left = xOf(frame);
        const int slots = std::min(m_layout.stride, m_layout.frames - frame);
        const float right =
            std::min(left + m_layout.thumbnailWidth, left + static_cast<float>(slots) * m_layout.slotWidth - 1);
        if (right < 0 || left > size.x)
            continue;
        const FilmFrame& film = m_frames[static_cast<std::size_t>(frame)];
        const QImage& image = real ? film.real : film.thumbnail;
        const ImVec2 low(left, top);
        const ImVec2 high(right, top + height);
        if (image.isNull()) {
            // The source may end before the prediction; an empty place there is no promise.
            if (!real)
                list.AddRect(low, high, canvasColor(theme.border), 2);
            continue;
        }
        const float cut = (1 - std::clamp((right - left) / m_layout.thumbnailWidth, 0.05F, 1.0F)) / 2;
        m_textures.draw(list, image, low, high, ImVec2(cut, 0), ImVec2(1 - cut, 1));
    }
}

void FilmstripCanvas::drawDistances(ImDrawList& list, const ImVec2& size) const
{
    const ThemeColors& theme = colors();
    const float bottom = rowTop(true) + m_layout.thumbnailHeight + kDistanceHeight;
    for (int frame = 0; frame < m_layout.frames; ++frame) {
        const std::optional<inspect::ImageDistance>& distance = m_frames[static_cast<std::size_t>(frame)].distance;
        const float left = xOf(frame);
        if (!distance || left + m_layout.slotWidth < 0 || left > size.x)
            continue;
        const double share =
            std::clamp((distance->psnrDecibels - kLowestDecibels) / (kHighestDecibels - kLowestDecibels), 0.04, 1.0);
        const float barTop = bottom - static_cast<float>(share) * (kDistanceHeight - 4);
        const float right = std::max(left + 1, left + m_layout.slotWidth - 1);
        list.AddRectFilled(ImVec2(left, barTop), ImVec2(right, bottom),
                           canvasColor(frame == m_current ? theme.accent : theme.muted, 0.75), 1);
    }
}

void FilmstripCanvas::drawTooltip(ImDrawList& list, const ImVec2& size) const
{
    if (!m_underPointer)
        return;
    const int frame = *m_underPointer;
    const FilmFrame& film = m_frames[static_cast<std::size_t>(frame)];
    QString words = tr("frame %1 · latent frame %2 · %3")
                        .arg(frame)
                        .arg(latentFrameFromFrame(frame))
                        .arg(film.isGiven ? tr("given") : tr("predicted"));
    if (film.distance)
        words += QStringLiteral(" · ") + distanceWords(*film.distance);
    const QByteArray text = words.toUtf8();
    const float fontSize = smallFontSize();
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, text.constData());
    const float left = std::clamp(ImGui::GetIO().MousePos.x + 12, 2.0F, std::max(2.0F, size.x - extent.x - 16));
    const float top = size.y - extent.y - 12;
    list.AddRectFilled(ImVec2(left, top), ImVec2(left + extent.x + 14, top + extent.y + 8), IM_COL32(0, 0, 0, 200), 5);
    list.AddText(nullptr, fontSize, ImVec2(left + 7, top + 4), IM_COL32(255, 255, 255, 255), text.constData());
}

void FilmstripCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    if (m_frames.empty())
        return;
    arrange(size);
    handleInput(size);
    drawRuler(list, size);
    drawRow(list, size, rowTop(false), false);
    if (m_hasReal) {
        drawRow(list, size, rowTop(true), true);
        drawDistances(list, size);
    }
    const ThemeColors& theme = colors();
    // A line ends the given frames, so that the border of knowledge is seen without reading.
    const auto given = static_cast<int>(
        std::count_if(m_frames.begin(), m_frames.end(), [](const FilmFrame& frame) { return frame.isGiven; }));
    const float top = rowTop(false);
    const float bottom = top + m_layout.thumbnailHeight;
    if (given > 0 && given < m_layout.frames) {
        const float edge = xOf(given) - 1;
        list.AddLine(ImVec2(edge, top - 2),
                     ImVec2(edge, (m_hasReal ? rowTop(true) + m_layout.thumbnailHeight : bottom) + 2),
                     canvasColor(theme.accent), 2);
    }
    drawCurrent(list, size, rowTop(false), m_frames[static_cast<std::size_t>(m_current)].thumbnail);
    if (m_hasReal && !m_frames[static_cast<std::size_t>(m_current)].real.isNull())
        drawCurrent(list, size, rowTop(true), m_frames[static_cast<std::size_t>(m_current)].real);
    drawTooltip(list, size);
}

// The chosen frame whole, over the row, since narrow slots show only some of the frames.
void FilmstripCanvas::drawCurrent(ImDrawList& list, const ImVec2& size, float top, const QImage& image)
{
    const ThemeColors& theme = colors();
    const float width = m_layout.stride > 1 ? m_layout.thumbnailWidth : std::max(3.0F, m_layout.slotWidth - 1);
    const float middle = xOf(m_current) + m_layout.slotWidth / 2;
    if (middle < 0 || middle > size.x)
        return;
    const float left = std::clamp(middle - width / 2, 2.0F, std::max(2.0F, size.x - width - 2));
    const ImVec2 low(left, top);
    const ImVec2 high(left + width, top + m_layout.thumbnailHeight);
    if (m_layout.stride > 1) {
        if (image.isNull())
            list.AddRectFilled(low, high, canvasColor(theme.base));
        else
            m_textures.draw(list, image, low, high);
        list.AddTriangleFilled(ImVec2(middle - 5, top - 7), ImVec2(middle + 5, top - 7), ImVec2(middle, top - 1),
                               canvasColor(theme.accent));
    }
    list.AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), canvasColor(theme.base), 2, 4);
    list.AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), canvasColor(theme.accent), 2, 2);
}

}  // namespace armillary::widgets
