// The legend of token kinds: a coloured square, the name and the count of each kind that occurs.
// Thread rule: GUI thread.
#pragma once

#include "widgets/shown_run.h"

#include <QWidget>

namespace armillary::widgets {

class LegendRow : public QWidget {
    Q_OBJECT
public:
    explicit LegendRow(const ShownRun& run, QWidget* parent = nullptr);

    void refresh();
    // Another run from now on; it outlives this.
    void setRun(const ShownRun& run);
    // As shown where there is room: "world 64   image 16 ..."
    [[nodiscard]] QString text() const;
    // False where the counts had to go.
    [[nodiscard]] bool isWhole() const { return m_showsCounts; }
    // Up to the end of the last name in the longest line.
    [[nodiscard]] double shownWidth() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Entry {
        TokenKind kind = TokenKind::Text;
        std::int64_t count = 0;
        int line = 0;
        double left = 0;
        double right = 0;
    };

    [[nodiscard]] static QString entryText(const Entry& entry);
    [[nodiscard]] QString shownText(const Entry& entry) const;
    // Places the entries one after the other, in lines of `room` where that is given; returns where the last one ends.
    double place(double gap, double room = 0);
    [[nodiscard]] double lineHeight() const;
    void arrange();

    const ShownRun* m_run;
    std::vector<Entry> m_entries;
    double m_wanted = 0;  // width with everything
    int m_lines = 1;
    bool m_showsCounts = true;
};

}  // namespace armillary::widgets
