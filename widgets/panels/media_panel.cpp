#include "widgets/panels/media_panel.h"

#include "widgets/hint_page.h"
#include "widgets/models/media_list_model.h"
#include "widgets/rollout/rollout_work.h"
#include "widgets/token_description.h"

#include <QAction>
#include <QImage>

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

    m_hint = new HintPage({}, {}, tr("Open…"));
    m_pages = new QStackedLayout(this);
    m_pages->setContentsMargins(0, 0, 0, 0);
    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_list);

    connect(m_hint->button(), &QPushButton::clicked, this, &MediaPanel::openRequested);
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

void MediaPanel::showRun()
{
    showHint();
}

void MediaPanel::showHint()
{
    if (media().rowCount() > 0)
        return;
    const Question* question = run().question();
    if (question == nullptr || question->media.empty() || stillImage(*question, 0).empty()) {
        m_hint->setWords(tr("No picture yet"),
                         tr("Drop pictures, folders of numbered frames or videos anywhere on the window, paste one "
                            "with Ctrl+V, or open files."));
        m_hint->setPicture({});
        return;
    }
    // A run that was opened brings its pictures along; they are looked at, not asked about.
    m_hint->setWords(mediaName(*question, 0),
                     tr("Kept in the shown run. What you open, drop or paste is listed here, for new questions."));
    constexpr qint64 kMostPixelsAtOnce = 600'000;
    const Image still = stillImage(*question, 0);
    m_hint->setPicture(qint64{still.width()} * still.height() <= kMostPixelsAtOnce ? viewOf(still) : QImage());
}

void MediaPanel::showCurrent()
{
    m_pages->setCurrentIndex(media().rowCount() == 0 ? 0 : 1);
    showHint();
    const MediaItem* item = media().current();
    if (item == nullptr)
        return;
    const QModelIndex index = media().index(media().rowOf(item->id));
    if (m_list->currentIndex() != index)
        m_list->setCurrentIndex(index);
}

}  // namespace armillary::widgets
