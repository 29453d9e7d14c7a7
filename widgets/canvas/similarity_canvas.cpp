#include "widgets/canvas/similarity_canvas.h"

#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 24LL << 20;
constexpr float kRuler = 12;
constexpr float kMargin = 10;
constexpr float kLegendHeight = 34;
constexpr int kMostMarks = 400;

bool takes(const std::vector<TokenKind>& kinds, TokenKind kind)
{
    return kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// A table of 256 colours: a colour a cell would cost milliseconds.
QImage heatImage(const SimilarityMatrix& matrix)
{
    const auto columns = static_cast<int>(matrix.columns.size());
    const auto rows = static_cast<int>(matrix.rows.size());
    std::array<QRgb, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = scaleColor(ColorScale::Signed, static_cast<double>(i) / 255);
    QImage out(columns, rows, QImage::Format_RGB32);
    const float range = std::max(matrix.range, 1e-6F);
    for (int row = 0; row < rows; ++row) {
        auto* line = reinterpret_cast<QRgb*>(out.scanLine(row));
        const float* values = matrix.values.data() + static_cast<std::ptrdiff_t>(row) * columns;
        for (int column = 0; column < columns; ++column) {
            const float place = std::clamp(127.5F + 127.5F * values[column] / range, 0.0F, 255.0F);
            line[column] = std::isfinite(values[column]) ? table[static_cast<std::size_t>(place)]
                                                         : scaleColor(ColorScale::Signed, std::nan(""));
        }
    }
    return blockImage(out, 400);
}

QString tokenWords(const ResultToken& token)
{
    const QString place = token.position < 0
                              ? SimilarityCanvas::tr("row %1 column %2").arg(token.origin.row).arg(token.origin.column)
                              : QString::number(token.position);
    return QStringLiteral("%1 %2").arg(kindName(token.kind), place);
}

}  // namespace

SimilarityMatrix similarityFromResult(const AnalysisResult& result, const TokenLayout* layout,
                                      const std::vector<TokenKind>& rowKinds, const std::vector<TokenKind>& columnKinds)
{
    SimilarityMatrix out;
    const std::vector<ResultToken> tokens = tokensOfResult(result, layout);
    const std::vector<float> all = floatsOf(result, "cosines");
    if (tokens.empty() || all.size() != tokens.size() * tokens.size())
        return out;
    std::vector<std::size_t> rows, columns;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (takes(rowKinds, tokens[i].kind))
            rows.push_back(i);
        if (takes(columnKinds, tokens[i].kind))
            columns.push_back(i);
    }
    for (const std::size_t row : rows)
        out.rows.push_back(tokens[row]);
    for (const std::size_t column : columns)
        out.columns.push_back(tokens[column]);
    out.values.reserve(rows.size() * columns.size());
    float furthest = 0;
    for (const std::size_t row : rows) {
        for (const std::size_t column : columns) {
            const float value = all[row * tokens.size() + column];
            out.values.push_back(value);
            // A token is always like itself; that says nothing about the others.
            if (row != column && std::isfinite(value))
                furthest = std::max(furthest, std::abs(value));
        }
    }
    out.range = furthest > 0 ? furthest : 1;
    return out;
}

SimilarityCanvas::SimilarityCanvas(Selection& selection, QWidget* parent)
    : ImguiCanvas(parent), m_selection(selection), m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("Cosines of tokens"));
    setAccessibleDescription(tr("A heat map: how like the vectors of two tokens are"));
}

void SimilarityCanvas::setMatrix(SimilarityMatrix matrix)
{
    const bool sameShape =
        matrix.rows.size() == m_matrix.rows.size() && matrix.columns.size() == m_matrix.columns.size();
    m_matrix = std::move(matrix);
    m_heat = m_matrix.values.empty() ? QImage() : heatImage(m_matrix);
    m_pointed.reset();
    if (!sameShape)
        zoomToFit();
    update();
}

void SimilarityCanvas::zoomToFit()
{
    m_zoom = 1;
    m_offset = {};
    update();
}

