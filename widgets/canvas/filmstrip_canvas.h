// Given and predicted frames on one strip under a time ruler of frames and latent frames; below it the clip's real
// continuation and how near each frame comes to it. Click or drag chooses a frame, the wheel scrolls, Ctrl+wheel zooms.
// Thread rule: GUI thread.
#pragma once

#include "inspect/image_compare.h"
#include "widgets/canvas/filmstrip_layout.h"
#include "widgets/canvas/imgui_canvas.h"
#include "widgets/canvas/texture_store.h"

#include <QImage>

#include <map>
#include <optional>
#include <vector>

namespace armillary::widgets {

struct FilmFrame {
    QImage thumbnail;      // null = not there yet
    QImage real;           // thumbnail of what really happened; null = nothing known
    bool isGiven = false;  // part of the condition
    std::optional<inspect::ImageDistance> distance;
};

class FilmstripCanvas : public ImguiCanvas {
    Q_OBJECT
public:
    explicit FilmstripCanvas(QWidget* parent = nullptr);

    // `count` empty slots; `aspect` is width / height.
    void setFrames(int count, int given, double aspect, bool hasReal);
    void setThumbnail(int frame, const QImage& thumbnail);
    void setReal(int frame, const QImage& thumbnail);
    void setDistance(int frame, const inspect::ImageDistance& distance);
    // Numbers of an earlier comparison say nothing about new frames.
    void clearDistances();
    void setCurrent(int frame);
    // Latent frames that something else points at.
    void setMarkedLatentFrames(std::vector<int> latentFrames);
    void zoomToFit();

    [[nodiscard]] const std::vector<FilmFrame>& frames() const { return m_frames; }
    [[nodiscard]] const FilmstripLayout& filmLayout() const { return m_layout; }
    [[nodiscard]] int current() const { return m_current; }
    // The middle of a frame on the widget, for tests.
    [[nodiscard]] QPoint pointFromFrame(int frame) const;

    [[nodiscard]] QSize sizeHint() const override { return {600, 150}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, m_hasReal ? 150 : 96}; }

Q_SIGNALS:
    void frameChosen(int frame);
    // -1 = the pointer has left.
    void frameHovered(int frame);

protected:
    void drawFrame(ImDrawList& list, const ImVec2& size) override;

private:
    void arrange(const ImVec2& size);
    void handleInput(const ImVec2& size);
    void drawRuler(ImDrawList& list, const ImVec2& size) const;
    void drawRow(ImDrawList& list, const ImVec2& size, float top, bool real);
    void drawCurrent(ImDrawList& list, const ImVec2& size, float top, const QImage& image);
    void drawDistances(ImDrawList& list, const ImVec2& size) const;
    void drawTooltip(ImDrawList& list, const ImVec2& size) const;
    [[nodiscard]] float xOf(int frame) const;
    [[nodiscard]] float rowTop(bool real) const;
    void revealCurrent(const ImVec2& size);

    std::vector<FilmFrame> m_frames;
    std::vector<int> m_marked;
    TextureStore m_textures;
    FilmstripLayout m_layout;
    std::optional<float> m_slotWidth;  // empty = fit
    double m_aspect = 1;
    bool m_hasReal = false;
    int m_current = 0;
    float m_scroll = 0;
    bool m_reveal = false;
    std::optional<int> m_underPointer;
};

}  // namespace armillary::widgets
