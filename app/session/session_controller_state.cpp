// What the controller keeps beside the runs: notes, selection, pair and layout, there and back.
#include "app/session/session_controller.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <optional>
#include <utility>

namespace armillary::app {

using widgets::RunRow;

void SessionController::restoreSelection(const RecordPtr& record)
{
    const QJsonObject restored = std::exchange(m_restored, {});
    if (restored.isEmpty() || restored[QStringLiteral("a")].toString() != idOf(record.get()))
        return;
    widgets::Positions chosen;
    for (const QJsonValue& each : restored[QStringLiteral("chosen")].toArray()) {
        const auto position = static_cast<std::int64_t>(each.toDouble(-1));
        if (position >= 0 && position < m_shown.run.size())
            chosen.push_back(position);
    }
    m_shown.selection.choose(chosen);
    const QJsonObject kept = restored[QStringLiteral("focus")].toObject();
    widgets::Focus focus = m_shown.selection.focus();
    const auto number = [&kept](const char* name, std::optional<int>& into) {
        const QJsonValue value = kept[QLatin1String(name)];
        into = value.isDouble() && value.toInt() >= 0 ? std::optional(value.toInt()) : std::nullopt;
    };
    number("layer", focus.layer);
    number("head", focus.head);
    number("latentFrame", focus.latentFrame);
    m_shown.selection.setFocus(focus);
}

session::SessionState SessionController::state() const
{
    session::SessionState out;
    out.notes = m_shown.runs.sessionNotes().toStdString();
    for (const RunRow& row : m_shown.runs.rows()) {
        if (!row.note.isEmpty() && !row.isPending)
            out.runNotes[row.id.toStdString()] = row.note.toStdString();
    }
    QJsonArray chosen;
    for (const std::int64_t position : m_shown.selection.chosen())
        chosen.append(static_cast<double>(position));
    QJsonObject focus;
    const widgets::Focus& now = m_shown.selection.focus();
    if (now.layer)
        focus[QStringLiteral("layer")] = *now.layer;
    if (now.head)
        focus[QStringLiteral("head")] = *now.head;
    if (now.latentFrame)
        focus[QStringLiteral("latentFrame")] = *now.latentFrame;
    const auto written = [this](const QString& id) { return m_unwritten.contains(id) ? QString() : id; };
    const QJsonObject selection{{QStringLiteral("a"), written(m_shown.pair.a().id)},
                                {QStringLiteral("b"), written(m_shown.pair.b().id)},
                                {QStringLiteral("bChosen"), m_isBChosen},
                                {QStringLiteral("chosen"), chosen},
                                {QStringLiteral("focus"), focus}};
    out.selection = QJsonDocument(selection).toJson(QJsonDocument::Compact).toStdString();
    if (!m_layout.isEmpty())
        out.layout = QJsonDocument(m_layout).toJson(QJsonDocument::Compact).toStdString();
    return out;
}

void SessionController::noteState()
{
    // While the run of a session that was just opened is still being read, its own state is the newer one.
    if (m_restored.isEmpty() && !m_stateTimer.isActive())
        m_stateTimer.start();
}

void SessionController::finish()
{
    if (m_stateTimer.isActive()) {
        m_stateTimer.stop();
        m_session.noteState(state());
    }
    m_session.close();
}

void SessionController::noteLayout(const QJsonObject& layout)
{
    if (layout == m_layout)
        return;
    m_layout = layout;
    noteState();
}

}  // namespace armillary::app