void SimilarityCanvas::zoomBy(double factor)
{
    const double before = m_zoom;
    m_zoom = std::clamp(m_zoom * factor, 1.0, 60.0);
    m_offset *= m_zoom / before;
    update();
}

QRectF SimilarityCanvas::window() const
{
    return QRectF(kMargin + kRuler + 2, kMargin + kRuler + 2, width() - 2 * kMargin - kRuler - 2,
                  height() - 2 * kMargin - kRuler - 2 - kLegendHeight);
}

QRectF SimilarityCanvas::matrixRect() const
{
    const QRectF area = window();
    if (m_heat.isNull() || area.width() <= 0 || area.height() <= 0)
        return {};
    // Cells are no squares: neither side is a length.
    QRectF out(QPointF(0, 0), area.size() * m_zoom);
    out.moveCenter(area.center() + m_offset);
    return out;
}

QPointF SimilarityCanvas::pointFromCell(int row, int column) const
{
    const QRectF all = matrixRect();
    return {all.left() + all.width() * (column + 0.5) / static_cast<double>(m_matrix.columns.size()),
            all.top() + all.height() * (row + 0.5) / static_cast<double>(m_matrix.rows.size())};
}

void SimilarityCanvas::navigate()
{
    const ImGuiIO& io = ImGui::GetIO();
    if (window().contains(io.MousePos.x, io.MousePos.y) && io.MouseWheel != 0) {
        const QPointF before = matrixRect().center();
        const double zoomed = std::clamp(m_zoom * std::pow(1.2, io.MouseWheel), 1.0, 60.0);
        // The cell under the pointer stays under it.
        const QPointF pointer(io.MousePos.x, io.MousePos.y);
        m_offset += (pointer - before) * (1 - zoomed / m_zoom);
        m_zoom = zoomed;
        if (m_zoom == 1.0)
            m_offset = {};
    }
    const bool dragging = ImGui::IsMouseDragging(ImGuiMouseButton_Left) ||
                          ImGui::IsMouseDragging(ImGuiMouseButton_Middle) ||
                          ImGui::IsMouseDragging(ImGuiMouseButton_Right);
    if (dragging && m_zoom > 1) {
        m_offset += QPointF(io.MouseDelta.x, io.MouseDelta.y);
        ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeAll);
    }
}

void SimilarityCanvas::readPointer()
{
    const ImGuiIO& io = ImGui::GetIO();
    const QPointF mouse(io.MousePos.x, io.MousePos.y);
    const QRectF all = matrixRect();
    const auto wasPointed = std::exchange(m_pointed, std::nullopt);
    if (window().contains(mouse) && all.contains(mouse) && !ImGui::IsMouseDragging(ImGuiMouseButton_Left)) {
        const auto row =
            static_cast<int>((mouse.y() - all.top()) / all.height() * static_cast<double>(m_matrix.rows.size()));
        const auto column =
            static_cast<int>((mouse.x() - all.left()) / all.width() * static_cast<double>(m_matrix.columns.size()));
        m_pointed = std::pair(std::clamp(row, 0, static_cast<int>(m_matrix.rows.size()) - 1),
                              std::clamp(column, 0, static_cast<int>(m_matrix.columns.size()) - 1));
    }
    Positions both;
    if (m_pointed) {
        for (const ResultToken& token : {m_matrix.rows[static_cast<std::size_t>(m_pointed->first)],
                                         m_matrix.columns[static_cast<std::size_t>(m_pointed->second)]}) {
            if (token.position >= 0)
                both.push_back(token.position);
        }
    }
    if (m_pointed ? m_pointed != wasPointed || hasPointerMoved() : m_wasPointing) {
        afterFrame([this, both] {
            if (both.empty()) {
                m_selection.endHover(m_hovering);
                return;
            }
            m_hovering = both;
            m_selection.hover(both);
        });
    }
    m_wasPointing = m_pointed.has_value();
    const float moved = io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left];
    if (both.empty() || !ImGui::IsMouseReleased(ImGuiMouseButton_Left) ||
        moved >= io.MouseDragThreshold * io.MouseDragThreshold)
        return;
    afterFrame([this, both, add = io.KeyCtrl, query = io.KeyAlt] {
        if (query) {
            Focus focus = m_selection.focus();
            focus.query = both.front();
            m_selection.setFocus(focus);
        } else if (add) {
            m_selection.toggle(both);
        } else {
            m_selection.choose(both);
        }
    });
}

