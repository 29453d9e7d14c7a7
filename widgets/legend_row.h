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
    // As shown: "world 64   image 16 ..."
    [[nodiscard]] QString text() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Entry {
        TokenKind kind = TokenKind::Text;
        std::int64_t count = 0;
        double left = 0;
        double right = 0;
    };

    [[nodiscard]] static QString entryText(const Entry& entry);

    const ShownRun& m_run;
    std::vector<Entry> m_entries;
};

}  // namespace armillary::widgets
