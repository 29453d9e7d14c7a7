#include "cli_questions.h"

#include "cli_engine.h"

namespace armillary::cli {
namespace {

CommandResult<std::shared_ptr<const RunRecord>> recordOf(EngineDesk& desk, Question question,
                                                         const RunOutputArguments& output)
{
    if (!output.wantsRecord()) {
        auto bare = std::make_shared<RunRecord>();
        bare->question = std::move(question);
        return bare;
    }
    const auto asked = desk.engine().ask(question, desk.observer(), desk.stop());
    if (!asked)
        return tl::unexpected<Failure>(asked.error());
    if (const auto stored = output.store(**asked); !stored)
        return tl::unexpected<Failure>(stored.error());
    return *asked;
}

}  // namespace

void AnalysedQuestion::addTo(CLI::App& command)
{
    model.addTo(command);
    question.addTo(command);
    output.addTo(command);
}

std::string AnalysedQuestion::seedText() const
{
    constexpr std::uint64_t kMostSeed = std::uint64_t{1} << 53;
    return std::to_string(question.seed % kMostSeed);
}

CommandResult<std::shared_ptr<const AnalysisResult>> AnalysedQuestion::analyse(const AnalysisRequest& request) const
{
    if (const auto options = model.loadOptions(); !options)
        return tl::unexpected(options.error());
    auto asked = question.makeQuestion();
    if (!asked)
        return tl::unexpected<Failure>(asked.error());
    if (const auto checked = output.check(); !checked)
        return tl::unexpected<Failure>(checked.error());
    EngineDesk desk(false);
    if (const auto report = desk.load(model); !report)
        return tl::unexpected(report.error());
    const auto record = recordOf(desk, std::move(*asked), output);
    if (!record)
        return tl::unexpected(record.error());
    auto result = desk.engine().analyse(**record, request, desk.observer(), desk.stop());
    desk.observer().finish();
    if (!result)
        return tl::unexpected<Failure>(result.error());
    return std::move(*result);
}

}  // namespace armillary::cli
