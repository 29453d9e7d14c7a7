#include "support/tiny_engine.h"

#include "support/record_builder.h"

#include <algorithm>
#include <stdexcept>

namespace armillary::test {
namespace {

std::int64_t nowMicroseconds()
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

std::shared_ptr<const TokenLayout> layoutFor(const Question& question, const TinyScript& script)
{
    RecordBuilder builder;
    builder.text({"<bos>"}, TokenKind::Control);
    for (int media = 0; media < static_cast<int>(question.media.size()); ++media) {
        builder.text({"<start_of_world>"}, TokenKind::Bracket)
            .worldTokens(media, 1, script.worldRows, script.worldColumns)
            .text({"<end_of_world>"}, TokenKind::Bracket)
            .text({"<start_of_image>"}, TokenKind::Control)
            .imageTokens(media, script.imageSide, script.imageSide)
            .text({"<end_of_image>"}, TokenKind::Control);
    }
    for (const ChatTurn& turn : question.turns)
        builder.text({"<start_of_turn>"}, TokenKind::Control)
            .text({turn.text})
            .text({"<end_of_turn>"}, TokenKind::Control);
    return std::make_shared<const TokenLayout>(builder.layout());
}

}  // namespace

TinyEngine::TinyEngine(TinyScript script, std::shared_ptr<TinyLog> log)
    : m_script(std::move(script)), m_log(std::move(log))
{
    const std::lock_guard lock(m_log->mutex);
    m_log->madeOn = std::this_thread::get_id();
}

TinyEngine::~TinyEngine()
{
    {
        const std::lock_guard lock(m_log->mutex);
        m_log->destroyedOn = std::this_thread::get_id();
    }
    m_log->destroyed = true;
}

std::string TinyEngine::tokenText(int index)
{
    static const std::vector<std::string> words = {" the",    " cup",   " stands", " on", " a",
                                                   " wooden", " table", " and",    " it", " steams"};
    if (index % 97 == 96)
        return ".\n\n";
    return words[static_cast<std::size_t>(index) % words.size()];
}

void TinyEngine::noteCall(const std::string& what)
{
    const std::lock_guard lock(m_log->mutex);
    m_log->calledOn.push_back(std::this_thread::get_id());
    m_log->order.push_back(what);
}

bool TinyEngine::stopped(const std::stop_token& stop)
{
    if (!stop.stop_requested())
        return false;
    std::this_thread::sleep_for(m_script.deafTime);
    std::int64_t never = 0;
    m_log->stopSeenMicroseconds.compare_exchange_strong(never, nowMicroseconds());
    return true;
}

bool TinyEngine::play(const std::vector<TinyStage>& stages, RunObserver& observer, const std::stop_token& stop)
{
    for (const TinyStage& stage : stages) {
        for (int step = 0; step < stage.steps; ++step) {
            observer.onStage(stage.name, step, stage.steps);
            std::this_thread::sleep_for(stage.stepTime);
            if (stopped(stop))
                return false;
        }
    }
    return true;
}

Result<ModelReport> TinyEngine::load(const ModelFolders& folders, const LoadOptions& options, RunObserver& observer,
                                     const std::stop_token& stop)
{
    noteCall("load");
    ++m_log->loads;
    if (!play(m_script.loadStages, observer, stop))
        return failCancelled();
    if (m_script.loadError)
        return tl::unexpected(*m_script.loadError);
    ModelReport report;
    report.modelFolder = folders.model;
    report.theWorldFolder = folders.theWorld;
    report.parts.push_back({"Scripted model", options.device, "float32", 1234567, 4938268, {{"layers", "7"}}});
    report.wordsAreMeaningless = m_script.wordsAreMeaningless;
    return report;
}

Result<std::shared_ptr<const RunRecord>> TinyEngine::ask(const Question& question, RunObserver& observer,
                                                         const std::stop_token& stop)
{
    noteCall(question.turns.empty() ? "" : question.turns.back().text);
    ++m_log->asks;
    {
        const std::lock_guard lock(m_log->mutex);
        m_log->questions.push_back(question);
    }
    auto record = std::make_shared<RunRecord>();
    record->question = question;
    record->layout = layoutFor(question, m_script);
    observer.onLayout(record->layout);
    for (const std::string& warning : m_script.warnings)
        observer.onWarning(warning);
    record->warnings = m_script.warnings;
    if (!play(m_script.stages, observer, stop))
        return failCancelled();
    if (m_script.askError)
        return tl::unexpected(*m_script.askError);

    m_log->tokensStarted = true;
    const int limit = std::min(m_script.tokenCount, question.sampling.maxNewTokens);
    for (int i = 0; i < limit; ++i) {
        if (m_script.throwAtToken == i)
            throw std::runtime_error("the script says so");
        if (m_script.tokenTime.count() > 0)
            std::this_thread::sleep_for(m_script.tokenTime);
        if (stopped(stop)) {
            record->outcome = RunOutcome::Cancelled;
            record->stopReason = StopReason::Cancelled;
            return std::shared_ptr<const RunRecord>(record);
        }
        TokenPiece piece;
        piece.position = record->layout->size() + i;
        piece.id = 200 + i % 100;
        piece.piece = tokenText(i);
        piece.text = piece.piece;
        piece.probability = 0.5F;
        record->answer += piece.text;
        record->generated.push_back(piece);
        observer.onStage("Answer", i + 1, limit);
        observer.onToken(piece);
        m_log->tokens = i + 1;
    }
    record->stopReason = limit < m_script.tokenCount ? StopReason::TokenLimit : StopReason::EndOfTurn;
    record->cost.prefillTokens = record->layout->size();
    return std::shared_ptr<const RunRecord>(record);
}

Result<std::shared_ptr<const RunRecord>> TinyEngine::rollout(const RolloutRequest&, const CaptureRequest&, RunObserver&,
                                                             const std::stop_token&)
{
    return fail(ErrorCode::InvalidInput, "a scripted engine predicts nothing");
}

Result<std::shared_ptr<const AnalysisResult>> TinyEngine::analyse(const RunRecord& record,
                                                                  const AnalysisRequest& request, RunObserver& observer,
                                                                  const std::stop_token& stop)
{
    noteCall(request.name);
    ++m_log->analyses;
    if (m_script.analysisStages.empty())
        return fail(ErrorCode::InvalidInput, "a scripted engine holds no models");
    if (!play(m_script.analysisStages, observer, stop))
        return failCancelled();
    if (m_script.analysisError)
        return tl::unexpected(*m_script.analysisError);
    auto result = std::make_shared<AnalysisResult>();
    result->request = request;
    const std::int64_t positions = record.layout ? record.layout->size() : 0;
    result->numbers.push_back({"record positions", static_cast<double>(positions), ""});
    return std::shared_ptr<const AnalysisResult>(result);
}

}  // namespace armillary::test
