#include "widgets/crop_name.h"

#include <QCoreApplication>

namespace armillary::widgets {
namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(CropName)
};

}  // namespace

QString cropName(const TokenLayout* layout, const TokenOrigin& origin)
{
    if (origin.crop < 0)
        return {};
    bool isTiled = false;
    if (layout != nullptr && origin.media >= 0) {
        for (const TokenGrid& grid : layout->grids) {
            if (grid.kind != TokenKind::Image || grid.media != origin.media || grid.tileRow < 0)
                continue;
            if (grid.crop == origin.crop)
                return Words::tr("tile r%1 c%2").arg(grid.tileRow + 1).arg(grid.tileColumn + 1);
            isTiled = true;
        }
    }
    if (isTiled)
        return Words::tr("global tile");
    return origin.crop > 0 ? Words::tr("crop %1").arg(origin.crop) : QString();
}

}  // namespace armillary::widgets
