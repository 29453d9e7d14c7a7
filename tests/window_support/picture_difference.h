// Where two pictures of one size differ, in words that a failed test prints.
// Thread rule: free functions without shared state.
#pragma once

#include <QImage>
#include <QRect>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace armillary::test {

// Empty when every pixel is the same.
inline std::string differenceOf(const QImage& got, const QImage& want)
{
    if (got.size() != want.size())
        return "another size";
    int pixels = 0, most = 0;
    QRect where;
    for (int y = 0; y < want.height(); ++y) {
        for (int x = 0; x < want.width(); ++x) {
            const QRgb a = got.pixel(x, y), b = want.pixel(x, y);
            if ((a & 0xFFFFFF) == (b & 0xFFFFFF))
                continue;
            ++pixels;
            where |= QRect(x, y, 1, 1);
            most = std::max(
                {most, std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)), std::abs(qBlue(a) - qBlue(b))});
        }
    }
    return pixels == 0 ? std::string()
                       : std::to_string(pixels) + " pixels by up to " + std::to_string(most) + ", from " +
                             std::to_string(where.left()) + ", " + std::to_string(where.top()) + " to " +
                             std::to_string(where.right()) + ", " + std::to_string(where.bottom());
}

}  // namespace armillary::test
