#include "widgets/checks/verdict.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPainterPath>
#include <QPixmap>

#include <map>
#include <utility>

namespace armillary::widgets {
namespace {

constexpr int kSide = 64;  // scaled down by the icon

QPixmap draw(Verdict verdict, bool dark)
{
    QPixmap pixmap(kSide, kSide);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor color = verdictColor(verdict, dark);
    const QColor mark = dark ? QColor(0x12, 0x15, 0x1a) : QColor(Qt::white);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const QPen stroke(mark, 8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    switch (verdict) {
    case Verdict::Pass:
        painter.drawEllipse(4, 4, 56, 56);
        painter.setPen(stroke);
        painter.drawPolyline(QPolygonF{QPointF(19, 33), QPointF(28, 43), QPointF(46, 22)});
        break;
    case Verdict::Warn: {
        QPainterPath path;
        path.addPolygon(QPolygonF{QPointF(32, 3), QPointF(62, 59), QPointF(2, 59), QPointF(32, 3)});
        painter.drawPath(path);
        painter.setPen(stroke);
        painter.drawLine(QPointF(32, 24), QPointF(32, 39));
        painter.drawPoint(QPointF(32, 51));
        break;
    }
    case Verdict::Fail:
        painter.drawRoundedRect(5, 5, 54, 54, 8, 8);
        painter.setPen(stroke);
        painter.drawLine(QPointF(20, 20), QPointF(44, 44));
        painter.drawLine(QPointF(44, 20), QPointF(20, 44));
        break;
    case Verdict::Skip:
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(color, 6));
        painter.drawEllipse(8, 8, 48, 48);
        painter.drawLine(QPointF(22, 32), QPointF(42, 32));
        break;
    }
    return pixmap;
}

}  // namespace

Verdict verdictFrom(const std::string& word)
{
    if (word == "pass")
        return Verdict::Pass;
    if (word == "warn")
        return Verdict::Warn;
    if (word == "fail")
        return Verdict::Fail;
    return Verdict::Skip;
}

QString verdictWord(Verdict verdict)
{
    const auto words = [](const char* text) { return QCoreApplication::translate("Verdict", text); };
    switch (verdict) {
    case Verdict::Pass: return words("pass");
    case Verdict::Warn: return words("warning");
    case Verdict::Fail: return words("fail");
    case Verdict::Skip: return words("not applicable");
    }
    return {};
}

QColor verdictColor(Verdict verdict, bool dark)
{
    switch (verdict) {
    case Verdict::Pass: return dark ? QColor(0x2b, 0xc4, 0x9a) : QColor(0x00, 0x8a, 0x65);
    case Verdict::Warn: return dark ? QColor(0xf0, 0xb4, 0x29) : QColor(0xc7, 0x84, 0x00);
    case Verdict::Fail: return dark ? QColor(0xff, 0x80, 0x4d) : QColor(0xc2, 0x41, 0x0c);
    case Verdict::Skip: return dark ? QColor(0x9a, 0xa5, 0xb5) : QColor(0x5b, 0x66, 0x78);
    }
    return {};
}

QIcon verdictIcon(Verdict verdict, bool dark)
{
    static std::map<std::pair<Verdict, bool>, QIcon> made;
    QIcon& icon = made[{verdict, dark}];
    if (icon.isNull()) {
        const QPixmap drawn = draw(verdict, dark);
        icon.addPixmap(drawn);
        // Chosen rows keep the colour: it means something.
        icon.addPixmap(drawn, QIcon::Selected);
    }
    return icon;
}

}  // namespace armillary::widgets
