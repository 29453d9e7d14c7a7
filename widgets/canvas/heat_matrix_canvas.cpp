#include "widgets/canvas/heat_matrix_canvas.h"

#include "widgets/canvas/scale_bar.h"
#include "widgets/models/result_table_model.h"
#include "widgets/overlay/overlay_images.h"
#include "widgets/theme.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 4LL << 20;
constexpr double kMargin = 8;
constexpr double kGutter = 40;  // marks and numbers of layers
constexpr double kMeanGap = 6;
constexpr double kMark = 6;

QColor inkOn(QRgb ground)
{
    return qGray(ground) > 140 ? QColor(0x10, 0x14, 0x1a) : QColor(0xff, 0xff, 0xff);
}

}  // namespace

float HeatMatrix::at(int layer, int head) const
{
    return values[static_cast<std::size_t>(layer) * static_cast<std::size_t>(heads) + static_cast<std::size_t>(head)];
}

float HeatMatrix::meanOf(int layer) const
{
    double sum = 0;
    int count = 0;
    for (int head = 0; head < heads; ++head) {
        if (std::isnan(at(layer, head)))
            continue;
        sum += at(layer, head);
        ++count;
    }
    return count > 0 ? static_cast<float>(sum / count) : std::numeric_limits<float>::quiet_NaN();
}

HeatMatrixCanvas::HeatMatrixCanvas(QWidget* parent) : ImguiCanvas(parent), m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("Layers by heads"));
}

void HeatMatrixCanvas::setMatrix(HeatMatrix matrix)
{
    m_matrix = std::move(matrix);
    m_pointed.reset();
    makePictures();
    setAccessibleDescription(tr("%1 of %2 layers and %3 heads. Arrow keys move the framed cell.")
                                 .arg(m_matrix.measure)
                                 .arg(m_matrix.layers)
                                 .arg(m_matrix.heads));
    update();
}

void HeatMatrixCanvas::setHint(const QString& hint)
{
    if (m_hint == hint)
        return;
    m_hint = hint;
    update();
}

void HeatMatrixCanvas::setMarked(const MatrixCell& cell)
{
    if (m_marked == cell)
        return;
    m_marked = cell;
    update();
}

void HeatMatrixCanvas::makePictures()
{
    std::vector<float> means;
    m_blanks.clear();
    m_texts.clear();
    for (int layer = 0; layer < m_matrix.layers; ++layer) {
        means.push_back(m_matrix.meanOf(layer));
        for (int head = 0; head < m_matrix.heads; ++head) {
            const float value = m_matrix.at(layer, head);
            if (std::isnan(value))
                m_blanks.push_back({layer, head});
            m_texts.push_back(std::isnan(value) ? QByteArray() : numberText(value).toUtf8());
        }
        if (std::isnan(means.back()))
            m_blanks.push_back({layer, std::nullopt});
        m_texts.push_back(std::isnan(means.back()) ? QByteArray() : numberText(means.back()).toUtf8());
    }
    m_cells = imageFromValues(m_matrix.values, m_matrix.layers, m_matrix.heads, m_matrix.lowest, m_matrix.highest,
                              m_matrix.scale);
    m_means = imageFromValues(means, m_matrix.layers, 1, m_matrix.lowest, m_matrix.highest, m_matrix.scale);
}

int HeatMatrixCanvas::sourceLayer(int layer) const
{
    const auto at = static_cast<std::size_t>(layer);
    return at < m_matrix.sourceLayers.size() ? m_matrix.sourceLayers[at] : layer;
}

QRectF HeatMatrixCanvas::gridRect() const
{
    const double text = smallFontSize();
    const double top = text + 6;
    const double bottom = height() - scaleBarHeight(static_cast<float>(text)) - text - 12;
    const double right = width() - kMargin - kMeanGap;
    const double room = std::max(20.0, right - kGutter);
    return {kGutter, top, room * m_matrix.heads / (m_matrix.heads + 1), std::max(10.0, bottom - top)};
}

double HeatMatrixCanvas::meanWidth() const
{
    return m_matrix.heads > 0 ? gridRect().width() / m_matrix.heads : 0;
}

