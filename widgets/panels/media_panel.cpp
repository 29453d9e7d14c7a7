#include "widgets/panels/media_panel.h"

#include "widgets/hint_page.h"
#include "widgets/models/media_list_model.h"

#include <QAction>

namespace armillary::widgets {

MediaPanel::MediaPanel(const PanelContext& context, QWidget* parent)
    : Panel(QStringLiteral("media"), tr("Media"), context, parent)
{
    m_list = new QListView;
    m_list->setModel(&media());
    m_list->setIconSize(QSize(64, 48));
    m_list->setSpacing(2);
    m_list->setWordWrap(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setAccessibleName(tr("Opened pictures and videos"));

    m_remove = new QAction(tr("Remove from the list"), this);
    m_remove->setShortcut(QKeySequence::Delete);
    m_remove->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    m_remove->setToolTip(tr("Take the picture out of the list; the conversation keeps what it has seen (Del)"));
    m_list->addAction(m_remove);
    m_list->setContextMenuPolicy(Qt::ActionsContextMenu);

    auto* hint =
        new HintPage(tr("No picture yet"),
                     tr("Drop pictures, folders of numbered frames or videos anywhere on the window, paste one "
                        "with Ctrl+V, or open files."),
                     tr("Open…"));
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(hint);
    m_pages->addWidget(m_list);

    connect(hint->button(), &QPushButton::clicked, this, &MediaPanel::openRequested);
    connect(m_remove, &QAction::triggered, this, [this] {
        const int row = m_list->currentIndex().row();
        if (row >= 0)
            media().remove(media().items()[static_cast<std::size_t>(row)].id);
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        if (index.isValid())
            media().setCurrent(media().items()[static_cast<std::size_t>(index.row())].id);
    });
    connect(&media(), &MediaListModel::currentChanged, this, &MediaPanel::showCurrent);
    connect(&media(), &QAbstractItemModel::rowsRemoved, this, &MediaPanel::showCurrent);
    showCurrent();
}

void MediaPanel::showCurrent()
{
    m_pages->setCurrentIndex(media().rowCount() == 0 ? 0 : 1);
    const MediaItem* item = media().current();
    if (item == nullptr)
        return;
    const QModelIndex index = media().index(media().rowOf(item->id));
    if (m_list->currentIndex() != index)
        m_list->setCurrentIndex(index);
}

}  // namespace armillary::widgets
