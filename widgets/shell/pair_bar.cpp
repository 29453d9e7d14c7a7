#include "widgets/shell/pair_bar.h"

#include "widgets/text/typing.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QToolButton>

#include <algorithm>

namespace armillary::widgets {
namespace {

constexpr int kNameWidth = 150;
constexpr int kBesideName = 8;
constexpr int kLeastNameWidth = 80;  // of less nobody knows the run again

QLabel* makeName()
{
    auto* label = new QLabel;
    label->setProperty("role", "muted");
    label->setTextFormat(Qt::PlainText);
    label->setAlignment(Qt::AlignCenter);
    return label;
}

QString nameOf(const QString& letter, const PairedRun& run)
{
    return QStringLiteral("%1: %2").arg(letter, run.title.isEmpty() ? run.id : run.title);
}

}  // namespace

PairBar::PairBar(RunPair& pair, QWidget* parent) : QWidget(parent), m_pair(pair)
{
    setObjectName(QStringLiteral("pairBar"));
    setAccessibleName(tr("Two runs: A, B or their difference"));
    m_nameA = makeName();
    m_nameB = makeName();
    auto* group = new QActionGroup(this);
    const auto addSide = [&](PairSide side, const QString& text, const QString& name, const QString& tip) {
        auto* action = new QAction(name, this);
        action->setIconText(text);
        action->setCheckable(true);
        action->setToolTip(tip);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, side] { m_pair.setSide(side); });
        m_sides[static_cast<std::size_t>(side)] = action;
    };
    addSide(PairSide::A, tr("A"), tr("Show run A"), tr("Every panel shows run A"));
    addSide(PairSide::B, tr("B"), tr("Show run B"), tr("Every panel shows run B"));
    addSide(PairSide::Difference, tr("Δ"), tr("Show the difference A − B"),
            tr("Every panel shows run A minus run B, on a scale with two signs"));
    m_clear = new QAction(tr("End the comparison"), this);
    m_clear->setIconText(QStringLiteral("×"));
    m_clear->setToolTip(tr("Show one run again; both stay in the list of runs"));
    connect(m_clear, &QAction::triggered, &m_pair, &RunPair::clear);
    m_flip = new QAction(tr("Flip A and B"), this);
    m_flip->setShortcut(Qt::Key_QuoteLeft);
    m_flip->setToolTip(tr("Show the other run for as long as the key is held (`)"));
    connect(m_flip, &QAction::triggered, this, [this] { m_pair.setSide(otherSide()); });

    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(2);
    const auto addButton = [row](QAction* action, const QString& name) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setProperty("role", "side");
        button->setAccessibleName(name);
        row->addWidget(button);
    };
    row->addStretch(1);
    row->addWidget(m_nameA);
    for (QAction* action : m_sides)
        addButton(action, action->text());
    row->addWidget(m_nameB);
    addButton(m_clear, m_clear->text());
    connect(&m_pair, &RunPair::changed, this, &PairBar::showPair);
    qApp->installEventFilter(this);
    showPair();
}

PairSide PairBar::otherSide() const
{
    return m_pair.side() == PairSide::B ? PairSide::A : PairSide::B;
}

void PairBar::hold()
{
    if (m_held || !m_pair.isPair())
        return;
    m_held = m_pair.side();
    m_pair.setSide(otherSide());
}

void PairBar::release()
{
    if (!m_held)
        return;
    const PairSide back = *m_held;
    m_held.reset();
    m_pair.setSide(back);
}

bool PairBar::eventFilter(QObject* watched, QEvent* event)
{
    const QEvent::Type type = event->type();
    if (type == QEvent::WindowDeactivate && watched == window())
        release();
    const bool isPress = type == QEvent::KeyPress;
    if ((!isPress && type != QEvent::KeyRelease && type != QEvent::ShortcutOverride) || !watched->isWidgetType())
        return QWidget::eventFilter(watched, event);
    auto* key = static_cast<QKeyEvent*>(event);
    const auto* widget = static_cast<QWidget*>(watched);
    const bool isHeldKey = key->key() == Qt::Key_QuoteLeft && (key->modifiers() & ~Qt::ShiftModifier) == 0;
    if (!isHeldKey || widget->window() != window())
        return QWidget::eventFilter(watched, event);
    if (type == QEvent::KeyRelease) {
        const bool ends = m_held.has_value() && !key->isAutoRepeat();
        if (ends)
            release();
        return ends;
    }
    if (isTypingInto(widget) || !m_pair.isPair())
        return QWidget::eventFilter(watched, event);
    // As a shortcut it would never hear of the release.
    if (isPress && !key->isAutoRepeat())
        hold();
    event->accept();
    return true;
}

void PairBar::showPair()
{
    showNames();
    const QString why = tr("choose two runs to compare first: under Runs, or in the palette");
    for (std::size_t i = 0; i < m_sides.size(); ++i) {
        m_sides[i]->setEnabled(m_pair.isPair() || (i == 0 && m_pair.a().record));
        m_sides[i]->setChecked(static_cast<std::size_t>(m_pair.side()) == i);
        m_sides[i]->setProperty("obstacle", why);
    }
    m_flip->setEnabled(m_pair.isPair());
    m_flip->setProperty("obstacle", why);
    m_clear->setEnabled(m_pair.isPair());
    m_clear->setProperty("obstacle", tr("no two runs are compared"));
    // Without two runs there is nothing to switch, and the room is for other things.
    setVisible(m_pair.isPair());
}

void PairBar::showNames()
{
    const int room = std::min(nameWidth(), kNameWidth);
    const auto show = [room](QLabel* label, const QString& letter, const PairedRun& run) {
        const QString name = nameOf(letter, run);
        const QString text = label->fontMetrics().elidedText(name, Qt::ElideRight, room - kBesideName);
        label->setVisible(run.record != nullptr && room >= kLeastNameWidth);
        label->setText(text);
        label->setFixedWidth(label->fontMetrics().horizontalAdvance(text) + kBesideName);
        label->setToolTip(tr("Run %1").arg(name));
    };
    show(m_nameA, tr("A"), m_pair.a());
    show(m_nameB, tr("B"), m_pair.b());
    // The letters say which runs they mean where there is no room for names.
    const auto tell = [this](PairSide side, const PairedRun& run, const QString& words) {
        m_sides[static_cast<std::size_t>(side)]->setToolTip(words.arg(run.title.isEmpty() ? run.id : run.title));
    };
    if (m_pair.isPair()) {
        tell(PairSide::A, m_pair.a(), tr("Every panel shows run A: %1"));
        tell(PairSide::B, m_pair.b(), tr("Every panel shows run B: %1"));
    }
}

int PairBar::buttonsWidth() const
{
    int width = 0;
    for (const QToolButton* button : findChildren<QToolButton*>(Qt::FindDirectChildrenOnly))
        width += button->sizeHint().width() + layout()->spacing();
    return width;
}

int PairBar::nameWidth() const
{
    return std::max(0, (width() - buttonsWidth()) / 2 - layout()->spacing());
}

QSize PairBar::sizeHint() const
{
    return minimumSizeHint() + QSize(2 * (kNameWidth + layout()->spacing()), 0);
}

QSize PairBar::minimumSizeHint() const
{
    return {buttonsWidth(), QWidget::minimumSizeHint().height()};
}

void PairBar::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    showNames();
}

QString PairBar::text() const
{
    return QStringList{nameOf(tr("A"), m_pair.a()), nameOf(tr("B"), m_pair.b())}.join(QStringLiteral(" | "));
}

}  // namespace armillary::widgets
