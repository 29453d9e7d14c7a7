#include "widgets/analysis/analysis_strip.h"

#include "widgets/panel.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QStyle>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <initializer_list>

namespace armillary::widgets {
namespace {

QString timeWords(double seconds)
{
    if (seconds < 60)
        return AnalysisStrip::tr("%1 s left").arg(static_cast<int>(std::ceil(seconds)));
    const auto whole = static_cast<qint64>(seconds);
    return AnalysisStrip::tr("%1:%2 left").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
}

QString argumentWords(const AnalysisRequest& request)
{
    QStringList words;
    for (const auto& [name, value] : request.arguments) {
        if (!value.empty())
            words << QString::fromStdString(name + "=" + value);
    }
    return words.join(QStringLiteral(", "));
}

}  // namespace

AnalysisStrip::AnalysisStrip(const PanelContext& context, AnalysisView& view, QWidget* parent)
    : QWidget(parent), m_run(context.run), m_desk(context.desk), m_view(view)
{
    setObjectName(QStringLiteral("analysisStrip"));
    setAccessibleName(tr("State of the analysis"));
    m_start = new QAction(tr("Compute"), this);
    m_stop = new QAction(tr("Stop"), this);
    m_stop->setToolTip(tr("Stop this computation; what is shown stays"));
    m_mark = new QLabel(tr("recorded"));
    m_mark->setObjectName(QStringLiteral("recordedMark"));
    m_mark->setProperty("role", "key");
    m_text = new QLabel;
    m_text->setObjectName(QStringLiteral("analysisText"));
    m_text->setWordWrap(true);
    // A long note must not keep the panel from getting narrower.
    QSizePolicy policy = m_text->sizePolicy();
    policy.setHorizontalPolicy(QSizePolicy::Ignored);
    m_text->setSizePolicy(policy);
    m_bar = new QProgressBar;
    m_bar->setTextVisible(false);
    m_bar->setFixedWidth(80);
    m_bar->setAccessibleName(tr("Progress of the analysis"));
    m_startButton = new QToolButton;
    m_startButton->setObjectName(QStringLiteral("analysisStart"));
    m_startButton->setDefaultAction(m_start);
    m_stopButton = new QToolButton;
    m_stopButton->setObjectName(QStringLiteral("analysisStop"));
    m_stopButton->setDefaultAction(m_stop);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(12, 3, 8, 3);
    row->setSpacing(8);
    row->addWidget(m_mark);
    row->addWidget(m_text, 1);
    row->addWidget(m_bar);
    row->addWidget(m_startButton);
    row->addWidget(m_stopButton);
    connect(m_start, &QAction::triggered, this, [this] { m_view.compute(); });
    connect(m_stop, &QAction::triggered, this, [this] {
        m_wasStopped = true;
        m_view.stop();
    });
    connect(&m_view, &AnalysisView::changed, this, &AnalysisStrip::refresh);
    connect(&m_desk, &AnalysisDesk::availabilityChanged, this, &AnalysisStrip::refresh);
    refresh();
}

void AnalysisStrip::setRequest(const AnalysisRequest& request, const QString& buttonText, const QString& tip)
{
    m_request = request;
    m_start->setText(buttonText);
    m_start->setToolTip(tip);
    m_view.want(request, AnalysisView::Effort::AtHand);
    refresh();
}

void AnalysisStrip::setNotesShown(bool shown)
{
    if (m_showsNotes == shown)
        return;
    m_showsNotes = shown;
    refresh();
}

QString AnalysisStrip::obstacle() const
{
    if (!m_request || !m_run.record())
        return tr("No run is shown.");
    return m_desk.obstacle({m_run.record(), *m_request});
}

bool AnalysisStrip::isRecorded() const
{
    return m_request && m_view.state() == AnalysisView::State::Done && m_view.result() != nullptr &&
           m_view.sharedResult() != m_computed && !m_view.isDifference();
}

QString AnalysisStrip::text() const
{
    return m_text->text();
}

void AnalysisStrip::setRole(const char* role)
{
    if (m_text->property("role").toByteArray() == role)
        return;
    m_text->setProperty("role", role);
    m_text->style()->unpolish(m_text);
    m_text->style()->polish(m_text);
}

void AnalysisStrip::saySentence(const QString& text, const char* role)
{
    m_note.clear();
    m_text->setWordWrap(true);
    m_text->setText(text);
    m_text->setToolTip({});
    m_text->setAccessibleDescription({});
    setRole(role);
}

void AnalysisStrip::sayNotes(const QStringList& notes)
{
    if (notes.isEmpty()) {
        saySentence({}, "muted");
        return;
    }
    m_note = notes.size() == 1 ? tr("Note: %1").arg(notes.front())
                               : tr("%1 notes: %2").arg(notes.size()).arg(notes.join(QStringLiteral(" · ")));
    m_text->setWordWrap(false);
    m_text->setToolTip(notes.join(QLatin1Char('\n')));
    m_text->setAccessibleDescription(m_text->toolTip());
    setRole("muted");
    elideNote();
}

void AnalysisStrip::elideNote()
{
    int room = width() - layout()->contentsMargins().left() - layout()->contentsMargins().right();
    for (const QWidget* other : std::initializer_list<const QWidget*>{m_mark, m_startButton, m_stopButton, m_bar}) {
        if (other->isVisibleTo(this))
            room -= other->sizeHint().width() + layout()->spacing();
    }
    m_text->setText(m_text->fontMetrics().elidedText(m_note, Qt::ElideRight, std::max(room - 4, 60)));
}

void AnalysisStrip::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    if (!m_note.isEmpty())
        elideNote();
}

