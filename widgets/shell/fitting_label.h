// One line that says less where there is less room: of several wordings the longest that fits.
// Thread rule: GUI thread.
#pragma once

#include <QLabel>
#include <QStringList>

namespace armillary::widgets {

class FittingLabel : public QLabel {
    Q_OBJECT
public:
    explicit FittingLabel(QWidget* parent = nullptr);

    // The longest first; text() is the one that is shown.
    void setWordings(const QStringList& wordings);
    // The widest that fits into so many pixels; the last one if none does.
    [[nodiscard]] int widthWithin(int pixels) const;

    // Of the shortest wording.
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    [[nodiscard]] int widthOf(const QString& wording) const;
    [[nodiscard]] QString within(int pixels) const;
    void choose();

    QStringList m_wordings;
};

}  // namespace armillary::widgets
