// The pixels of one token at three sizes side by side: alone, with what lies around it, and its place in the whole picture.
// Thread rule: GUI thread.
#pragma once

#include "records/image.h"
#include "records/token_layout.h"

#include <QImage>
#include <QString>
#include <QWidget>

namespace armillary::widgets {

class TokenThumbnail : public QWidget {
    Q_OBJECT
public:
    explicit TokenThumbnail(QWidget* parent = nullptr);

    // An empty image shows nothing.
    void setToken(const Image& image, const PixelBox& box);
    [[nodiscard]] bool isEmpty() const { return m_image.empty(); }
    // Where the pixels alone are drawn.
    [[nodiscard]] QRectF tokenRect() const;

    [[nodiscard]] bool hasHeightForWidth() const override { return true; }
    [[nodiscard]] int heightForWidth(int width) const override;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] static double sideFromWidth(int width);
    // Of the highest of the three in frames of that side.
    [[nodiscard]] double tallest(double side) const;
    [[nodiscard]] QRectF aroundToken() const;  // in pixels of the picture
    [[nodiscard]] static QRectF frame(int index, double side);

    Image m_image;
    PixelBox m_box;
    QImage m_small;  // of the whole picture, kept while the picture stays the same
    const void* m_smallOf = nullptr;
};

}  // namespace armillary::widgets
