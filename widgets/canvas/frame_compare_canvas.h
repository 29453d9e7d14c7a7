// One frame large; beside it, when it is known, what really happened and the difference of the two with its legend.
// Thread rule: GUI thread.
#pragma once

#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/texture_store.h"

#include <QImage>
#include <QRectF>
#include <QString>

#include <vector>

namespace armillary::widgets {

// A picture with what stands over it and what stands in place of it while it is missing.
struct ComparedPicture {
    QImage image;
    QString title;
    QString missing;
    int legendHighest = 0;  // above 0: a colour legend 0 ... so much below the picture
};

class FrameCompareCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    explicit FrameCompareCanvas(QWidget* parent = nullptr);

    // One to three pictures; `aspect` is width / height of all of them.
    void setPictures(std::vector<ComparedPicture> pictures, double aspect);
    [[nodiscard]] const std::vector<ComparedPicture>& pictures() const { return m_pictures; }
    // Where picture `index` lies, in logical pixels.
    [[nodiscard]] QRectF rectOf(std::size_t index, const QSizeF& size) const;

    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 90}; }

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    void drawLegend(ImDrawList& list, const QRectF& picture, int highest) const;

    std::vector<ComparedPicture> m_pictures;
    double m_aspect = 1;
    TextureStore m_textures;
};

}  // namespace armillary::widgets
