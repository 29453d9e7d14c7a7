// Models of random numbers in place of the embedded demo: their world tokens are as many as those of the real ones, which is what
// a window must bear.
// Thread rule: pure function.
#pragma once

#include "records/question.h"
#include "support/test_data.h"
#include "widgets/shell/model_dialog.h"

namespace armillary::test {

inline widgets::ModelChoice randomModels()
{
    widgets::ModelChoice out;
    out.demo = false;
    out.model = QString::fromStdString(dataPath("models/gemma-tiny"));
    out.theWorld = QString::fromStdString(dataPath("models/theworld-tiny/spatial-mlp"));
    out.world = QString::fromStdString(dataPath("models/cosmos-tiny"));
    return out;
}

// What they predict within seconds on any machine.
inline RolloutRequest smallRollout()
{
    RolloutRequest out;
    out.frames = 17;
    out.steps = 10;
    out.heightPixels = 96;
    out.widthPixels = 160;
    out.previewEvery = 1;
    return out;
}

}  // namespace armillary::test
