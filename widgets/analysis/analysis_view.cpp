#include "widgets/analysis/analysis_view.h"

#include "inspect/analysis_difference.h"
#include "widgets/panel.h"

#include <utility>

namespace armillary::widgets {
namespace {

bool same(const AnalysisRequest& a, const AnalysisRequest& b)
{
    return a.name == b.name && a.arguments == b.arguments;
}

}  // namespace

AnalysisView::AnalysisView(const PanelContext& context, QObject* parent)
    : QObject(parent), m_run(context.run), m_pair(context.pair), m_desk(context.desk)
{
    connect(&context.run, &ShownRun::stateChanged, this, &AnalysisView::follow);
    connect(&context.pair, &RunPair::changed, this, &AnalysisView::follow);
    connect(&m_desk, &AnalysisDesk::availabilityChanged, this, [this] {
        if (m_wish && m_state == State::Failed)
            start();
    });
    connect(&m_desk, &AnalysisDesk::finished, this,
            [this](AnalysisTicket ticket, const std::shared_ptr<const AnalysisResult>& result) {
                if (Part* part = partOf(ticket)) {
                    part->ticket.reset();
                    part->result = result;
                    combine();
                }
            });
    connect(&m_desk, &AnalysisDesk::failed, this, [this](AnalysisTicket ticket, const QString& sentence) {
        if (partOf(ticket) != nullptr)
            failWith(sentence);
    });
    connect(&m_desk, &AnalysisDesk::dropped, this, [this](AnalysisTicket ticket) {
        if (partOf(ticket) != nullptr)
            failWith(tr("Stopped."));
    });
    connect(&m_desk, &AnalysisDesk::progressed, this,
            [this](AnalysisTicket ticket, const QString& stage, qint64 done, qint64 total) {
                if (partOf(ticket) == nullptr)
                    return;
                m_stage = stage;
                m_stepsDone = done;
                m_stepsTotal = total;
                Q_EMIT changed();
            });
}

AnalysisView::~AnalysisView()
{
    dropTickets();
}

void AnalysisView::want(const AnalysisRequest& request, Effort effort)
{
    const bool sameWish = m_wish && same(*m_wish, request) && m_effort == effort;
    if (sameWish && m_state != State::Failed && m_state != State::Idle)
        return;
    m_wish = request;
    m_effort = effort;
    start();
}

void AnalysisView::compute()
{
    if (m_wish && m_state != State::Working)
        start(Effort::Compute);
}

void AnalysisView::clear()
{
    dropTickets();
    m_wish.reset();
    m_parts = {};
    m_result.reset();
    m_resultRecord.reset();
    m_isDifference = false;
    m_problem.clear();
    m_state = State::Idle;
    Q_EMIT changed();
}

void AnalysisView::stop()
{
    if (m_state == State::Working)
        failWith(tr("Stopped."));
}

void AnalysisView::setFollowing(bool following)
{
    m_following = following;
    if (following)
        follow();
}

void AnalysisView::follow()
{
    if (!m_following || !m_wish)
        return;
    const auto shown = m_run.record();
    const auto other = m_pair.subtracted();
    if (m_parts[0].record == shown && m_parts[1].record == other && m_state != State::Idle)
        return;
    start();
}

void AnalysisView::start(Effort effort)
{
    dropTickets();
    m_parts = {Part{m_run.record(), {}, {}}, Part{m_pair.subtracted(), {}, {}}};
    m_problem.clear();
    m_stage.clear();
    m_stepsDone = m_stepsTotal = 0;
    if (!m_parts[0].record) {
        m_result.reset();
        m_resultRecord.reset();
        m_state = State::Idle;
        Q_EMIT changed();
        return;
    }
    m_state = State::Working;
    QString obstacle;
    for (Part& part : m_parts) {
        if (!part.record)
            continue;
        const AnalysisWish wish{part.record, *m_wish};
        part.result = m_desk.atHand(wish);
        if (part.result)
            continue;
        obstacle = m_desk.obstacle(wish);
        if (!obstacle.isEmpty() || effort == Effort::AtHand)
            break;
        part.ticket = m_desk.request(wish);
    }
    const bool missing = !m_parts[0].result || (m_parts[1].record && !m_parts[1].result);
    if (!obstacle.isEmpty()) {
        failWith(obstacle);
        return;
    }
    if (missing && effort == Effort::AtHand) {
        m_result.reset();
        m_resultRecord.reset();
        failWith(tr("Not computed yet."));
        return;
    }
    if (missing)
        Q_EMIT changed();
    else
        combine();
}

void AnalysisView::combine()
{
    const bool difference = m_parts[1].record != nullptr;
    if (!m_parts[0].result || (difference && !m_parts[1].result))
        return;
    if (difference) {
        auto result = inspect::analysisDifference(*m_parts[0].result, *m_parts[1].result);
        if (!result) {
            failWith(QString::fromStdString(result.error().message));
            return;
        }
        m_result = std::make_shared<const AnalysisResult>(std::move(*result));
    } else {
        m_result = m_parts[0].result;
    }
    m_isDifference = difference;
    m_resultRecord = m_parts[0].record;
    m_state = State::Done;
    m_problem.clear();
    Q_EMIT changed();
}

void AnalysisView::dropTickets()
{
    for (Part& part : m_parts) {
        if (part.ticket)
            m_desk.drop(*std::exchange(part.ticket, std::nullopt));
    }
}

AnalysisView::Part* AnalysisView::partOf(AnalysisTicket ticket)
{
    for (Part& part : m_parts) {
        if (part.ticket == ticket)
            return &part;
    }
    return nullptr;
}

void AnalysisView::failWith(const QString& sentence)
{
    dropTickets();
    // A result of another run must not pass for this one's.
    if (m_resultRecord != m_parts[0].record) {
        m_result.reset();
        m_resultRecord.reset();
    }
    m_state = State::Failed;
    m_problem = sentence;
    Q_EMIT changed();
}

}  // namespace armillary::widgets
