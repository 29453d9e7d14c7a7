#include "window_support/readable.h"

#include "widgets/canvas/imgui_canvas.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QApplication>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStyleOptionComboBox>
#include <QTabBar>
#include <QTest>
#include <QTextEdit>
#include <QToolButton>

#include <algorithm>
#include <set>

namespace armillary::test {
namespace {

template <class... Kinds>
bool isOneOf(const QWidget* widget)
{
    return (... || (qobject_cast<const Kinds*>(widget) != nullptr));
}

// A part of a control, not one of its own: the field of a spin box, the arrows of a tab bar, the corner of a table.
bool isPart(const QWidget* widget, const QWidget& root)
{
    for (const QWidget* each = widget->parentWidget(); each != nullptr && each != &root; each = each->parentWidget()) {
        if (isOneOf<QAbstractSpinBox, QComboBox, QTabBar, QLineEdit, QHeaderView>(each))
            return true;
        if (qobject_cast<const QAbstractButton*>(widget) != nullptr && isOneOf<QAbstractItemView>(each))
            return true;
    }
    return false;
}

bool isControl(const QWidget* widget)
{
    if (isOneOf<QScrollBar, QHeaderView>(widget))
        return false;
    return isOneOf<QAbstractButton, QComboBox, QAbstractSpinBox, QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSlider,
                   QAbstractItemView, QTabBar, widgets::ImguiCanvas>(widget);
}

std::vector<QWidget*> controlsOf(const QWidget& root)
{
    std::vector<QWidget*> out;
    for (QWidget* widget : root.findChildren<QWidget*>()) {
        if (isControl(widget) && !isPart(widget, root) && widget->window() == root.window())
            out.push_back(widget);
    }
    return out;
}

QString accessibleName(QWidget* widget)
{
    // Qt gives the chosen entry of a box as its name, which does not say what is chosen.
    if (isOneOf<QComboBox>(widget)) {
        for (const QLabel* label : widget->window()->findChildren<QLabel*>()) {
            if (label->buddy() == widget && widget->accessibleName().isEmpty())
                return label->text();
        }
        return widget->accessibleName();
    }
    const QAccessibleInterface* face = QAccessible::queryAccessibleInterface(widget);
    return face == nullptr ? QString() : face->text(QAccessible::Name);
}

// For people who read the failure.
QString placeOf(QWidget* widget)
{
    QString out = QString::fromLatin1(widget->metaObject()->className());
    for (const QString& name : {widget->objectName(), accessibleName(widget), widget->toolTip()}) {
        if (!name.isEmpty())
            return out + QStringLiteral(" “%1”").arg(name);
    }
    const QWidget* parent = widget->parentWidget();
    return parent == nullptr ? out
                             : out + QStringLiteral(" in %1").arg(QLatin1String(parent->metaObject()->className()));
}

bool saysSomething(const QString& name)
{
    return std::count_if(name.begin(), name.end(), [](QChar each) { return each.isLetterOrNumber(); }) >= 2;
}

// Of what lies in a scroll area, the part out of sight can be scrolled to.
bool isCutByParent(const QWidget* widget)
{
    const QWidget* parent = widget->parentWidget();
    return parent != nullptr && !isOneOf<QAbstractScrollArea>(parent->parentWidget()) &&
           !parent->rect().adjusted(-1, -1, 1, 1).contains(widget->geometry());
}

QString lackOf(QWidget* widget)
{
    const auto lack = [](int needed, int there, const char* way) {
        return needed > there + 1 ? QStringLiteral("%1 of %2 px %3").arg(there).arg(needed).arg(QLatin1String(way))
                                  : QString();
    };
    if (const auto* label = qobject_cast<QLabel*>(widget)) {
        if (label->text().isEmpty() || !label->pixmap().isNull())
            return {};
        const QString high =
            lack(label->wordWrap() ? label->heightForWidth(label->width()) : label->fontMetrics().height(),
                 label->height(), "high");
        return label->wordWrap() || !high.isEmpty() ? high : lack(label->sizeHint().width(), label->width(), "wide");
    }
    if (isOneOf<QAbstractButton>(widget)) {
        const QString wide = lack(widget->minimumSizeHint().width(), widget->width(), "wide");
        const bool saysNothing = qobject_cast<const QAbstractButton*>(widget)->text().isEmpty();
        return wide.isEmpty() && !saysNothing ? lack(widget->fontMetrics().height(), widget->height(), "high") : wide;
    }
    if (const auto* box = qobject_cast<QComboBox*>(widget)) {
        QStyleOptionComboBox option;
        option.initFrom(box);
        option.editable = box->isEditable();
        const QRect field =
            box->style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, box);
        return lack(box->fontMetrics().horizontalAdvance(box->currentText()), field.width(), "wide");
    }
    if (const auto* bar = qobject_cast<QTabBar*>(widget)) {
        for (int tab = 0; tab < bar->count(); ++tab) {
            const QRect room = bar->tabRect(tab).intersected(bar->rect());
            const QString text = lack(bar->fontMetrics().horizontalAdvance(bar->tabText(tab)), room.width(), "wide");
            if (bar->isTabVisible(tab) && !text.isEmpty())
                return QStringLiteral("tab “%1” %2").arg(bar->tabText(tab), text);
        }
    }
    return {};
}

}  // namespace

