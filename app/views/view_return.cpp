#include "app/views/view_return.h"

#include <QFileInfo>

namespace armillary::app {

using widgets::MessageKind;

ViewReturn::ViewReturn(ViewFiles& files, widgets::RunListModel& runs, widgets::RunPair& pair, QObject* parent)
    : QObject(parent), m_files(files), m_runs(runs), m_pair(pair)
{
    // Whoever changes the pair is not done with it yet.
    connect(&m_pair, &widgets::RunPair::changed, this, &ViewReturn::restoreWhenShown, Qt::QueuedConnection);
}

bool ViewReturn::isSame(const QString& one, const QString& other) const
{
    return QFileInfo(one).canonicalFilePath() == QFileInfo(other).canonicalFilePath();
}

void ViewReturn::bringBack(const ViewRecipe& recipe)
{
    m_recipe = recipe;
    m_runsWanted = false;
    if (recipe.session.isEmpty()) {
        Q_EMIT said(MessageKind::Warning,
                    tr("The run of this picture was in no saved session; its view is shown of the "
                       "current run."));
        m_files.restore(*std::exchange(m_recipe, {}));
        return;
    }
    if (!m_session.isEmpty() && isSame(m_session, recipe.session)) {
        wantRuns();
        return;
    }
    if (!QFileInfo::exists(recipe.session + QStringLiteral("/session.json"))) {
        m_recipe.reset();
        Q_EMIT
        said(MessageKind::Error,
             tr("The session that this picture was made of is missing; put it back and drop the picture again: %1")
                 .arg(recipe.session));
        return;
    }
    Q_EMIT sessionWanted(recipe.session);
}

void ViewReturn::setSession(const QString& path)
{
    m_session = path;
    if (!m_recipe || m_runsWanted)
        return;
    if (isSame(path, m_recipe->session))
        // The session shows runs of its own choice first.
        QMetaObject::invokeMethod(this, &ViewReturn::wantRuns, Qt::QueuedConnection);
    else
        m_recipe.reset();
}

void ViewReturn::wantRuns()
{
    if (!m_recipe)
        return;
    m_runsWanted = true;
    QString& a = m_recipe->runA.isEmpty() ? m_recipe->shownRun : m_recipe->runA;
    for (QString* id : {&a, &m_recipe->runB}) {
        if (id->isEmpty() || m_runs.find(*id) != nullptr)
            continue;
        Q_EMIT said(MessageKind::Warning, tr("The session has no run %1 any more: %2").arg(*id, m_session));
        id->clear();
    }
    if (!a.isEmpty() && m_pair.a().id != a)
        m_runs.wantShown(a);
    if (!m_recipe->runB.isEmpty() && m_pair.b().id != m_recipe->runB)
        m_runs.wantCompared(m_recipe->runB);
    restoreWhenShown();
}

void ViewReturn::restoreWhenShown()
{
    if (!m_recipe || !m_runsWanted)
        return;
    const QString& a = m_recipe->runA.isEmpty() ? m_recipe->shownRun : m_recipe->runA;
    const bool isAShown = a.isEmpty() || (m_pair.a().id == a && m_pair.a().record);
    const bool isBShown = m_recipe->runB.isEmpty() || (m_pair.b().id == m_recipe->runB && m_pair.b().record);
    if (isAShown && isBShown)
        m_files.restore(*std::exchange(m_recipe, {}));
}

}  // namespace armillary::app
