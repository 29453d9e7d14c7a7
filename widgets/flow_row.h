// A layout that sets widgets side by side and goes on in the next line where the room ends, so that forms fit narrow panels.
// Thread rule: GUI thread.
#pragma once

#include <QLayout>
#include <QList>

namespace armillary::widgets {

class FlowRow : public QLayout {
public:
    explicit FlowRow(QWidget* parent = nullptr);
    ~FlowRow() override;

    void addItem(QLayoutItem* item) override { m_items << item; }
    [[nodiscard]] int count() const override { return static_cast<int>(m_items.size()); }
    [[nodiscard]] QLayoutItem* itemAt(int index) const override { return m_items.value(index); }
    QLayoutItem* takeAt(int index) override;
    [[nodiscard]] Qt::Orientations expandingDirections() const override { return {}; }
    [[nodiscard]] bool hasHeightForWidth() const override { return true; }
    [[nodiscard]] int heightForWidth(int width) const override;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;

private:
    // Places the items in `rect`, unless `isTrial`; returns the height they need.
    int place(const QRect& rect, bool isTrial) const;

    QList<QLayoutItem*> m_items;
};

}  // namespace armillary::widgets