QRectF HeatMatrixCanvas::rectOf(const MatrixCell& cell) const
{
    const QRectF grid = gridRect();
    const double cellWidth = meanWidth();
    const double cellHeight = m_matrix.layers > 0 ? grid.height() / m_matrix.layers : 0;
    const double left = cell.head ? grid.left() + *cell.head * cellWidth : grid.right() + kMeanGap;
    if (!cell.layer)
        return {left, 0, cellWidth, grid.top()};
    return {left, grid.top() + *cell.layer * cellHeight, cellWidth, cellHeight};
}

std::optional<MatrixCell> HeatMatrixCanvas::cellFromPoint(const QPointF& point) const
{
    const QRectF grid = gridRect();
    MatrixCell cell;
    if (m_matrix.layers == 0 || point.y() < 0 || point.y() >= grid.bottom())
        return std::nullopt;
    if (point.y() >= grid.top())
        cell.layer =
            std::min(m_matrix.layers - 1, static_cast<int>((point.y() - grid.top()) / grid.height() * m_matrix.layers));
    if (point.x() >= grid.left() && point.x() < grid.right())
        cell.head = std::min(m_matrix.heads - 1, static_cast<int>((point.x() - grid.left()) / meanWidth()));
    else if (point.x() < grid.right() + kMeanGap || point.x() >= grid.right() + kMeanGap + meanWidth())
        return std::nullopt;
    return cell;
}

QString HeatMatrixCanvas::wordsOf(const MatrixCell& cell) const
{
    if (!cell.layer)
        return cell.head ? tr("head %1 in every layer").arg(*cell.head) : tr("mean of every layer and head");
    const auto at = static_cast<std::size_t>(*cell.layer);
    QString words = tr("layer %1").arg(sourceLayer(*cell.layer));
    if (at < m_matrix.isGlobal.size())
        words += m_matrix.isGlobal[at] ? tr(" (global)") : tr(" (local)");
    words += cell.head ? tr(", head %1").arg(*cell.head) : tr(", mean of heads");
    const float value = cell.head ? m_matrix.at(*cell.layer, *cell.head) : m_matrix.meanOf(*cell.layer);
    return words + (std::isnan(value) ? tr(": no number") : QStringLiteral(": ") + numberText(value, m_matrix.unit));
}

void HeatMatrixCanvas::handleInput(const ImVec2& size)
{
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const bool inside = mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y;
    const auto pointed = inside ? cellFromPoint({mouse.x, mouse.y}) : std::nullopt;
    if (pointed != m_pointed) {
        m_pointed = pointed;
        afterFrame([this, pointed] { Q_EMIT cellPointed(pointed); });
    }
    if (pointed && ImGui::IsMouseClicked(ImGuiMouseButton_Left))
        afterFrame([this, cell = *pointed] { Q_EMIT cellClicked(cell); });
    if (pointed)
        ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
}

void HeatMatrixCanvas::drawLayerNumbers(ImDrawList& list) const
{
    const ThemeColors& theme = colors();
    const QRectF grid = gridRect();
    const double cell = grid.height() / m_matrix.layers;
    const float fontSize = smallFontSize() * 0.92F;
    const int every = std::max(1, static_cast<int>(std::ceil((fontSize + 1) / cell)));
    for (int layer = 0; layer < m_matrix.layers; ++layer) {
        const double middle = grid.top() + (layer + 0.5) * cell;
        if (static_cast<std::size_t>(layer) < m_matrix.isGlobal.size() &&
            m_matrix.isGlobal[static_cast<std::size_t>(layer)]) {
            const double half = std::min(kMark, cell - 1) / 2;
            const auto x = static_cast<float>(kGutter - 6);
            list.AddRectFilled(ImVec2(x, static_cast<float>(middle - half)),
                               ImVec2(x + 3, static_cast<float>(middle + half)), canvasColor(theme.accent));
        }
        if (layer % every != 0)
            continue;
        const QByteArray number = QByteArray::number(sourceLayer(layer));
        const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, number.constData());
        const bool isMarked = m_marked.layer == layer;
        list.AddText(nullptr, fontSize,
                     ImVec2(static_cast<float>(kGutter) - 10 - extent.x, static_cast<float>(middle) - extent.y / 2),
                     canvasColor(isMarked ? theme.text : theme.muted), number.constData());
    }
}

