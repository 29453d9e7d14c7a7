#include "widgets/inspector/token_thumbnail.h"

#include "widgets/rollout/rollout_work.h"
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
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
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
    // A layout that is asked lays out the whole inspector.
    if (isHidden() || heightForWidth(width()) != height())
        updateGeometry();
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

double TokenThumbnail::tallest(double side) const
{
    if (m_image.empty())
        return side;
    const QRectF around = aroundToken();
    const double width = m_image.width(), height = m_image.height();
    const QRectF square = frame(0, side);
    return std::max({fitted(square, (m_box.right - m_box.left) * width, (m_box.bottom - m_box.top) * height).height(),
                     fitted(square, around.width(), around.height()).height(), fitted(square, width, height).height()});
}

int TokenThumbnail::heightForWidth(int width) const
{
    return static_cast<int>(tallest(sideFromWidth(width))) + fontMetrics().height() + 6;
}

double TokenThumbnail::sideFromWidth(int width)
{
    return std::clamp((width - (kFrames - 1) * kGap) / kFrames, 24.0, kMostSide);
}

QRectF TokenThumbnail::frame(int index, double side)
{
    return {index * (side + kGap), 0, side, side};
}

QRectF TokenThumbnail::tokenRect() const
{
    return fitted(frame(0, sideFromWidth(width())), (m_box.right - m_box.left) * m_image.width(),
                  (m_box.bottom - m_box.top) * m_image.height());
}

QSize TokenThumbnail::sizeHint() const
{
    const int width = static_cast<int>(kFrames * kMostSide + (kFrames - 1) * kGap);
    return {width, heightForWidth(width)};
}

QSize TokenThumbnail::minimumSizeHint() const
{
    return {120, heightForWidth(120)};
}

void TokenThumbnail::paintEvent(QPaintEvent*)
{
    if (m_image.empty())
        return;
    const ThemeColors& colors = themeColors(palette());
    const QImage picture = viewOf(m_image);
    const QRectF token(m_box.left * picture.width(), m_box.top * picture.height(),
                       (m_box.right - m_box.left) * picture.width(), (m_box.bottom - m_box.top) * picture.height());
    const double side = sideFromWidth(width());
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
    const QRectF middle = fitted(frame(1, side), around.width(), around.height());
    painter.drawImage(middle, picture, around);
    const double zoom = middle.width() / std::max(around.width(), 1e-9);
    mark({middle.left() + (token.left() - around.left()) * zoom, middle.top() + (token.top() - around.top()) * zoom,
          token.width() * zoom, token.height() * zoom});

    const QRectF whole = fitted(frame(2, side), picture.width(), picture.height());
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(whole, m_small);
    mark({whole.left() + m_box.left * whole.width(), whole.top() + m_box.top * whole.height(),
          (m_box.right - m_box.left) * whole.width(), (m_box.bottom - m_box.top) * whole.height()});

    painter.setPen(colors.muted);
    const std::array names = {tr("alone"), tr("around it"), tr("in the picture")};
    for (int i = 0; i < kFrames; ++i) {
        const QRectF label(frame(i, side).left(), tallest(side) + 3, side, fontMetrics().height());
        painter.drawText(label, Qt::AlignHCenter | Qt::AlignTop,
                         fontMetrics().elidedText(names[static_cast<std::size_t>(i)], Qt::ElideRight,
                                                  static_cast<int>(side)));
    }
}

}  // namespace armillary::widgets
