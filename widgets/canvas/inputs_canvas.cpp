#include "widgets/canvas/inputs_canvas.h"

#include "widgets/canvas/scale_bar.h"
#include "widgets/kind_colors.h"
#include "widgets/theme.h"

#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace armillary::widgets {
namespace {

constexpr std::int64_t kTextureBudgetBytes = 128LL << 20;
constexpr double kMargin = 10;
constexpr double kLeastHeight = 64;
constexpr double kMostHeight = 900;
constexpr double kLeastWidth = 132;  // of a card, for its words
constexpr std::size_t kMostFrames = 300;

ImVec2 low(const QRectF& rect)
{
    return {static_cast<float>(rect.left()), static_cast<float>(rect.top())};
}

ImVec2 high(const QRectF& rect)
{
    return {static_cast<float>(rect.right()), static_cast<float>(rect.bottom())};
}

// Where the whole source picture would lie if `rect` is the part `covers` of it.
QRectF wholeFrom(const QRectF& rect, const PixelBox& covers)
{
    const double width = rect.width() / (covers.right - covers.left);
    const double height = rect.height() / (covers.bottom - covers.top);
    return {rect.left() - covers.left * width, rect.top() - covers.top * height, width, height};
}

QRectF placed(const QRectF& whole, const PixelBox& box)
{
    return {whole.left() + box.left * whole.width(), whole.top() + box.top * whole.height(),
            (box.right - box.left) * whole.width(), (box.bottom - box.top) * whole.height()};
}

void drawCorners(ImDrawList& list, const QRectF& rect, ImU32 color)
{
    const auto length = static_cast<float>(std::clamp(std::min(rect.width(), rect.height()) / 3, 2.0, 8.0));
    const ImVec2 a = low(rect);
    const ImVec2 b = high(rect);
    for (const float thickness : {3.0F, 1.2F}) {
        const ImU32 ink = thickness > 2 ? IM_COL32(0, 0, 0, 150) : color;
        for (const auto& [corner, across, down] :
             {std::tuple(a, length, length), std::tuple(ImVec2(b.x, a.y), -length, length),
              std::tuple(ImVec2(a.x, b.y), length, -length), std::tuple(b, -length, -length)}) {
            list.AddLine(corner, ImVec2(corner.x + across, corner.y), ink, thickness);
            list.AddLine(corner, ImVec2(corner.x, corner.y + down), ink, thickness);
        }
    }
}

QByteArray elided(const QString& text, float fontSize, double room)
{
    const auto widthOf = [fontSize](const QString& words) {
        return ImGui::GetFont()->CalcTextSizeA(fontSize, FLT_MAX, 0, words.toUtf8().constData()).x;
    };
    QString out = text;
    if (widthOf(out) > room) {
        while (!out.isEmpty() && widthOf(out + QChar(0x2026)) > room)
            out.chop(1);
        out = out.trimmed() + QChar(0x2026);
    }
    return out.toUtf8();
}

}  // namespace

InputsCanvas::InputsCanvas(const ShownRun& run, Selection& selection, const OverlayStack& overlays, QWidget* parent)
    : ImguiCanvas(parent),
      m_run(&run),
      m_selection(selection),
      m_painter(run, selection, overlays),
      m_textures(stage(), kTextureBudgetBytes)
{
    setAccessibleName(tr("Model inputs"));
    setAccessibleDescription(
        tr("The pictures that the vision encoder and the video autoencoder read, with the pixels of the "
           "highlighted tokens framed. The token table holds the same tokens as text."));
}

void InputsCanvas::refresh()
{
    m_painter.refresh();
    update();
}

void InputsCanvas::setSources(const ShownRun& run, const OverlayStack& overlays)
{
    m_run = &run;
    m_painter.setSources(run, overlays);
    update();
}

void InputsCanvas::setCards(std::vector<InputCard> cards)
{
    m_cards = std::move(cards);
    m_rects.clear();
    m_scroll = 0;
    m_pointedCard.reset();
    if (m_solo && *m_solo >= static_cast<int>(m_cards.size()))
        m_solo.reset();
    update();
}