void AnalysisStrip::refresh()
{
    const bool works = m_view.state() == AnalysisView::State::Working;
    if (works && !m_wasWorking) {
        m_clock.start();
        m_wasStopped = false;
    }
    if (!works && m_wasWorking && m_view.state() == AnalysisView::State::Done)
        m_computed = m_view.sharedResult();
    if (works || m_view.state() != AnalysisView::State::Failed)
        m_failedAtWork = false;
    else if (m_wasWorking)
        m_failedAtWork = !m_wasStopped;
    m_wasWorking = works;
    m_stop->setEnabled(works);
    m_start->setEnabled(m_request && !works && m_run.record() && obstacle().isEmpty());
    m_bar->setVisible(works);
    m_stopButton->setVisible(works);
    m_mark->setVisible(isRecorded());
    if (works)
        showWork();
    else
        showRest();
    setVisible(works || !m_text->text().isEmpty() || m_startButton->isVisibleTo(this) || m_mark->isVisibleTo(this));
}

void AnalysisStrip::showWork()
{
    m_startButton->hide();
    const qint64 done = m_view.stepsDone();
    const qint64 total = m_view.stepsTotal();
    QStringList parts{m_view.stage().isEmpty() ? tr("Waiting for its turn") : m_view.stage()};
    if (total > 0)
        parts << tr("%1 of %2").arg(done).arg(total);
    const double seconds = static_cast<double>(m_clock.elapsed()) / 1000;
    if (total > 0 && done > 0 && done < total && seconds > 1)
        parts << timeWords(seconds / static_cast<double>(done) * static_cast<double>(total - done));
    else if (seconds >= 1)
        parts << tr("%1 s").arg(seconds, 0, 'f', 0);
    saySentence(parts.join(QStringLiteral(" · ")), "");
    // Thousandths: a stage may count bytes.
    m_bar->setRange(0, total > 0 ? 1000 : 0);
    m_bar->setValue(total > 0 ? static_cast<int>(1000 * done / total) : 0);
}

void AnalysisStrip::showRest()
{
    const bool isFailed = m_view.state() == AnalysisView::State::Failed;
    const AnalysisResult* result = m_view.result();
    // A result that stands needs no button: the same work would give the same.
    m_startButton->setVisible(m_request.has_value() && m_start->isEnabled() &&
                              m_view.state() != AnalysisView::State::Done);
    if (isFailed) {
        const QString what =
            result == nullptr ? m_view.problem() : tr("%1 The last result is shown.").arg(m_view.problem());
        // Nothing went wrong where nothing was tried.
        saySentence(what, m_failedAtWork ? "error" : "muted");
        return;
    }
    if (result == nullptr) {
        saySentence({}, "muted");
        return;
    }
    QStringList cautions;
    for (const std::string& caution : result->cautions)
        cautions << QString::fromStdString(caution);
    QStringList lines;
    if (isRecorded()) {
        lines << tr("Kept from an earlier computation; nothing was computed now.");
        if (const QString words = argumentWords(result->request); !words.isEmpty())
            lines << tr("Its arguments: %1").arg(words);
    }
    m_mark->setToolTip(lines.join(QLatin1Char('\n')));
    sayNotes(m_showsNotes ? cautions : QStringList());
}

}  // namespace armillary::widgets
