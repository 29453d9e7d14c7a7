#include "widgets/inspector/measured_label.h"

#include <QEvent>
#include <QLabel>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kWidth = 160;
constexpr int kLeastWidth = 48;

}  // namespace

MeasuredLabel::MeasuredLabel(QWidget* parent) : QWidget(parent)
{
    m_label = new QLabel(this);
    m_label->setWordWrap(true);
    m_label->installEventFilter(this);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void MeasuredLabel::setText(const QString& text, const KnownHeight& known)
{
    if (text == m_label->text())
        return;
    m_label->setText(text);
    m_known = known;
    m_heights.clear();
    // While it is hidden its layout asks it when it is shown.
    if (isHidden() || heightForWidth(width()) != height())
        updateGeometry();
}

QString MeasuredLabel::text() const
{
    return m_label->text();
}

int MeasuredLabel::heightForWidth(int width) const
{
    const QMargins margins = contentsMargins();
    const int inside = width - margins.left() - margins.right();
    const auto found = m_heights.find(inside);
    int height = found != m_heights.end() ? found->second : m_known.height;
    if (found == m_heights.end()) {
        if (m_known.height < 0 || inside < m_known.fromWidth)
            height = m_label->heightForWidth(inside);
        m_heights[inside] = height;
    }
    return height + margins.top() + margins.bottom();
}

QSize MeasuredLabel::sizeHint() const
{
    return {kWidth, heightForWidth(std::max(width(), kWidth))};
}

QSize MeasuredLabel::minimumSizeHint() const
{
    return {kLeastWidth, fontMetrics().height()};
}

void MeasuredLabel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_label->setGeometry(contentsRect());
}

bool MeasuredLabel::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
        m_known = {};
        m_heights.clear();
        updateGeometry();
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace armillary::widgets
