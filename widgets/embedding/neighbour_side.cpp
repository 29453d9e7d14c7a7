#include "widgets/embedding/neighbour_side.h"

#include "widgets/models/neighbour_list_model.h"
#include "widgets/token_description.h"

#include <QLabel>
#include <QListView>
#include <QVBoxLayout>

namespace armillary::widgets {
namespace {

constexpr int kNeighbours = 12;
// A pointer that crosses the map asks for nothing.
constexpr int kDelayMilliseconds = 150;

}  // namespace

NeighbourSide::NeighbourSide(const PanelContext& context, TokenCrops& crops, QWidget* parent)
    : QWidget(parent), m_context(context)
{
    m_view = new AnalysisView(context, this);
    m_title = new QLabel;
    m_title->setProperty("role", "muted");
    m_title->setWordWrap(true);
    m_model = new NeighbourListModel(context.run, crops, this);
    m_list = new QListView;
    m_list->setModel(m_model);
    m_list->setAccessibleName(tr("Nearest tokens in all dimensions"));
    m_list->setIconSize(QSize(36, 36));
    m_list->setToolTip(tr("The tokens nearest to it by cosine in all dimensions, whatever the map shows"));
    m_list->setMouseTracking(true);
    m_list->setUniformItemSizes(true);
    m_list->setMinimumWidth(120);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(4, 2, 4, 0);
    column->setSpacing(2);
    column->addWidget(m_title);
    column->addWidget(m_list, 1);

    m_delay.setSingleShot(true);
    m_delay.setInterval(kDelayMilliseconds);
    connect(&m_delay, &QTimer::timeout, this, &NeighbourSide::wish);
    connect(m_view, &AnalysisView::changed, this, &NeighbourSide::showResult);
    connect(m_list, &QListView::entered, this, [this](const QModelIndex& index) {
        const std::int64_t position = m_model->positionAt(index.row());
        if (position < 0)
            return;
        m_hovering = {position};
        m_context.selection.hover(m_hovering);
    });
    connect(m_list, &QListView::viewportEntered, this, [this] { m_context.selection.endHover(m_hovering); });
    const auto choose = [this](const QModelIndex& index) {
        const std::int64_t position = m_model->positionAt(index.row());
        if (position >= 0)
            m_context.selection.choose({position});
    };
    connect(m_list, &QListView::clicked, this, choose);
    connect(m_list, &QListView::activated, this, choose);
    showResult();
}

QString NeighbourSide::titleText() const
{
    return m_title->text();
}

void NeighbourSide::setTensor(const QString& tensor)
{
    m_tensor = tensor;
    wish();
}

void NeighbourSide::refresh()
{
    wish();
    showResult();
}

void NeighbourSide::setLocked(bool locked)
{
    m_locked = locked;
    if (!locked)
        refresh();
}

void NeighbourSide::wish()
{
    // While a row of the list is pointed at, that row must stay where it is.
    const bool ownHover = !m_hovering.empty() && m_context.selection.hovered() == m_hovering && m_list->underMouse();
    if (!isVisible() || m_locked || ownHover)
        return;
    const std::optional<std::int64_t> position = m_context.selection.described();
    if (!position) {
        m_view->clear();
        return;
    }
    m_view->want({"embedding-neighbours",
                  {{"tensor", m_tensor.toStdString()},
                   {"position", std::to_string(*position)},
                   {"count", std::to_string(kNeighbours)}}});
}

void NeighbourSide::showResult()
{
    switch (m_view->state()) {
    case AnalysisView::State::Working: return;  // the last list stays meanwhile
    case AnalysisView::State::Failed:
        m_model->clear();
        m_title->setText(m_view->problem());
        return;
    case AnalysisView::State::Idle:
        m_model->clear();
        m_title->setText(tr("Point at a token to see its nearest ones in all dimensions."));
        return;
    case AnalysisView::State::Done: break;
    }
    m_model->setResult(*m_view->result());
    const auto& arguments = m_view->result()->request.arguments;
    const auto of = arguments.find("position");
    const std::int64_t asked = of == arguments.end() ? -1 : std::stoll(of->second);
    m_title->setText(tr("Nearest to %1 (cosine)").arg(describeToken(m_context.run, asked).title));
}

void NeighbourSide::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_view->setFollowing(!m_locked);
    wish();
}

void NeighbourSide::hideEvent(QHideEvent* event)
{
    m_view->setFollowing(false);
    QWidget::hideEvent(event);
}

}  // namespace armillary::widgets
