// The legend of the attention map: the colours of its weights, and what its patterns and frames say.
#include "widgets/canvas/attention_map_canvas.h"

#include "widgets/canvas/scale_bar.h"
#include "widgets/kind_colors.h"
#include "widgets/models/result_table_model.h"
#include "widgets/theme.h"

#include <QString>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

namespace armillary::widgets {
namespace {

constexpr float kSwatch = 18;  // and the gap behind it
constexpr float kGap = 12;

float lengthOf(const QString& words, float fontSize)
{
    return ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, words.toUtf8().constData()).x;
}

struct LegendEntry {
    std::optional<CellMark> mark;  // none: the frame of a block
    QString words;
    QString brief;  // where there is no room for all of them
};

std::vector<LegendEntry> entriesOf(const AttentionMapPicture& map)
{
    std::vector<LegendEntry> out;
    const auto occurs = [&map](CellMark mark) {
        return std::any_of(map.masked.begin(), map.masked.end(),
                           [mark](const MarkedCells& cells) { return cells.mark == mark; });
    };
    if (occurs(CellMark::Future))
        out.push_back({CellMark::Future, AttentionMapCanvas::tr("later keys"), AttentionMapCanvas::tr("later")});
    if (occurs(CellMark::OutsideWindow))
        out.push_back({CellMark::OutsideWindow, AttentionMapCanvas::tr("outside the window of %1").arg(map.window),
                       AttentionMapCanvas::tr("outside window")});
    const bool isBlockShown = std::any_of(map.blocks.begin(), map.blocks.end(), [&map](const PositionBlock& block) {
        const auto first = std::lower_bound(map.queries.begin(), map.queries.end(), block.begin);
        return first != map.queries.end() && *first < block.end;
    });
    if (isBlockShown)
        out.push_back({std::nullopt, AttentionMapCanvas::tr("sees both ways"), AttentionMapCanvas::tr("both ways")});
    return out;
}

}  // namespace

double AttentionMapCanvas::legendHeight(double text)
{
    return scaleBarHeight(static_cast<float>(text)) + text + 16;
}

QRectF AttentionMapCanvas::legendRect() const
{
    return {0, mapRect().bottom(), static_cast<double>(width()), legendHeight(smallFontSize())};
}

void AttentionMapCanvas::drawLegend(ImDrawList& list, const ImVec2& size, const QRectF& rect)
{
    const ThemeColors& theme = colors();
    const float fontSize = smallFontSize() * 0.92F;
    const auto left = static_cast<float>(kMargin);
    const float right = size.x - left;
    const float top = static_cast<float>(rect.bottom()) + 7;
    const bool isLog = !m_map.isDifference && m_map.lowest > 0;
    const QString lowest = (isLog ? QStringLiteral("≤ ") : QString()) + numberText(m_map.lowest);
    const QString highest = numberText(m_map.highest);
    // Both ends stand side by side below it.
    const float width = std::max(std::clamp(size.x * 0.28F, 90.0F, 240.0F),
                                 lengthOf(lowest, fontSize) + lengthOf(highest, fontSize) + 8);
    const bool isMean = m_map.value == BinValue::Mean;
    QString name = isMean ? tr("weight, mean of a bin") : tr("weight, maximum of a bin");
    QString brief = isMean ? tr("mean weight") : tr("maximum weight");
    if (m_map.isDifference) {
        name += tr(", A − B");
        brief += tr(", A − B");
    }
    if (isLog) {
        name += tr(" (logarithmic)");
        brief += tr(" (log)");
    }
    const bool hasRoom = left + width + 8 + lengthOf(name, fontSize) <= right;
    drawScaleBar(list, ImVec2(left, top), width, fontSize,
                 {m_map.isDifference ? ColorScale::Signed : ColorScale::Magnitude, lowest, highest,
                  hasRoom ? name : brief},
                 theme);
    const float line = top + scaleBarHeight(fontSize) + 3;
    const std::vector<LegendEntry> entries = entriesOf(m_map);
    float end = left - kGap;
    for (const LegendEntry& entry : entries)
        end += kSwatch + lengthOf(entry.words, fontSize) + kGap;
    float x = left;
    for (const LegendEntry& entry : entries) {
        if (entry.mark) {
            const ImVec4 swatch(x, line + 1, x + 14, line + fontSize);
            m_textures.drawPattern(list, markPattern(*entry.mark), kPatternPixels, std::span(&swatch, 1));
        } else {
            list.AddRect(ImVec2(x, line + 2), ImVec2(x + 13, line + fontSize - 1),
                         canvasColor(kindColor(TokenKind::Image, theme.dark)), 0, 1.5F);
        }
        const QString& words = end <= right ? entry.words : entry.brief;
        list.AddText(nullptr, fontSize, ImVec2(x + kSwatch, line), canvasColor(theme.muted),
                     words.toUtf8().constData());
        x += kSwatch + lengthOf(words, fontSize) + kGap;
    }
}

}  // namespace armillary::widgets
