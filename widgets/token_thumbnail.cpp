#include "widgets/token_thumbnail.h"

#include "widgets/rollout_work.h"
#include "widgets/theme.h"

#include <QPainter>

#include <algorithm>
#include <array>

namespace armillary::widgets {
namespace {

constexpr int kFrames = 3;
constexpr double kGap = 8;
constexpr double kMostSide = 112;
constexpr double kAround = 5;  // sides of the token that the middle frame shows
constexpr int kSmallSide = 2 * static_cast<int>(kMostSide);

// The largest rectangle of that shape at the top of `frame`.
QRectF fitted(const QRectF& frame, double width, double height)
{
    const double scale = std::min(frame.width() / std::max(width, 1e-9), frame.height() / std::max(height, 1e-9));
    QRectF out(0, 0, width * scale, height * scale);
    out.moveCenter(frame.center());
    out.moveTop(frame.top());
    return out;
}

}  // namespace

TokenThumbnail::TokenThumbnail(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Pixels of the token"));
    setToolTip(tr("The token's pixels alone, with their surroundings, and in the whole picture"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void TokenThumbnail::setToken(const Image& image, const PixelBox& box)
{
    m_image = image;
    m_box = box;
    const void* pixels = image.rgb().data();
    if (pixels != m_smallOf) {
        m_smallOf = pixels;
        m_small = image.empty()
                      ? QImage()
                      : viewOf(image).scaled(kSmallSide, kSmallSide, Qt::KeepAspectRatio, Qt::FastTransformation);
    }
    setVisible(!image.empty());
    fitHeight();
    update();
}

QRectF TokenThumbnail::aroundToken() const
{
    const double width = m_image.width(), height = m_image.height();
    const QRectF token(m_box.left * width, m_box.top * height, (m_box.right - m_box.left) * width,
                       (m_box.bottom - m_box.top) * height);
    QRectF out(0, 0, token.width() * kAround, token.height() * kAround);
    out.moveCenter(token.center());
    return out.intersected(QRectF(0, 0, width, height));
}

double TokenThumbnail::tallest() const
{
    if (m_image.empty())
        return kMostSide;
    const QRectF around = aroundToken();
    return std::max({tokenRect().height(), fitted(frame(1), around.width(), around.height()).height(),
                     fitted(frame(2), m_image.width(), m_image.height()).height()});
}

void TokenThumbnail::fitHeight()
{
    setFixedHeight(static_cast<int>(tallest()) + fontMetrics().height() + 4);
}

void TokenThumbnail::resizeEvent(QResizeEvent*)
{
    fitHeight();
}

double TokenThumbnail::side() const
{
    return std::clamp((width() - (kFrames - 1) * kGap) / kFrames, 24.0, kMostSide);
}

QRectF TokenThumbnail::frame(int index) const
{
    return {index * (side() + kGap), 0, side(), side()};
}

QRectF TokenThumbnail::tokenRect() const
{
    return fitted(frame(0), (m_box.right - m_box.left) * m_image.width(),
                  (m_box.bottom - m_box.top) * m_image.height());
}

QSize TokenThumbnail::sizeHint() const
{
    return {static_cast<int>(kFrames * kMostSide + (kFrames - 1) * kGap),
            static_cast<int>(kMostSide) + fontMetrics().height() + 2};
}

QSize TokenThumbnail::minimumSizeHint() const
{
    return {120, sizeHint().height()};
}

void TokenThumbnail::paintEvent(QPaintEvent*)
{
    if (m_image.empty())
        return;
    const ThemeColors& colors = themeColors(palette());
    const QImage picture = viewOf(m_image);
    const QRectF token(m_box.left * picture.width(), m_box.top * picture.height(),
                       (m_box.right - m_box.left) * picture.width(), (m_box.bottom - m_box.top) * picture.height());
    QPainter painter(this);
    const auto mark = [&](const QRectF& where) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(Qt::black, 3));
        painter.drawRect(where);
        painter.setPen(QPen(Qt::white, 1));
        painter.drawRect(where);
    };
    painter.drawImage(tokenRect(), picture, token);

    const QRectF around = aroundToken();
    const QRectF middle = fitted(frame(1), around.width(), around.height());
    painter.drawImage(middle, picture, around);
    const double zoom = middle.width() / std::max(around.width(), 1e-9);
    mark({middle.left() + (token.left() - around.left()) * zoom, middle.top() + (token.top() - around.top()) * zoom,
          token.width() * zoom, token.height() * zoom});

    const QRectF whole = fitted(frame(2), picture.width(), picture.height());
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(whole, m_small);
    mark({whole.left() + m_box.left * whole.width(), whole.top() + m_box.top * whole.height(),
          (m_box.right - m_box.left) * whole.width(), (m_box.bottom - m_box.top) * whole.height()});

    painter.setPen(colors.muted);
    const std::array names = {tr("alone"), tr("around it"), tr("in the picture")};
    for (int i = 0; i < kFrames; ++i) {
        const QRectF label(frame(i).left(), tallest() + 2, side(), fontMetrics().height());
        painter.drawText(label, Qt::AlignHCenter | Qt::AlignTop,
                         fontMetrics().elidedText(names[static_cast<std::size_t>(i)], Qt::ElideRight,
                                                  static_cast<int>(side())));
    }
}

}  // namespace armillary::widgets
