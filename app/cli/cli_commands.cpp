#include "cli_command.h"

namespace armillary::cli {

std::unique_ptr<Command> makeAskCommand();
std::unique_ptr<Command> makeRolloutCommand();
std::unique_ptr<Command> makeTokenizeCommand();
std::unique_ptr<Command> makeTilesCommand();
std::unique_ptr<Command> makeInspectCommand();
std::unique_ptr<Command> makeAnalyzeCommand();
std::unique_ptr<Command> makeSessionCommand();
std::unique_ptr<Command> makeBatchCommand();
std::unique_ptr<Command> makeVerifyCommand();
std::unique_ptr<Command> makeCompareCommand();
std::unique_ptr<Command> makeEvaluateCommand();
std::unique_ptr<Command> makeTimesCommand();
std::unique_ptr<Command> makeRecordDemoCommand();

std::vector<std::unique_ptr<Command>> allCommands()
{
    std::vector<std::unique_ptr<Command>> out;
    for (const auto make : {makeAskCommand, makeRolloutCommand, makeBatchCommand, makeTokenizeCommand, makeTilesCommand,
                            makeInspectCommand, makeAnalyzeCommand, makeSessionCommand, makeVerifyCommand,
                            makeCompareCommand, makeEvaluateCommand, makeTimesCommand, makeRecordDemoCommand})
        out.push_back(make());
    return out;
}

int exitCodeFrom(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidInput:
    case ErrorCode::FileRead:
    case ErrorCode::FileWrite:
    case ErrorCode::ModelMismatch:
    case ErrorCode::DeviceLost: return kBadInput;
    case ErrorCode::OutOfMemory: return kOutOfMemory;
    case ErrorCode::Cancelled: return kCancelled;
    case ErrorCode::Internal: return kOurFault;
    }
    return kOurFault;
}

}  // namespace armillary::cli
