// Text of the whole application in another size, as the window's larger text is, for as long as this lives.
// Thread rule: GUI thread.
#pragma once

#include <QApplication>
#include <QFont>

namespace armillary::test {

class TextScale {
public:
    explicit TextScale(double factor) : m_points(factor * m_usual.pointSizeF())
    {
        QFont font = m_usual;
        font.setPointSizeF(m_points);
        QApplication::setFont(font);
    }
    ~TextScale() { QApplication::setFont(m_usual); }
    [[nodiscard]] double points() const { return m_points; }
    TextScale(const TextScale&) = delete;
    TextScale& operator=(const TextScale&) = delete;

private:
    QFont m_usual = QApplication::font();
    double m_points;
};

}  // namespace armillary::test