void InputsCanvas::setCard(int index, const InputCard& card)
{
    if (index >= 0 && index < static_cast<int>(m_cards.size()))
        m_cards[static_cast<std::size_t>(index)] = card;
    update();
}

void InputsCanvas::setSolo(std::optional<int> card)
{
    m_solo = card && *card >= 0 && *card < static_cast<int>(m_cards.size()) ? card : std::nullopt;
    m_scroll = 0;
    m_pointedCard.reset();
    update();
}

void InputsCanvas::zoomBy(int steps)
{
    m_height = std::clamp(m_shownHeight * std::pow(1.25, steps), kLeastHeight, kMostHeight);
    update();
}

void InputsCanvas::zoomToFit()
{
    m_height.reset();
    m_scroll = 0;
    update();
}

double InputsCanvas::wordsHeight() const
{
    return 3 * (smallFontSize() + 2.0) + 2;
}

double InputsCanvas::flow(double pictureHeight, double width)
{
    const double words = wordsHeight();
    m_rects.assign(m_cards.size(), QRectF());
    double left = kMargin;
    double top = 4;
    for (std::size_t i = 0; i < m_cards.size(); ++i) {
        const InputCard& card = m_cards[i];
        const double aspect = card.heightPixels > 0 ? static_cast<double>(card.widthPixels) / card.heightPixels : 1;
        const double room = width - 2 * kMargin;
        const QSizeF picture = QSizeF(pictureHeight * aspect, pictureHeight)
                                   .scaled(std::min(room, pictureHeight * aspect), pictureHeight, Qt::KeepAspectRatio);
        const double taken = std::max(picture.width(), std::min(kLeastWidth, room));
        if (left > kMargin && left + taken > width - kMargin + 0.5) {
            left = kMargin;
            top += words + pictureHeight + kMargin;
        }
        m_rects[i] = QRectF(QPointF(left, top + words), picture);
        left += taken + kMargin;
    }
    return m_cards.empty() ? 0 : top + words + pictureHeight + kMargin;
}

void InputsCanvas::arrange(const ImVec2& size)
{
    const double words = wordsHeight();
    m_originalRect = {};
    if (m_solo) {
        const InputCard& card = m_cards[static_cast<std::size_t>(*m_solo)];
        m_rects.assign(m_cards.size(), QRectF());
        const double aspect = card.heightPixels > 0 ? static_cast<double>(card.widthPixels) / card.heightPixels : 1;
        const double part = card.originalAspect * (card.covers.right - card.covers.left) /
                            std::max(1e-6, card.covers.bottom - card.covers.top);
        const bool hasOriginal = card.kind != InputCard::Kind::Original && !card.original.isNull();
        QRectF room(kMargin, 4 + words, size.x - 2 * kMargin, size.y - words - 4 - kMargin);
        if (hasOriginal) {
            const double half = (room.width() - kMargin) / 2;
            const QSizeF fitted = QSizeF(part * 1000, 1000).scaled(half, room.height(), Qt::KeepAspectRatio);
            m_originalRect = QRectF(room.topLeft(), fitted);
            room.setLeft(room.left() + half + kMargin);
        }
        m_rects[static_cast<std::size_t>(*m_solo)] =
            QRectF(room.topLeft(), QSizeF(aspect * 1000, 1000).scaled(room.size(), Qt::KeepAspectRatio));
        m_contentHeight = 0;
        m_scroll = 0;
        return;
    }
    if (m_height) {
        m_shownHeight = *m_height;
    } else {
        // As large as all of them fit, but not too small to see anything.
        double least = kLeastHeight;
        double most = kMostHeight;
        for (int i = 0; i < 12; ++i) {
            const double middle = (least + most) / 2;
            (flow(middle, size.x) <= size.y ? least : most) = middle;
        }
        m_shownHeight = least;
    }
    m_contentHeight = flow(m_shownHeight, size.x);
    m_scroll = std::clamp(m_scroll, 0.0, std::max(0.0, m_contentHeight - size.y));
}

