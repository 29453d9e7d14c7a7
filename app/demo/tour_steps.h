// What the guided tour shows, step by step: plain words, apart from what makes them happen.
// Thread rule: plain values and pure functions.
#pragma once

#include "widgets/panel_registry.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace armillary::app {

enum class TourScene { Look, AskWithWorld, AskWithoutWorld, Attention, Embeddings, Broken };

struct TourStep {
    TourScene scene = TourScene::Look;
    QString title;
    widgets::Workspace workspace = widgets::Workspace::Ask;
    QStringList panels;       // that are framed, and all that is left when presenting; ids of panel_registry.h
    QStringList raised;       // in front of their tabs
    std::size_t session = 0;  // recorded session that it happens in
};

[[nodiscard]] const std::vector<TourStep>& tourSteps();

// What was asked in the tour and what came of it.
struct TourAnswers {
    QString question;
    QString truth;    // empty: not known
    QString with;     // answer with world tokens; empty: none yet
    QString without;  // answer without
    bool isAsking = false;
};

[[nodiscard]] QString tourWords(TourScene scene, const TourAnswers& answers);

}  // namespace armillary::app