QStringList clippedTexts(const QWidget& root)
{
    QStringList out;
    for (QWidget* widget : root.findChildren<QWidget*>()) {
        if (!widget->isVisibleTo(&root) || !root.isVisible() || isPart(widget, root) ||
            widget->window() != root.window())
            continue;
        if (!isOneOf<QLabel, QAbstractButton, QComboBox, QTabBar>(widget))
            continue;
        QString lack = lackOf(widget);
        if (lack.isEmpty() && isCutByParent(widget))
            lack = QStringLiteral("reaches out of what holds it");
        if (lack.isEmpty())
            continue;
        const auto* label = qobject_cast<const QLabel*>(widget);
        const QString text = label != nullptr ? label->text().left(60) : placeOf(widget);
        out << QStringLiteral("%1: %2").arg(text, lack);
    }
    return out;
}

QStringList namelessControls(const QWidget& root)
{
    QStringList out;
    for (QWidget* widget : controlsOf(root)) {
        if (!saysSomething(accessibleName(widget)))
            out << placeOf(widget);
    }
    return out;
}

QStringList unreachedControls(QWidget& root)
{
    std::vector<QWidget*> wanted;
    for (QWidget* widget : controlsOf(root)) {
        if (widget->isVisible() && widget->isEnabled())
            wanted.push_back(widget);
    }
    std::set<const QWidget*> reached;
    QStringList walk;
    // Every step comes to a control or leaves the panel; a field that keeps the Tab for itself ends the walk.
    for (std::size_t step = 0; step < 3 * wanted.size() + 20; ++step) {
        QWidget* now = QApplication::focusWidget();
        if (now == nullptr || !reached.contains(now))
            walk << (now == nullptr ? QStringLiteral("nothing") : placeOf(now));
        for (const QWidget* each = now; each != nullptr; each = each->parentWidget())
            reached.insert(each);
        QTest::keyClick(root.window()->windowHandle(), Qt::Key_Tab);
    }
    QStringList out;
    for (QWidget* widget : wanted) {
        const auto* button = qobject_cast<const QAbstractButton*>(widget);
        // Arrow keys go on from the one of a group that Tab comes to.
        const bool isOfGroup = button != nullptr && (button->autoExclusive() || button->group() != nullptr);
        if (!reached.contains(widget) && !isOfGroup)
            out << placeOf(widget);
    }
    if (!out.isEmpty())
        out << QStringLiteral("The walk: ") + walk.join(QStringLiteral(" > "));
    return out;
}

}  // namespace armillary::test
