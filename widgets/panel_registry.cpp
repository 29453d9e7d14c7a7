#include "widgets/panel_registry.h"

#include "widgets/panels/answer_panel.h"
#include "widgets/panels/comparison_panel.h"
#include "widgets/panels/inspector_panel.h"
#include "widgets/panels/layers_panel.h"
#include "widgets/panels/media_panel.h"
#include "widgets/panels/message_panel.h"
#include "widgets/panels/picture_panel.h"
#include "widgets/panels/question_panel.h"
#include "widgets/panels/rollout_panel.h"
#include "widgets/panels/runs_panel.h"
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
         {Embeddings, Attention},
         Qt::CTRL | Qt::ALT | Qt::Key_W,
         make<WorldPanel>},
        {"layers",
         words("Layers"),
         words("What pictures and tokens are painted with: switch, opacity, solo, legend"),
         PanelPlace::Left,
         {Embeddings, Attention},
         Qt::CTRL | Qt::ALT | Qt::Key_L,
         make<LayersPanel>},
        {"answer", words("Conversation"), words("Questions and streamed answers"), PanelPlace::RightTop, everywhere,
         Qt::ALT | Qt::Key_3, make<AnswerPanel>},
        {"question",
         words("Question"),
         words("Question, system prompt and settings"),
         PanelPlace::RightBottom,
         {Ask, Rollout},
         Qt::ALT | Qt::Key_4,
         make<QuestionPanel>},
        {"inspector",
         words("Inspector"),
         words("Everything about the selected or hovered tokens"),
         PanelPlace::RightBottom,
         {Layout, Embeddings, Attention, Verify},
         Qt::CTRL | Qt::ALT | Qt::Key_I,
         make<InspectorPanel>},
        {"tokens",
         words("Token strip"),
         words("Every position of the fused sequence"),
         PanelPlace::Bottom,
         {Ask, Layout, Embeddings, Attention},
         Qt::ALT | Qt::Key_5,
         make<TokenPanel>},
        {"rollout",
         words("Rollout"),
         words("What the world model predicts from a picture or a clip"),
         PanelPlace::Centre,
         {Rollout},
         Qt::ALT | Qt::Key_7,
         make<RolloutPanel>},
        {"verification",
         words("Verification"),
         words("Did SigLIP and the world really run: checks with numbers, thresholds and reasons"),
         PanelPlace::CentreRight,
         {Verify},
         Qt::CTRL | Qt::ALT | Qt::Key_V,
         make<VerificationPanel>},
        {"comparison",
         words("Comparison"),
         words("Integration options side by side, and two runs of the session"),
         PanelPlace::CentreRight,
         {Verify},
         Qt::CTRL | Qt::ALT | Qt::Key_C,
         make<ComparisonPanel>},
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