void HeatMatrixCanvas::drawHeadNumbers(ImDrawList& list) const
{
    const ThemeColors& theme = colors();
    const float fontSize = smallFontSize() * 0.92F;
    const auto widest = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, "00").x + 3;
    const int every = std::max(1, static_cast<int>(std::ceil(widest / std::max(1.0, meanWidth()))));
    for (int head = 0; head <= m_matrix.heads; ++head) {
        const bool isMean = head == m_matrix.heads;
        if (!isMean && head % every != 0)
            continue;
        const QByteArray words = isMean ? tr("mean").toUtf8() : QByteArray::number(head);
        const QRectF rect = rectOf(isMean ? MatrixCell{} : MatrixCell{{}, head});
        const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, words.constData());
        const bool isMarked = isMean ? !m_marked.head : m_marked.head == head;
        const float x =
            std::min(static_cast<float>(rect.center().x()) - extent.x / 2, static_cast<float>(width()) - extent.x - 2);
        list.AddText(nullptr, fontSize, ImVec2(x, 3), canvasColor(isMarked ? theme.text : theme.muted),
                     words.constData());
    }
    const QByteArray corner = tr("layer").toUtf8();
    list.AddText(nullptr, fontSize, ImVec2(4, 3), canvasColor(theme.muted), corner.constData());
}

void HeatMatrixCanvas::drawCellTexts(ImDrawList& list) const
{
    const QRectF first = rectOf({0, 0});
    const float fontSize = smallFontSize() * 0.9F;
    if (first.height() < fontSize + 2 || first.width() < 3.2 * fontSize)
        return;
    std::size_t at = 0;
    for (int layer = 0; layer < m_matrix.layers; ++layer) {
        for (int head = 0; head <= m_matrix.heads; ++head, ++at) {
            const bool isMean = head == m_matrix.heads;
            const QRectF rect = rectOf({layer, isMean ? std::nullopt : std::optional(head)});
            const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, m_texts[at].constData());
            if (extent.x + 4 > static_cast<float>(rect.width()))
                continue;
            const QRgb ground = isMean ? m_means.pixel(0, layer) : m_cells.pixel(head, layer);
            list.AddText(nullptr, fontSize,
                         ImVec2(static_cast<float>(rect.center().x()) - extent.x / 2,
                                static_cast<float>(rect.center().y()) - extent.y / 2),
                         canvasColor(inkOn(ground)), m_texts[at].constData());
        }
    }
}

void HeatMatrixCanvas::drawFrameOf(ImDrawList& list, const MatrixCell& cell, const QColor& color) const
{
    if (!cell.layer && !cell.head)
        return;
    QRectF rect = rectOf(cell);
    if (!cell.layer)
        rect = rect.united(rectOf({m_matrix.layers - 1, cell.head})).adjusted(0, gridRect().top(), 0, 0);
    const ImVec2 low(static_cast<float>(rect.left()), static_cast<float>(rect.top()));
    const ImVec2 high(static_cast<float>(rect.right()), static_cast<float>(rect.bottom()));
    // Dark under light, so that the frame shows on every colour of the scale.
    list.AddRect(ImVec2(low.x - 2, low.y - 2), ImVec2(high.x + 2, high.y + 2), IM_COL32(0, 0, 0, 220), 1, 3);
    list.AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), canvasColor(color), 1, 2);
}

