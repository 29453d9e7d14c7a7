#include "widgets/panel_registry.h"

#include "widgets/panels/alignment_panel.h"
#include "widgets/panels/anatomy_panel.h"
#include "widgets/panels/answer_panel.h"
#include "widgets/panels/budget_panel.h"
#include "widgets/panels/attention_panel.h"
#include "widgets/panels/comparison_panel.h"
#include "widgets/panels/effects_panel.h"
#include "widgets/panels/grid_panel.h"
#include "widgets/panels/inputs_panel.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/layers_panel.h"
#include "widgets/panels/lens_panel.h"
#include "widgets/panels/map_panel.h"
#include "widgets/panels/matrix_panel.h"
#include "widgets/panels/media_panel.h"
#include "widgets/panels/memory_panel.h"
#include "widgets/panels/message_panel.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/rollout_panel.h"
#include "widgets/panels/runs_panel.h"
#include "widgets/panels/tiles_panel.h"
#include "widgets/panels/timeline_panel.h"
#include "widgets/panels/token_panel.h"
#include "widgets/panels/verification_panel.h"
#include "widgets/panels/world_panel.h"

#include <QCoreApplication>

namespace armillary::widgets {
namespace {

template <class P>
Panel* make(const PanelContext& context, QWidget* parent)
{
    return new P(context, parent);
}

QString words(const char* text)
{
    return QCoreApplication::translate("PanelRegistry", text);
}

}  // namespace

const std::vector<PanelKind>& panelKinds()
{
    using enum Workspace;
    const std::set<Workspace> everywhere(kWorkspaces.begin(), kWorkspaces.end());
    static const std::vector<PanelKind> kinds = {
        {"media", words("Media"), words("Opened pictures and videos"), PanelPlace::Left, everywhere,
         Qt::ALT | Qt::Key_1, make<MediaPanel>},
        {"runs", words("Runs"), words("Every question and rollout of the session"), PanelPlace::Left, everywhere,
         Qt::ALT | Qt::Key_8, make<RunsPanel>},
        {"picture",
         words("Picture"),
         words("The current picture or frame with the pixels of highlighted tokens"),
         PanelPlace::Centre,
         {Ask, Layout, Embeddings, Attention, Verify},
         Qt::ALT | Qt::Key_2,
         make<PicturePanel>},
        {"world",
         words("World"),
         words("Every latent frame of the world with its tokens, painted by the overlay"),
         PanelPlace::CentreRight,
         {Ask, Layout, Embeddings, Attention},
         Qt::CTRL | Qt::ALT | Qt::Key_W,
         make<WorldPanel>},
        {"grid",
         words("Temporal grid"),
         words("Four moments of a video as one picture: which, how large, through which filter"),
         PanelPlace::CentreRight,
         {Ask},
         Qt::CTRL | Qt::ALT | Qt::Key_4,
         make<GridPanel>},
        {"layers",
         words("Layers"),
         words("What pictures and tokens are painted with: switch, opacity, solo, legend"),
         PanelPlace::Left,
         {Embeddings, Attention},
         Qt::CTRL | Qt::ALT | Qt::Key_L,
         make<LayersPanel>},
        {"answer", words("Conversation"), words("Questions and streamed answers"), PanelPlace::RightTop, everywhere,
         Qt::ALT | Qt::Key_3, make<AnswerPanel>},
        {"lens",
         words("Lens"),
         words("What a word was chosen among, what every layer would have said, and words near image and world tokens"),
         PanelPlace::CentreRight,
         {Embeddings, Attention},
         Qt::CTRL | Qt::ALT | Qt::Key_N,
         make<LensPanel>},
        {"question",
         words("Question"),
         words("Question, system prompt and settings"),
         PanelPlace::RightBottom,
         {Ask, Rollout},
         Qt::ALT | Qt::Key_4,
         make<QuestionPanel>},
        {"anatomy",
         words("Anatomy"),
         words("Modules of the model: shapes, formats, parameters, memory"),
         PanelPlace::Centre,
         {Verify},
         Qt::CTRL | Qt::ALT | Qt::Key_A,
         make<AnatomyPanel>},
        {"inspector",
         words("Inspector"),
         words("Everything about the selected or hovered tokens"),
         PanelPlace::RightBottom,
         {Layout, Embeddings, Attention, Verify},
         Qt::CTRL | Qt::ALT | Qt::Key_I,
         make<InspectorPanel>},
        {"inputs",
         words("Model inputs"),
         words("What the models see: crops, tiles and frames as they were given, with value ranges"),
         PanelPlace::Centre,
         {Layout},
         Qt::CTRL | Qt::ALT | Qt::Key_S,
         make<InputsPanel>},
        {"tiles",
         words("Tiles"),
         words("How a picture would be cut for nanoVLM and Gemma 3, without a model: tiles, crops, tokens, stretching"),
         PanelPlace::Centre,
         {Layout},
         Qt::CTRL | Qt::ALT | Qt::Key_X,
         make<TilesPanel>},
        {"tokens",
         words("Token strip"),
         words("Every position of the fused sequence"),
         PanelPlace::CentreBottom,
         {Ask, Layout, Embeddings, Attention},
         Qt::ALT | Qt::Key_5,
         make<TokenPanel>},
        {"rollout",
         words("Rollout"),
         words("What the world model predicts from a picture or a clip"),
         PanelPlace::CentreRight,
         {Rollout},
         Qt::ALT | Qt::Key_7,
         make<RolloutPanel>},
        {"map",
         words("Embedding map"),
         words("World, image and word tokens as points of one map of their vectors"),
         PanelPlace::Centre,
         {Embeddings},
         Qt::CTRL | Qt::ALT | Qt::Key_E,
         make<MapPanel>},
        {"alignment",
         words("Alignment"),
         words("World against SigLIP: agreement, gap, cosines, norms and latent channels beside chance"),
         PanelPlace::CentreRight,
         {Embeddings},
         Qt::CTRL | Qt::ALT | Qt::Key_G,
         make<AlignmentPanel>},
        {"matrix",
         words("Layers by heads"),
         words("One measure of attention for every layer and head"),
         PanelPlace::Centre,
         {Attention},
         Qt::CTRL | Qt::ALT | Qt::Key_M,
         make<MatrixPanel>},
        {"attention",
         words("Attention map"),
         words("Every query's weight on every key of a layer and head; segments, flow and sinks"),
         PanelPlace::CentreRight,
         {Attention},
         Qt::CTRL | Qt::ALT | Qt::Key_P,
         make<AttentionPanel>},
        {"verification",
         words("Verification"),
         words("Did SigLIP and the world really run: checks with numbers, thresholds and reasons"),
         PanelPlace::Centre,
         {Verify},
         Qt::CTRL | Qt::ALT | Qt::Key_V,
         make<VerificationPanel>},
        {"timeline",
         words("Timeline"),
         words("Stages of the run and how long they took"),
         PanelPlace::Bottom,
         {Ask, Attention, Rollout},
         Qt::CTRL | Qt::ALT | Qt::Key_T,
         make<TimelinePanel>},
        {"budget",
         words("Budget"),
         words("What the question will take: tokens against context and local window, keys and values, peak"),
         PanelPlace::Bottom,
         {Ask},
         Qt::CTRL | Qt::ALT | Qt::Key_B,
         make<BudgetPanel>},
        {"memory",
         words("Memory"),
         words("Weights, keys and values, recorded tensors, and the process over the session"),
         PanelPlace::Bottom,
         {Layout, Rollout},
         Qt::CTRL | Qt::ALT | Qt::Key_Y,
         make<MemoryPanel>},
        {"comparison",
         words("Comparison"),
         words("Integration options side by side, and two runs of the session"),
         PanelPlace::CentreRight,
         {Verify},
         Qt::CTRL | Qt::ALT | Qt::Key_C,
         make<ComparisonPanel>},
        {"effects",
         words("Effects"),
         words("What happens to the answer when tokens, attention or pixels are taken away"),
         PanelPlace::CentreRight,
         {Verify},
         Qt::CTRL | Qt::ALT | Qt::Key_K,
         make<EffectsPanel>},
        {"messages",
         words("Messages"),
         words("Errors, warnings and notes"),
         PanelPlace::Bottom,
         {},
         Qt::ALT | Qt::Key_6,
         make<MessagePanel>},
    };
    return kinds;
}

}  // namespace armillary::widgets
