#include "cli_engine.h"

namespace armillary::cli {

CommandResult<ModelReport> EngineDesk::load(const ModelArguments& arguments)
{
    const auto options = arguments.loadOptions();
    if (!options)
        return tl::unexpected(options.error());
    auto report = m_engine->load(arguments.folders, *options, m_observer, m_watch.token());
    m_observer.finish();
    if (!report)
        return tl::unexpected<Failure>(report.error());
    for (const std::string& warning : report->warnings)
        m_observer.onWarning(warning);
    return std::move(*report);
}

}  // namespace armillary::cli