void HeatMatrixCanvas::drawLegend(ImDrawList& list, const ImVec2& size)
{
    const ThemeColors& theme = colors();
    const float fontSize = smallFontSize() * 0.92F;
    const float top = static_cast<float>(gridRect().bottom()) + 8;
    const float width = std::clamp(size.x * 0.3F, 80.0F, 240.0F);
    const QString name =
        m_matrix.unit.isEmpty() ? m_matrix.measure : QStringLiteral("%1, %2").arg(m_matrix.measure, m_matrix.unit);
    drawScaleBar(list, ImVec2(static_cast<float>(kMargin), top), width, fontSize,
                 {m_matrix.scale, numberText(m_matrix.lowest), numberText(m_matrix.highest), name}, theme);
    // The second line: marks and patterns.
    const float line = top + scaleBarHeight(fontSize) + 3;
    auto x = static_cast<float>(kMargin);
    const auto write = [&](const QString& words) {
        const QByteArray text = words.toUtf8();
        list.AddText(nullptr, fontSize, ImVec2(x, line), canvasColor(theme.muted), text.constData());
        x += ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, text.constData()).x + 14;
    };
    if (!m_matrix.isGlobal.empty()) {
        list.AddRectFilled(ImVec2(x, line + fontSize / 2 - 3), ImVec2(x + 3, line + fontSize / 2 + 3),
                           canvasColor(theme.accent));
        x += 8;
        write(m_matrix.window > 0 ? tr("global layer, others see %1 positions").arg(m_matrix.window)
                                  : tr("global layer"));
    }
    if (!m_blanks.empty()) {
        const ImVec4 swatch(x, line + 1, x + 12, line + fontSize - 1);
        m_textures.drawPattern(list, markPattern(CellMark::Future), kPatternPixels, std::span(&swatch, 1));
        x += 16;
        write(tr("no number"));
    }
}

void HeatMatrixCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    if (m_matrix.layers == 0 || m_matrix.heads == 0) {
        drawHint(list, size, smallFontSize(), m_hint, colors());
        return;
    }
    handleInput(size);
    const ThemeColors& theme = colors();
    const QRectF grid = gridRect();
    const auto left = static_cast<float>(grid.left()), top = static_cast<float>(grid.top());
    const auto right = static_cast<float>(grid.right()), bottom = static_cast<float>(grid.bottom());
    const auto mean = static_cast<float>(grid.right() + kMeanGap);
    m_textures.drawCells(list, m_cells, ImVec2(left, top), ImVec2(right, bottom), 1);
    m_textures.drawCells(list, m_means, ImVec2(mean, top), ImVec2(mean + static_cast<float>(meanWidth()), bottom), 1);
    std::vector<ImVec4> blanks;
    for (const MatrixCell& cell : m_blanks) {
        const QRectF rect = rectOf(cell);
        blanks.emplace_back(static_cast<float>(rect.left()), static_cast<float>(rect.top()),
                            static_cast<float>(rect.right()), static_cast<float>(rect.bottom()));
        list.AddRectFilled(ImVec2(blanks.back().x, blanks.back().y), ImVec2(blanks.back().z, blanks.back().w),
                           canvasColor(theme.base));
    }
    m_textures.drawPattern(list, markPattern(CellMark::Future), kPatternPixels, blanks);
    const double cellHeight = grid.height() / m_matrix.layers;
    if (cellHeight >= 6) {
        for (int layer = 1; layer < m_matrix.layers; ++layer) {
            const float y = std::round(top + static_cast<float>(layer * cellHeight));
            list.AddRectFilled(ImVec2(left, y), ImVec2(mean + static_cast<float>(meanWidth()), y + 1),
                               canvasColor(theme.base));
        }
    }
    for (int head = 1; head < m_matrix.heads; ++head) {
        const float x = std::round(left + static_cast<float>(head * meanWidth()));
        list.AddRectFilled(ImVec2(x, top), ImVec2(x + 1, bottom), canvasColor(theme.base));
    }
    drawCellTexts(list);
    drawLayerNumbers(list);
    drawHeadNumbers(list);
    drawLegend(list, size);
    drawFrameOf(list, m_marked, theme.accent);
    if (m_pointed) {
        drawFrameOf(list, *m_pointed, QColor(Qt::white));
        drawTip(list, ImGui::GetIO().MousePos, size, smallFontSize(), wordsOf(*m_pointed));
    }
}

}  // namespace armillary::widgets