QRectF InputsCanvas::pictureRect(int card) const
{
    return card >= 0 && card < static_cast<int>(m_rects.size())
               ? m_rects[static_cast<std::size_t>(card)].translated(0, -m_scroll)
               : QRectF();
}

QPoint InputsCanvas::pointIn(int card, std::int64_t position) const
{
    const InputCard& each = m_cards[static_cast<std::size_t>(card)];
    return placed(wholeFrom(pictureRect(card), each.covers), m_run->boxAt(position)).center().toPoint();
}

std::vector<std::size_t> InputsCanvas::gridsOf(const InputCard& card) const
{
    std::vector<std::size_t> out;
    const std::vector<PlacedGrid>& grids = m_painter.grids();
    for (std::size_t i = 0; i < grids.size(); ++i) {
        const TokenGrid& grid = grids[i].grid;
        if (grid.media != card.media)
            continue;
        const bool isImage = grid.kind == TokenKind::Image;
        const bool wanted = card.kind == InputCard::Kind::Frame ? !isImage && grids[i].latentFrame == card.latentFrame
                            : card.kind == InputCard::Kind::Encoder ? isImage && grid.crop == card.index
                                                                    : isImage && grid.crop == 0;
        if (wanted)
            out.push_back(i);
    }
    return out;
}

bool InputsCanvas::feeds(const InputCard& card, std::int64_t position) const
{
    const TokenOrigin origin = m_run->originAt(position);
    const bool isWorld = m_run->kindAt(position) == TokenKind::World;
    switch (card.kind) {
    case InputCard::Kind::Original: return true;
    case InputCard::Kind::Encoder: return !isWorld && origin.crop == card.index;
    case InputCard::Kind::Frame: return isWorld && origin.latentFrame == card.latentFrame;
    }
    return false;
}

Positions InputsCanvas::tokensAt(int card, const QPointF& fraction) const
{
    const InputCard& each = m_cards[static_cast<std::size_t>(card)];
    const double row = each.covers.top + fraction.y() * (each.covers.bottom - each.covers.top);
    const double column = each.covers.left + fraction.x() * (each.covers.right - each.covers.left);
    Positions out;
    for (const std::size_t index : gridsOf(each)) {
        if (const std::int64_t at = m_painter.grids()[index].positionFromPoint(row, column); at >= 0)
            out.push_back(at);
    }
    return out;
}

void InputsCanvas::handleInput(const ImVec2& size)
{
    const ImGuiIO& io = ImGui::GetIO();
    const ImVec2 mouse = io.MousePos;
    const bool inside = mouse.x >= 0 && mouse.y >= 0 && mouse.x < size.x && mouse.y < size.y;
    if (inside && io.MouseWheel != 0 && !m_solo) {
        if (io.KeyCtrl) {
            const double place = (mouse.y + m_scroll) / std::max(1.0, m_contentHeight);
            m_height = std::clamp(m_shownHeight * std::pow(1.2, io.MouseWheel), kLeastHeight, kMostHeight);
            arrange(size);
            m_scroll = place * m_contentHeight - mouse.y;
        } else {
            m_scroll -= io.MouseWheel * 60;
        }
        arrange(size);
    }
    m_pointedCard.reset();
    for (int card = 0; inside && card < static_cast<int>(m_rects.size()); ++card) {
        const QRectF rect = pictureRect(card);
        if (rect.isEmpty() || !rect.contains(mouse.x, mouse.y))
            continue;
        m_pointedCard = card;
        m_pointed = {(mouse.x - rect.left()) / rect.width(), (mouse.y - rect.top()) / rect.height()};
    }
    const Positions positions = m_pointedCard ? tokensAt(*m_pointedCard, m_pointed) : Positions();
    if (!positions.empty()) {
        m_hovering = positions;
        afterFrame([this, positions] { m_selection.hover(positions); });
    } else if (m_wasPointing) {
        afterFrame([this, own = m_hovering] { m_selection.endHover(own); });
    }
    m_wasPointing = !positions.empty();
    if (!inside || !ImGui::IsMouseReleased(ImGuiMouseButton_Left))
        return;
    afterFrame([this, positions, add = io.KeyCtrl, extend = io.KeyShift, query = io.KeyAlt] {
        if (query) {
            if (positions.empty())
                return;
            Focus focus = m_selection.focus();
            focus.query = positions.front();
            m_selection.setFocus(focus);
        } else if (extend && !positions.empty()) {
            m_selection.extendTo(positions.front());
        } else if (add) {
            m_selection.toggle(positions);
        } else {
            m_selection.choose(positions);
        }
    });
}

