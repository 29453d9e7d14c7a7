// The controls of the embedding map: boxes, buttons, menus and actions.
#include "widgets/panels/map_panel.h"

#include "widgets/canvas/embedding_map_canvas.h"
#include "widgets/canvas/embedding_space_canvas.h"
#include "widgets/embedding/map_options_row.h"
#include "widgets/embedding/neighbour_side.h"
#include "widgets/embedding/vector_sources.h"
#include "widgets/flow_row.h"
#include "widgets/local_action.h"
#include "widgets/overlay/embedding_overlays.h"

#include <QAction>
#include <QComboBox>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace armillary::widgets {

QWidget* MapPanel::makeTop()
{
    auto* top = new QWidget;
    auto* column = new QVBoxLayout(top);
    column->setContentsMargins(0, 4, 0, 0);
    column->setSpacing(0);
    auto* row = new FlowRow;
    row->setSpacing(6);
    const auto addBox = [row](const QString& name, const QString& tip) {
        auto* box = new QComboBox;
        box->setAccessibleName(name);
        box->setToolTip(tip);
        box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
        box->setMinimumContentsLength(6);
        box->setMinimumWidth(70);
        box->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
        row->addWidget(box);
        return box;
    };
    m_methodBox = addBox(tr("Method"), tr("How vectors of thousands of dimensions become points"));
    m_methodBox->addItems({tr("PCA 2-D"), tr("PCA 3-D"), tr("t-SNE"), tr("UMAP")});
    m_tensorBox = addBox(tr("Vectors"), tr("Which vectors: the input of a layer, image or world tokens, latents"));
    fillVectorSources(*m_tensorBox, nullptr);
    m_coloringBox = addBox(tr("Colour by"), tr("What the colour of a point says; its shape tells the kind: ● world, "
                                               "■ image, ◆ words"));
    m_coloringBox->addItems(
        {tr("by kind"), tr("by latent frame"), tr("by position"), tr("by norm"), tr("by top layer")});
    column->addLayout(row);

    makeActions();
    auto* buttons = new FlowRow;
    buttons->setSpacing(2);
    const auto addButton = [buttons](QAction* action) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        buttons->addWidget(button);
    };
    const auto addMenu = [buttons, this](const QString& name, const QString& tip, const QList<QAction*>& entries) {
        auto* button = new QToolButton;
        button->setText(name);
        button->setToolTip(tip);
        button->setAccessibleName(name);
        button->setAutoRaise(true);
        button->setPopupMode(QToolButton::InstantPopup);
        button->setFocusPolicy(Qt::TabFocus);
        auto* menu = new QMenu(this);
        menu->addActions(entries);
        button->setMenu(menu);
        buttons->addWidget(button);
    };
    addButton(m_optionsAction);
    addButton(m_trailsAction);
    addMenu(tr("View"), tr("Pictures at points, free-hand sets, fit"),
            {m_picturesAction, m_freehandAction, findChild<QAction*>(QStringLiteral("fitMap"))});
    addMenu(tr("Paint tokens"), tr("Colours for tokens in every picture, latent frame and map"),
            {m_layers->action(EmbeddingOverlays::Components), m_layers->action(EmbeddingOverlays::Similarity),
             m_layers->action(EmbeddingOverlays::Norm)});
    column->addLayout(buttons);
    m_options = new MapOptionsRow;
    m_options->hide();
    column->addWidget(m_options);

    connect(m_options, &MapOptionsRow::changed, this, [this] { m_wishDelay.start(); });
    connect(m_methodBox, &QComboBox::currentIndexChanged, this, [this] {
        m_canvases->setCurrentIndex(method() == Method::Space ? 1 : 0);
        m_options->setAnalysis(analysis());
        setKeyboardPlace(canvas());
        m_shown.reset();
        wish();
        showResult();
    });
    connect(m_tensorBox, &QComboBox::currentIndexChanged, this, [this] {
        m_layers->setTensor(m_tensorBox->currentData().toString());
        m_neighbours->setTensor(m_tensorBox->currentData().toString());
        wish();
    });
    connect(m_coloringBox, &QComboBox::currentIndexChanged, this, [this] {
        wish();
        recolor();
    });
    return top;
}