void SimilarityCanvas::drawRulers(ImDrawList& list) const
{
    const QRectF all = matrixRect();
    const QRectF area = window();
    const bool dark = colors().dark;
    const auto draw = [&](const std::vector<ResultToken>& tokens, bool across) {
        const auto count = static_cast<double>(tokens.size());
        for (std::size_t i = 0; i < tokens.size();) {
            std::size_t j = i;
            while (j < tokens.size() && tokens[j].kind == tokens[i].kind)
                ++j;
            const ImU32 color = canvasColor(kindColor(tokens[i].kind, dark));
            const double from = static_cast<double>(i) / count;
            const double to = static_cast<double>(j) / count;
            if (across) {
                const double left = std::max(area.left(), all.left() + all.width() * from);
                const double right = std::min(area.right(), all.left() + all.width() * to);
                if (right > left)
                    list.AddRectFilled(ImVec2(static_cast<float>(left), kMargin),
                                       ImVec2(static_cast<float>(right), kMargin + kRuler), color);
            } else {
                const double top = std::max(area.top(), all.top() + all.height() * from);
                const double bottom = std::min(area.bottom(), all.top() + all.height() * to);
                if (bottom > top)
                    list.AddRectFilled(ImVec2(kMargin, static_cast<float>(top)),
                                       ImVec2(kMargin + kRuler, static_cast<float>(bottom)), color);
            }
            i = j;
        }
    };
    draw(m_matrix.columns, true);
    draw(m_matrix.rows, false);
}

void SimilarityCanvas::drawMarks(ImDrawList& list) const
{
    const QRectF area = window();
    const ImU32 chosen = canvasColor(colors().text);
    int drawn = 0;
    const auto draw = [&](const std::vector<ResultToken>& tokens, bool across) {
        for (std::size_t i = 0; i < tokens.size() && drawn < kMostMarks; ++i) {
            if (tokens[i].position < 0 || !m_selection.isChosen(tokens[i].position))
                continue;
            const QPointF at = across ? pointFromCell(0, static_cast<int>(i)) : pointFromCell(static_cast<int>(i), 0);
            ++drawn;
            if (across && at.x() > area.left() && at.x() < area.right())
                list.AddRectFilled(ImVec2(static_cast<float>(at.x()) - 1, kMargin - 4),
                                   ImVec2(static_cast<float>(at.x()) + 1, kMargin + kRuler + 2), chosen);
            if (!across && at.y() > area.top() && at.y() < area.bottom())
                list.AddRectFilled(ImVec2(kMargin - 4, static_cast<float>(at.y()) - 1),
                                   ImVec2(kMargin + kRuler + 2, static_cast<float>(at.y()) + 1), chosen);
        }
    };
    draw(m_matrix.columns, true);
    draw(m_matrix.rows, false);
}

void SimilarityCanvas::drawPointed(ImDrawList& list, const ImVec2& size) const
{
    if (!m_pointed)
        return;
    const auto [row, column] = *m_pointed;
    const QRectF area = window();
    const QPointF at = pointFromCell(row, column);
    const auto x = static_cast<float>(at.x());
    const auto y = static_cast<float>(at.y());
    // Light on dark, so that the cross shows on every colour.
    for (const auto& [color, width] : {std::pair(IM_COL32(0, 0, 0, 150), 3.0F), {IM_COL32(255, 255, 255, 230), 1.0F}}) {
        list.AddLine(ImVec2(static_cast<float>(area.left()), y), ImVec2(static_cast<float>(area.right()), y), color,
                     width);
        list.AddLine(ImVec2(x, static_cast<float>(area.top())), ImVec2(x, static_cast<float>(area.bottom())), color,
                     width);
    }
    const float value =
        m_matrix.values[static_cast<std::size_t>(row) * m_matrix.columns.size() + static_cast<std::size_t>(column)];
    const QByteArray text = tr("%1\n%2\ncosine %3")
                                .arg(tokenWords(m_matrix.rows[static_cast<std::size_t>(row)]),
                                     tokenWords(m_matrix.columns[static_cast<std::size_t>(column)]))
                                .arg(static_cast<double>(value), 0, 'f', 4)
                                .toUtf8();
    const float fontSize = smallFontSize();
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, text.constData());
    const float left = x + 14 + extent.x + 14 > size.x ? x - extent.x - 26 : x + 14;
    const float top = std::clamp(y + 14, 2.0F, std::max(2.0F, size.y - extent.y - 12));
    list.AddRectFilled(ImVec2(left, top), ImVec2(left + extent.x + 12, top + extent.y + 8), IM_COL32(0, 0, 0, 215), 5);
    list.AddText(nullptr, fontSize, ImVec2(left + 6, top + 4), IM_COL32(255, 255, 255, 255), text.constData());
}