void InputsCanvas::drawTokens(ImDrawList& list, int index, const QRectF& rect)
{
    const InputCard& card = m_cards[static_cast<std::size_t>(index)];
    if (m_run->layout() == nullptr)
        return;
    const QRectF whole = wholeFrom(rect, card.covers);
    list.PushClipRect(low(rect), high(rect), true);
    for (const std::size_t grid : gridsOf(card))
        m_painter.draw(list, m_textures, grid, whole, colors());
    for (const bool hovered : {false, true}) {
        const Positions& positions = hovered ? m_selection.hovered() : m_selection.chosen();
        if (positions.size() > kMostFrames)
            continue;  // so many frames would hide what they frame
        for (const std::int64_t position : positions) {
            if (position >= m_run->prefillLength() || m_run->originAt(position).media != card.media)
                continue;
            const QRectF place = placed(whole, m_run->boxAt(position));
            if (place.isEmpty() || !place.intersects(rect))
                continue;
            const ImU32 color =
                hovered ? IM_COL32(255, 255, 255, 255) : canvasColor(kindColor(m_run->kindAt(position), colors().dark));
            if (feeds(card, position)) {
                list.AddRect(low(place), high(place), IM_COL32(0, 0, 0, 190), 0, 3.5F);
                list.AddRect(low(place), high(place), color, 0, 1.5F);
                ++m_drawnFrames;
            } else {
                drawCorners(list, place, color);
                ++m_drawnCorners;
            }
        }
    }
    list.PopClipRect();
}

void InputsCanvas::drawCropOutlines(ImDrawList& list, const InputCard& card, const QRectF& rect) const
{
    for (const InputCard& other : m_cards) {
        if (other.kind != InputCard::Kind::Encoder || other.index == 0 || other.media != card.media)
            continue;
        const QRectF part = placed(rect, other.covers);
        list.AddRect(low(part), high(part), IM_COL32(0, 0, 0, 150), 0, 3);
        list.AddRect(low(part), high(part), canvasColor(colors().accent), 0, 1.2F);
        const QByteArray name = QByteArray::number(other.index);
        list.AddText(nullptr, smallFontSize(), ImVec2(low(part).x + 4, low(part).y + 3), IM_COL32(0, 0, 0, 255),
                     name.constData());
        list.AddText(nullptr, smallFontSize(), ImVec2(low(part).x + 3, low(part).y + 2), IM_COL32(255, 255, 255, 255),
                     name.constData());
    }
}

