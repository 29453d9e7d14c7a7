#include "session/run_json.h"

#include "session/json_values.h"

#include <cmath>
#include <map>
#include <stdexcept>
#include <string_view>

namespace armillary::session {
namespace {

using nlohmann::json;

std::string_view outcomeName(RunOutcome outcome)
{
    switch (outcome) {
    case RunOutcome::Completed: return "completed";
    case RunOutcome::Cancelled: return "cancelled";
    case RunOutcome::Failed: return "failed";
    }
    return "?";
}

RunOutcome outcomeFromName(const std::string& name)
{
    return name == "cancelled" ? RunOutcome::Cancelled : name == "failed" ? RunOutcome::Failed : RunOutcome::Completed;
}

std::string_view stopName(StopReason reason)
{
    switch (reason) {
    case StopReason::EndOfTurn: return "end_of_turn";
    case StopReason::TokenLimit: return "token_limit";
    case StopReason::Cancelled: return "cancelled";
    }
    return "?";
}

json gridsJson(const TokenLayout& layout)
{
    json out = json::array();
    for (const TokenGrid& grid : layout.grids) {
        json one = {{"media", grid.media},
                    {"crop", grid.crop},
                    {"kind", static_cast<int>(grid.kind)},
                    {"rows", grid.rows},
                    {"columns", grid.columns},
                    {"latent_frames", grid.latentFrames},
                    {"covers", {grid.covers.top, grid.covers.left, grid.covers.bottom, grid.covers.right}}};
        if (grid.tileRow >= 0)
            one["tile"] = {grid.tileRow, grid.tileColumn};
        out.push_back(std::move(one));
    }
    return out;
}

json modelJson(const ModelFacts& model)
{
    return {{"layers", model.layers},
            {"query_heads", model.queryHeads},
            {"key_value_heads", model.keyValueHeads},
            {"head_width", model.headWidth},
            {"hidden_size", model.hiddenSize},
            {"vocabulary_rows", model.vocabularyRows},
            {"score_scale", model.scoreScale},
            {"norm_epsilon", model.normEpsilon},
            {"sliding_window", model.slidingWindow},
            {"layer_is_local", model.layerIsLocal}};
}

// Records of version 0.1.0 name no model: its numbers stay 0.
ModelFacts modelFrom(const json& model)
{
    ModelFacts out;
    if (!model.is_object())
        return out;
    out.layers = model.at("layers");
    out.queryHeads = model.at("query_heads");
    out.keyValueHeads = model.at("key_value_heads");
    out.headWidth = model.at("head_width");
    out.hiddenSize = model.at("hidden_size");
    out.vocabularyRows = model.at("vocabulary_rows");
    out.scoreScale = model.at("score_scale");
    out.normEpsilon = model.at("norm_epsilon");
    out.slidingWindow = model.at("sliding_window");
    out.layerIsLocal = model.at("layer_is_local").get<std::vector<bool>>();
    return out;
}

json generatedJson(const RunRecord& record)
{
    json out = json::array();
    for (const TokenPiece& token : record.generated) {
        json alternatives = json::array();
        for (const auto& [id, probability] : token.alternatives)
            alternatives.push_back({id, jsonFromReal(probability)});
        out.push_back({{"position", token.position},
                       {"id", token.id},
                       {"piece", token.piece},
                       {"text", token.text},
                       {"probability", jsonFromReal(token.probability)},
                       {"alternatives", std::move(alternatives)}});
    }
    return out;
}

json vocabularyJson(const RunRecord& record)
{
    json out = json::array();
    for (const auto& [id, piece] : record.vocabulary)
        out.push_back({id, piece});
    return out;
}

json rolloutStepsJson(const RunRecord& record)
{
    json out = json::array();
    for (const RolloutProgress& step : record.rolloutSteps)
        out.push_back({{"step", step.step},
                       {"steps", step.steps},
                       {"sigma", jsonFromReal(step.sigma)},
                       {"seconds", jsonFromReal(step.stepSeconds)}});
    return out;
}

json memoryPlanJson(const MemoryPlan& plan)
{
    json rows = json::array();
    for (const MemoryPlanRow& row : plan.rows)
        rows.push_back({{"part", row.part},
                        {"weight_bytes", row.weightBytes},
                        {"place", row.place},
                        {"after", row.after},
                        {"measured_bytes", row.measuredBytes}});
    return {{"free_bytes", plan.freeBytes}, {"rows", std::move(rows)}};
}

// Whole nanoseconds: as exact as the clock, and short.
json layerPassesJson(const RunCost& cost)
{
    json out = json::array();
    for (const LayerPass& pass : cost.layerPasses) {
        json layers = json::array();
        for (const double seconds : pass.layerSeconds)
            layers.push_back(std::llround(seconds * 1e9));
        out.push_back({{"part", pass.part},
                       {"rows", pass.rows},
                       {"start_seconds", pass.startSeconds},
                       {"layer_nanoseconds", std::move(layers)}});
    }
    return out;
}

void readCost(const json& run, RunCost& cost)
{
    for (const json& pass : run.value("layer_passes", json::array())) {
        LayerPass read{pass.at("part"), pass.at("rows"), pass.at("start_seconds"), {}};
        for (const json& nanoseconds : pass.at("layer_nanoseconds"))
            read.layerSeconds.push_back(nanoseconds.get<double>() * 1e-9);
        cost.layerPasses.push_back(std::move(read));
    }
    for (const json& stage : run.value("stages", json::array()))
        cost.stages.push_back({stage.at("name"), stage.at("start_seconds"), stage.at("seconds")});
    cost.prefillTokens = run.value("prefill_tokens", std::int64_t{0});
    cost.reusedTokens = run.value("reused_tokens", std::int64_t{0});
    cost.prefillSeconds = run.value("prefill_seconds", 0.0);
    cost.decodeSeconds = run.value("decode_seconds", 0.0);
    cost.peakMemoryBytes = run.value("peak_memory_bytes", std::int64_t{0});
    cost.capturedBytes = run.value("captured_bytes", std::int64_t{0});
    cost.captureSeconds = run.value("capture_seconds", 0.0);
}

void readRollout(const json& run, RunRecord& record)
{
    for (const json& step : run.value("rollout_steps", json::array()))
        record.rolloutSteps.push_back({step.at("step"), step.at("steps"), realFromJson(step.at("sigma")),
                                       realFromJson(step.at("seconds")), nullptr});
    const json plan = run.value("memory_plan", json());
    if (!plan.is_object())
        return;
    record.memoryPlan.freeBytes = plan.at("free_bytes");
    for (const json& row : plan.at("rows"))
        record.memoryPlan.rows.push_back(
            {row.at("part"), row.at("weight_bytes"), row.at("place"), row.at("after"), row.at("measured_bytes")});
}

}  // namespace

json jsonFromRun(const RunRecord& record, const FrameKeys& keys)
{
    json stages = json::array();
    for (const StageTime& stage : record.cost.stages)
        stages.push_back(
            {{"name", stage.name}, {"start_seconds", stage.startSeconds}, {"seconds", stage.durationSeconds}});
    json media = json::array();
    for (const Clip& clip : record.question.media)
        media.push_back(jsonFromClip(clip, keys));
    json blocks = json::array();
    for (const PositionBlock& block : record.bidirectionalBlocks)
        blocks.push_back({block.begin, block.end});
    const std::string question = !record.question.turns.empty() ? record.question.turns.back().text : std::string();
    return {{"question", question},
            {"system_prompt", record.question.systemPrompt},
            {"turns", jsonFromTurns(record.question)},
            {"raw_prompt", jsonFromOptional(record.question.rawPrompt)},
            {"media", std::move(media)},
            {"question_settings", jsonFromSettings(record.question, keys)},
            {"rendered_prompt", record.renderedPrompt},
            {"answer", record.answer},
            {"outcome", outcomeName(record.outcome)},
            {"stop_reason", stopName(record.stopReason)},
            {"settings", record.settings},
            {"warnings", record.warnings},
            {"model", record.model.layers > 0 ? modelJson(record.model) : json()},
            {"bidirectional_blocks", std::move(blocks)},
            {"pieces", record.layout ? json(record.layout->pieces) : json::array()},
            {"grids", record.layout ? gridsJson(*record.layout) : json::array()},
            {"generated", generatedJson(record)},
            {"vocabulary", vocabularyJson(record)},
            {"stages", std::move(stages)},
            {"layer_passes", layerPassesJson(record.cost)},
            {"prefill_tokens", record.cost.prefillTokens},
            {"reused_tokens", record.cost.reusedTokens},
            {"prefill_seconds", record.cost.prefillSeconds},
            {"decode_seconds", record.cost.decodeSeconds},
            {"peak_memory_bytes", record.cost.peakMemoryBytes},
            {"captured_bytes", record.cost.capturedBytes},
            {"capture_seconds", record.cost.captureSeconds},
            {"rollout_clip", record.rolloutFrames ? jsonFromClip(*record.rolloutFrames, {}) : json()},
            {"rollout_steps", rolloutStepsJson(record)},
            {"memory_plan", memoryPlanJson(record.memoryPlan)},
            {"program_version", ARMILLARY_VERSION}};
}

void readRun(const json& run, const FramesByKey& frames, RunRecord& record)
{
    record.question.systemPrompt = run.value("system_prompt", "");
    for (const json& media : run.value("media", json::array()))
        record.question.media.push_back(clipFromJson(media, frames));
    readTurns(run.value("turns", json::array()), record.question);
    record.question.rawPrompt = optionalFromJson<std::string>(run.value("raw_prompt", json()));
    // Records of version 0.1.0 hold no settings of the question as asked, only those as run.
    if (run.contains("question_settings"))
        readSettings(run["question_settings"], frames, record.question);
    record.renderedPrompt = run.value("rendered_prompt", "");
    record.answer = run.value("answer", "");
    record.outcome = outcomeFromName(run.value("outcome", ""));
    const std::string stop = run.value("stop_reason", "");
    record.stopReason = stop == "token_limit" ? StopReason::TokenLimit
                        : stop == "cancelled" ? StopReason::Cancelled
                                              : StopReason::EndOfTurn;
    record.settings = run.value("settings", std::map<std::string, std::string>());
    for (const std::string& warning : run.value("warnings", std::vector<std::string>()))
        record.warnings.push_back(warning);
    record.model = modelFrom(run.value("model", json()));
    for (const json& block : run.value("bidirectional_blocks", json::array()))
        record.bidirectionalBlocks.push_back({block.at(0), block.at(1)});
    for (const json& token : run.value("generated", json::array())) {
        TokenPiece piece;
        piece.position = token.at("position");
        piece.id = token.at("id");
        piece.piece = token.at("piece");
        piece.text = token.at("text");
        piece.probability = floatFromJson(token.at("probability"));
        for (const json& other : token.at("alternatives"))
            piece.alternatives.emplace_back(other.at(0), floatFromJson(other.at(1)));
        record.generated.push_back(std::move(piece));
    }
    for (const json& word : run.value("vocabulary", json::array()))
        record.vocabulary.emplace(word.at(0), word.at(1));
    readCost(run, record.cost);
    readRollout(run, record);
}

void readGrids(const json& run, TokenLayout& layout)
{
    for (const json& grid : run.value("grids", json::array())) {
        const auto covers = grid.at("covers").get<std::vector<double>>();
        if (grid.at("rows") < 1 || grid.at("columns") < 1 || grid.at("latent_frames") < 1 || grid.at("kind") < 0 ||
            grid.at("kind") > static_cast<int>(TokenKind::Generated))
            throw std::runtime_error("a grid of tokens has no size or no kind");
        layout.grids.push_back({grid.at("media"),
                                grid.at("crop"),
                                static_cast<TokenKind>(grid.at("kind").get<int>()),
                                grid.at("rows"),
                                grid.at("columns"),
                                grid.at("latent_frames"),
                                {covers.at(0), covers.at(1), covers.at(2), covers.at(3)}});
        if (grid.contains("tile")) {
            layout.grids.back().tileRow = grid.at("tile").at(0);
            layout.grids.back().tileColumn = grid.at("tile").at(1);
        }
    }
}

}  // namespace armillary::session
