// A label that asks for another place in its layout only when its text needs another height: a layout that is asked lays out
// everything around it too, which is most of what a hover costs in the inspector. A plain QLabel asks at every new text, and lays
// its document out for every answer.
// Thread rule: GUI thread.
#pragma once

#include <QWidget>

#include <map>

class QLabel;

namespace armillary::widgets {

// What is known of a text beforehand: so high it is where it is at least so wide. Nothing is known without a height.
struct KnownHeight {
    int height = -1;
    int fromWidth = 0;
};

// Wraps its words; its width is what the layout gives it.
class MeasuredLabel : public QWidget {
public:
    explicit MeasuredLabel(QWidget* parent = nullptr);

    void setText(const QString& text, const KnownHeight& known = {});
    [[nodiscard]] QString text() const;
    [[nodiscard]] QLabel* label() const { return m_label; }

    [[nodiscard]] int heightForWidth(int width) const override;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QLabel* m_label = nullptr;
    KnownHeight m_known;
    mutable std::map<int, int> m_heights;  // by the label's width
};

}  // namespace armillary::widgets