void InputsCanvas::drawCard(ImDrawList& list, int index)
{
    const QRectF rect = pictureRect(index);
    if (rect.isEmpty() || rect.bottom() < 0 || rect.top() > height() + 60)
        return;
    const InputCard& card = m_cards[static_cast<std::size_t>(index)];
    const float fontSize = smallFontSize();
    const double line = fontSize + 2.0;
    const double room = m_solo ? std::max(rect.width(), width() - rect.left() - kMargin)
                               : std::max(rect.width(), std::min(kLeastWidth, width() - 2 * kMargin));
    const auto x = static_cast<float>(rect.left());
    const auto write = [&](int lineAbove, const QString& words, const QColor& ink) {
        list.AddText(nullptr, fontSize, ImVec2(x, static_cast<float>(rect.top() - lineAbove * line - 1)),
                     canvasColor(ink), elided(words, fontSize, room).constData());
    };
    write(3, card.title, colors().text);
    write(2, card.range, colors().muted);
    write(1, card.normalisation, colors().muted);
    if (card.picture.isNull()) {
        list.AddRectFilled(low(rect), high(rect), canvasColor(colors().raised));
    } else if (rect.width() >= 2.0 * card.picture.width()) {
        // Few pixels: each of them a block, as the model has it.
        m_textures.drawCells(list, card.picture, low(rect), high(rect), 1);
    } else {
        m_textures.draw(list, card.picture, low(rect), high(rect));
    }
    drawTokens(list, index, rect);
    if (card.kind == InputCard::Kind::Original)
        drawCropOutlines(list, card, rect);
    list.AddRect(low(rect), high(rect), canvasColor(colors().border));
    if (m_originalRect.isEmpty())
        return;
    const auto left = static_cast<float>(m_originalRect.left());
    list.AddText(nullptr, fontSize, ImVec2(left, static_cast<float>(m_originalRect.top() - 3 * line - 1)),
                 canvasColor(colors().text),
                 elided(tr("What it was made of"), fontSize, width() / 2.0 - 2 * kMargin).constData());
    m_textures.draw(list, card.original, low(m_originalRect), high(m_originalRect),
                    ImVec2(static_cast<float>(card.covers.left), static_cast<float>(card.covers.top)),
                    ImVec2(static_cast<float>(card.covers.right), static_cast<float>(card.covers.bottom)));
    drawTokens(list, index, m_originalRect);
    list.AddRect(low(m_originalRect), high(m_originalRect), canvasColor(colors().border));
}

// Not by ImGui, whose clicks come a frame apart.
void InputsCanvas::mouseDoubleClickEvent(QMouseEvent* event)
{
    for (int card = 0; card < static_cast<int>(m_rects.size()); ++card) {
        if (event->button() == Qt::LeftButton && pictureRect(card).contains(event->position())) {
            Q_EMIT soloWanted(card);
            return;
        }
    }
    ImguiCanvas::mouseDoubleClickEvent(event);
}

QString InputsCanvas::tipWords() const
{
    const InputCard& card = m_cards[static_cast<std::size_t>(*m_pointedCard)];
    const int row = std::clamp(static_cast<int>(m_pointed.y() * card.heightPixels), 0, card.heightPixels - 1);
    const int column = std::clamp(static_cast<int>(m_pointed.x() * card.widthPixels), 0, card.widthPixels - 1);
    QStringList lines{tr("x %1  y %2 of %3×%4").arg(column).arg(row).arg(card.widthPixels).arg(card.heightPixels)};
    if (const QString value = m_valueWords ? m_valueWords(*m_pointedCard, row, column) : QString(); !value.isEmpty())
        lines << value;
    for (const std::int64_t position : tokensAt(*m_pointedCard, m_pointed)) {
        const TokenOrigin origin = m_run->originAt(position);
        QString words = tr("%1 %2: row %3, column %4")
                            .arg(kindName(m_run->kindAt(position)))
                            .arg(position)
                            .arg(origin.row)
                            .arg(origin.column);
        if (const QString value = m_painter.valueWords(position); !value.isEmpty())
            words += QStringLiteral(" · ") + value;
        lines << words;
    }
    return lines.join(QLatin1Char('\n'));
}

void InputsCanvas::drawFrame(ImDrawList& list, const ImVec2& size)
{
    m_drawnFrames = 0;
    m_drawnCorners = 0;
    if (m_cards.empty())
        return;
    arrange(size);
    handleInput(size);
    for (int card = 0; card < static_cast<int>(m_cards.size()); ++card)
        drawCard(list, card);
    if (m_contentHeight > size.y + 1 && !m_solo) {
        const double room = size.y;
        const float x = size.x - 8;
        const auto top = static_cast<float>(room * m_scroll / m_contentHeight);
        const auto length = static_cast<float>(std::max(18.0, room * room / m_contentHeight));
        list.AddRectFilled(ImVec2(x, top), ImVec2(x + 6, top + length), canvasColor(colors().muted), 3);
    }
    if (m_pointedCard)
        drawTip(list, ImGui::GetIO().MousePos, size, smallFontSize(), tipWords());
}

}  // namespace armillary::widgets
