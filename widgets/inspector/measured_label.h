// A label that measures its text once for each width. Layouts ask again and again, and QLabel lays its document out for every
// answer, which is most of what a hover costs in the inspector.
// Thread rule: GUI thread.
#pragma once

#include <QFontMetrics>
#include <QLabel>

#include <algorithm>
#include <map>

namespace armillary::widgets {

// Wraps its words; its width is what the layout gives it.
class MeasuredLabel : public QLabel {
public:
    explicit MeasuredLabel(QWidget* parent = nullptr) : QLabel(parent) { setWordWrap(true); }

    [[nodiscard]] int heightForWidth(int width) const override
    {
        if (m_text != text() || m_font != font()) {
            m_text = text();
            m_font = font();
            m_heights.clear();
        }
        const auto found = m_heights.find(width);
        return found != m_heights.end() ? found->second : m_heights[width] = QLabel::heightForWidth(width);
    }
    [[nodiscard]] QSize sizeHint() const override { return {kWidth, heightForWidth(std::max(width(), kWidth))}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {kLeastWidth, fontMetrics().height()}; }

private:
    static constexpr int kWidth = 160;
    static constexpr int kLeastWidth = 48;

    mutable QString m_text;
    mutable QFont m_font;
    mutable std::map<int, int> m_heights;
};

}  // namespace armillary::widgets
