// What the marks of local and global layers mean.
// Thread rule: GUI thread.
#pragma once

#include <QWidget>

namespace armillary::widgets {

class LayerLegend : public QWidget {
    Q_OBJECT
public:
    explicit LayerLegend(QWidget* parent = nullptr);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;
};

}  // namespace armillary::widgets