void SimilarityCanvas::drawLegend(ImDrawList& list, const ImVec2& size) const
{
    constexpr int kPieces = 48;
    const ThemeColors& theme = colors();
    const float left = kMargin + kRuler + 2;
    const float wide = std::min(size.x - 2 * left, 260.0F);
    const float top = size.y - kLegendHeight + 4;
    for (int piece = 0; piece < kPieces; ++piece) {
        const float from = left + wide * static_cast<float>(piece) / kPieces;
        list.AddRectFilled(ImVec2(from, top), ImVec2(from + wide / kPieces + 0.5F, top + 9),
                           canvasColor(QColor(scaleColor(ColorScale::Signed, (piece + 0.5) / kPieces))));
    }
    const float small = smallFontSize() * 0.9F;
    const QByteArray low = QString::number(static_cast<double>(-m_matrix.range), 'g', 3).toUtf8();
    const QByteArray high = tr("%1 cosine").arg(static_cast<double>(m_matrix.range), 0, 'g', 3).toUtf8();
    list.AddText(nullptr, small, ImVec2(left, top + 11), canvasColor(theme.muted), low.constData());
    const ImVec2 extent = ImGui::GetFont()->CalcTextSizeA(small, FLT_MAX, 0, high.constData());
    list.AddText(nullptr, small, ImVec2(left + wide - extent.x, top + 11), canvasColor(theme.muted), high.constData());
    // The rulers' colours.
    float x = left + wide + 18;
    for (const TokenKind kind : kTokenKinds) {
        const auto occurs = [kind](const ResultToken& token) { return token.kind == kind; };
        if (std::none_of(m_matrix.rows.begin(), m_matrix.rows.end(), occurs) &&
            std::none_of(m_matrix.columns.begin(), m_matrix.columns.end(), occurs))
            continue;
        const QByteArray name = kindName(kind).toUtf8();
        const float room = ImGui::GetFont()->CalcTextSizeA(small, FLT_MAX, 0, name.constData()).x;
        if (x + 14 + room > size.x - 4)
            break;
        list.AddRectFilled(ImVec2(x, top), ImVec2(x + 9, top + 9), canvasColor(kindColor(kind, theme.dark)));
        list.AddText(nullptr, small, ImVec2(x + 13, top - 2), canvasColor(theme.text), name.constData());
        x += 13 + room + 12;
    }
}

void SimilarityCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    if (m_heat.isNull())
        return;
    navigate();
    readPointer();
    const QRectF all = matrixRect();
    const QRectF area = window();
    list.PushClipRect(ImVec2(static_cast<float>(area.left()), static_cast<float>(area.top())),
                      ImVec2(static_cast<float>(area.right()), static_cast<float>(area.bottom())), true);
    m_textures.draw(list, m_heat, ImVec2(static_cast<float>(all.left()), static_cast<float>(all.top())),
                    ImVec2(static_cast<float>(all.right()), static_cast<float>(all.bottom())));
    list.PopClipRect();
    drawRulers(list);
    drawMarks(list);
    drawLegend(list, size);
    drawPointed(list, size);
}

}  // namespace armillary::widgets