void MapPanel::makeActions()
{
    addLocalAction(this, tr("Map by principal components in the plane"), {},
                   tr("Two directions of the largest variance"), [this] { setMethod(Method::Plane); });
    addLocalAction(this, tr("Map by principal components in space"), {},
                   tr("Three directions of the largest variance; a drag turns them"),
                   [this] { setMethod(Method::Space); });
    addLocalAction(this, tr("Map by t-SNE"), {}, tr("Neighbourhoods of the full space in the plane; takes seconds"),
                   [this] { setMethod(Method::Tsne); });
    addLocalAction(this, tr("Map by UMAP"), {}, tr("A graph of nearest neighbours in the plane; takes seconds"),
                   [this] { setMethod(Method::Umap); });
    addLocalAction(this, tr("Fit the map"), {Qt::Key_F}, tr("Show the whole map again (F)"), [this] {
        canvas()->zoomToFit();
    })->setObjectName(QStringLiteral("fitMap"));
    const auto zoom = [this](double factor) {
        if (method() == Method::Space)
            m_space->zoomBy(factor);
        else
            m_map->zoomBy(factor);
    };
    addLocalAction(this, tr("Enlarge the map"), {Qt::Key_Plus, QKeySequence::ZoomIn},
                   tr("Look closer (+, or the wheel)"), [zoom] { zoom(1.25); });
    addLocalAction(this, tr("Reduce the map"), {Qt::Key_Minus, QKeySequence::ZoomOut}, tr("See more (−, or the wheel)"),
                   [zoom] { zoom(0.8); });
    addLocalAction(this, tr("Next token of the map"), {Qt::Key_PageDown},
                   tr("Choose the next token that the map shows (Page down)"), [this] { stepToken(1); });
    addLocalAction(this, tr("Previous token of the map"), {Qt::Key_PageUp}, tr("Choose the token before (Page up)"),
                   [this] { stepToken(-1); });
    const auto turn = [this](double around, double over) {
        return [this, around, over] { m_space->turn(around, over); };
    };
    addLocalAction(this, tr("Turn the map left"), {Qt::ALT | Qt::Key_Left}, tr("Of the map in space (Alt+←)"),
                   turn(-0.15, 0));
    addLocalAction(this, tr("Turn the map right"), {Qt::ALT | Qt::Key_Right}, tr("Of the map in space (Alt+→)"),
                   turn(0.15, 0));
    addLocalAction(this, tr("Tilt the map up"), {Qt::ALT | Qt::Key_Up}, tr("Of the map in space (Alt+↑)"),
                   turn(0, -0.15));
    addLocalAction(this, tr("Tilt the map down"), {Qt::ALT | Qt::Key_Down}, tr("Of the map in space (Alt+↓)"),
                   turn(0, 0.15));

    const auto addSwitch = [this](const QString& name, const QString& tip, bool on, auto change) {
        auto* action = new QAction(name, this);
        action->setCheckable(true);
        action->setChecked(on);
        action->setToolTip(tip);
        connect(action, &QAction::toggled, this, change);
        addAction(action);
        return action;
    };
    m_optionsAction = addSwitch(tr("Options"), tr("Which tokens, unit length, perplexity, neighbours, seed"), false,
                                [this](bool on) { m_options->setVisible(on); });
    m_trailsAction =
        addSwitch(tr("Time trails"), tr("Join the same world cell over its latent frames"), false, [this](bool on) {
            m_map->setTrailsShown(on);
            m_space->setTrailsShown(on);
        });
    m_picturesAction =
        addSwitch(tr("Pictures at points"), tr("Show the pixels of tokens beside their points when few are in view"),
                  true, [this](bool on) {
                      m_map->setThumbnailsShown(on);
                      m_space->setThumbnailsShown(on);
                  });
    m_freehandAction =
        addSwitch(tr("Free-hand sets"), tr("A drag draws a line around points in place of a box; in space hold Shift"),
                  false, [this](bool on) {
                      m_map->setFreehand(on);
                      m_space->setFreehand(on);
                  });
}

}  // namespace armillary::widgets
