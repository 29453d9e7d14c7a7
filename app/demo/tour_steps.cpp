#include "app/demo/tour_steps.h"

#include <QCoreApplication>

namespace armillary::app {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("Tour", text);
}

QString quoted(const QString& text)
{
    return QStringLiteral("“%1”").arg(text);
}

QString truthWords(const TourAnswers& answers, const QString& said)
{
    if (answers.truth.isEmpty())
        return {};
    return said.compare(answers.truth, Qt::CaseInsensitive) == 0
               ? words("That is what happens.")
               : words("What really happens: %1.").arg(quoted(answers.truth));
}

}  // namespace

const std::vector<TourStep>& tourSteps()
{
    using enum widgets::Workspace;
    static const std::vector<TourStep> steps =
        {{TourScene::Look, words("One scene, two pairs of eyes"), Ask, {"picture", "world"}, {"picture", "world"}, 0},
         {TourScene::AskWithWorld, words("Ask what comes next"), Ask, {"answer", "world"}, {"answer", "world"}, 0},
         {TourScene::AskWithoutWorld,
          words("The same question without the world"),
          Ask,
          {"answer", "picture"},
          {"answer", "picture"},
          0},
         {TourScene::Attention,
          words("Where the word looked"),
          Attention,
          {"picture", "world"},
          {"picture", "world"},
          0},
         {TourScene::Embeddings,
          words("Two kinds of tokens"),
          Embeddings,
          {"map", "alignment"},
          {"map", "alignment"},
          0},
         {TourScene::Broken, words("Would you notice a broken world?"), Verify, {"verification"}, {"verification"}, 3}};
    return steps;
}

QString tourWords(TourScene scene, const TourAnswers& answers)
{
    switch (scene) {
    case TourScene::Look:
        return words(
            "SigLIP sees one still of the scene: the Picture. The world model saw five frames and predicts four "
            "more: the latent frames under World. Nothing in a still says which way a shape goes.");
    case TourScene::AskWithWorld:
        if (answers.isAsking)
            return words(
                       "%1 The world model predicts how the scene goes on, and its world tokens stand in front of the "
                       "question …")
                .arg(quoted(answers.question));
        return words("%1 With the world tokens of its own prediction the model answers %2. %3")
            .arg(quoted(answers.question), quoted(answers.with), truthWords(answers, answers.with))
            .trimmed();
    case TourScene::AskWithoutWorld:
        if (answers.isAsking)
            return words("%1 Asked again; only the still is there now …").arg(quoted(answers.question));
        return words(
                   "With world tokens (A): %1. Without them (B): %2. %3 Hold ` to flip between A and B in every panel.")
            .arg(quoted(answers.with), quoted(answers.without),
                 answers.truth.isEmpty() ? QString() : words("What happens: %1.").arg(quoted(answers.truth)));
    case TourScene::Attention:
        return words(
            "The answer's word read the brighter cells, in the picture and in every latent frame, on one colour "
            "scale. Point at another word, or press [ and ] for one layer at a time.");
    case TourScene::Embeddings:
        return words(
            "Every point is a token: world tokens of each latent frame, image tokens of SigLIP. Point "
            "at one and its cell lights up. Alignment says in numbers how far the two agree, beside what chance "
            "gives.");
    case TourScene::Broken:
        return words(
            "On purpose, this checkpoint's projector was turned down to almost nothing: world tokens are there, and "
            "hardly "
            "depend on what happens. It answers all the same. A check turns red and says why; click it to see the "
            "tokens it means.");
    }
    return {};
}

}  // namespace armillary::app
