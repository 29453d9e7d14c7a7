// How a view came about, so that a picture of it can bring it back: session, runs, what was chosen and focused, which panels
// with which settings. Written as JSON into exported pictures: PNG text chunk `armillary.recipe`, SVG <metadata>.
// Thread rule: plain values; reading a recipe touches the file's head only (PNG) or its text (SVG).
#pragma once

#include "widgets/run_pair.h"
#include "widgets/selection.h"

#include <QByteArray>
#include <QJsonObject>
#include <QString>

#include <optional>
#include <vector>

namespace armillary::app {

inline constexpr auto kRecipeKey = "armillary.recipe";

struct RecipeLayer {
    QString id;
    bool isVisible = true;
    double opacity = 1;
};

struct ViewRecipe {
    QString session;  // path of the folder; empty: the run was in none
    QString shownRun;
    QString runA;
    QString runB;
    widgets::PairSide side = widgets::PairSide::A;
    QString panel;      // empty: the whole window
    QJsonObject views;  // Panel::saveView by panel id
    widgets::Positions chosen;
    widgets::Focus focus;
    bool overlaysOn = true;
    QString soloLayer;
    std::vector<RecipeLayer> layers;
    QString workspace;
    QByteArray docks;  // of a whole window
};

[[nodiscard]] QJsonObject jsonFromRecipe(const ViewRecipe& recipe);
// Nothing when `json` is no recipe, or of a later form.
[[nodiscard]] std::optional<ViewRecipe> recipeFromJson(const QJsonObject& json);
// Of a PNG or SVG file that was exported; nothing for every other file.
[[nodiscard]] std::optional<ViewRecipe> recipeInPicture(const QString& path);

// "3-17,20"
[[nodiscard]] QString textFromPositions(const widgets::Positions& positions);
[[nodiscard]] widgets::Positions positionsFromText(const QString& text);

}  // namespace armillary::app
