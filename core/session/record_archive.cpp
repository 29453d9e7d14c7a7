#include "session/record_archive.h"

#include "io/safetensors_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>

namespace armillary::session {
namespace {

using nlohmann::json;

template <class T>
TensorSnapshot snapshotFrom(ElementType type, std::vector<std::int64_t> shape, const std::vector<T>& values)
{
    auto bytes = std::make_shared<std::vector<std::uint8_t>>(values.size() * sizeof(T));
    if (!values.empty())
        std::memcpy(bytes->data(), values.data(), bytes->size());
    return {type, std::move(shape), std::move(bytes)};
}

template <class T>
std::vector<T> valuesFrom(const io::TensorView& view)
{
    std::vector<T> out(view.bytes.size() / sizeof(T));
    if (!out.empty())
        std::memcpy(out.data(), view.bytes.data(), out.size() * sizeof(T));
    return out;
}

std::string_view outcomeName(RunOutcome outcome)
{
    switch (outcome) {
    case RunOutcome::Completed: return "completed";
    case RunOutcome::Cancelled: return "cancelled";
    case RunOutcome::Failed: return "failed";
    }
    return "?";
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
    for (const TokenGrid& grid : layout.grids)
        out.push_back({{"media", grid.media},
                       {"crop", grid.crop},
                       {"kind", static_cast<int>(grid.kind)},
                       {"rows", grid.rows},
                       {"columns", grid.columns},
                       {"latent_frames", grid.latentFrames},
                       {"covers", {grid.covers.top, grid.covers.left, grid.covers.bottom, grid.covers.right}}});
    return out;
}

json turnsJson(const Question& question)
{
    json out = json::array();
    for (const ChatTurn& turn : question.turns)
        out.push_back({{"role", turn.role == ChatRole::User ? "user" : "model"},
                       {"media", turn.mediaIndices},
                       {"text", turn.text}});
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

json runObject(const RunRecord& record)
{
    json generated = json::array();
    for (const TokenPiece& token : record.generated) {
        json alternatives = json::array();
        for (const auto& [id, probability] : token.alternatives)
            alternatives.push_back({id, probability});
        generated.push_back({{"position", token.position},
                             {"id", token.id},
                             {"piece", token.piece},
                             {"text", token.text},
                             {"probability", token.probability},
                             {"alternatives", std::move(alternatives)}});
    }
    json stages = json::array();
    for (const StageTime& stage : record.cost.stages)
        stages.push_back({{"name", stage.name}, {"start_seconds", stage.startSeconds}, {"seconds", stage.durationSeconds}});
    json media = json::array();
    for (const Clip& clip : record.question.media)
        media.push_back({{"path", clip.path},
                         {"frames", clip.frames.size()},
                         {"first_frame", clip.firstFrameIndex},
                         {"frames_per_second", clip.framesPerSecond}});
    json blocks = json::array();
    for (const PositionBlock& block : record.bidirectionalBlocks)
        blocks.push_back({block.begin, block.end});
    const std::string question = !record.question.turns.empty() ? record.question.turns.back().text : std::string();
    return {{"question", question},
            {"system_prompt", record.question.systemPrompt},
            {"turns", turnsJson(record.question)},
            {"raw_prompt", record.question.rawPrompt ? json(*record.question.rawPrompt) : json()},
            {"media", std::move(media)},
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
            {"generated", std::move(generated)},
            {"stages", std::move(stages)},
            {"prefill_tokens", record.cost.prefillTokens},
            {"reused_tokens", record.cost.reusedTokens},
            {"prefill_seconds", record.cost.prefillSeconds},
            {"decode_seconds", record.cost.decodeSeconds},
            {"peak_memory_bytes", record.cost.peakMemoryBytes},
            {"captured_bytes", record.cost.capturedBytes},
            {"capture_seconds", record.cost.captureSeconds},
            {"program_version", ARMILLARY_VERSION}};
}

// Bytes of an unfinished character never reach here, but a path from the file system may hold any bytes.
std::string dump(const json& value)
{
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void addSequence(const RunRecord& record, std::map<std::string, TensorSnapshot>& tensors)
{
    if (!record.layout)
        return;
    std::vector<std::int64_t> ids = record.layout->ids;
    std::vector<std::uint8_t> kinds;
    std::vector<std::int32_t> origins;
    for (const TokenKind kind : record.layout->kinds)
        kinds.push_back(static_cast<std::uint8_t>(kind));
    for (const TokenOrigin& origin : record.layout->origins)
        origins.insert(origins.end(), {origin.media, origin.crop, origin.latentFrame, origin.row, origin.column});
    std::vector<std::int64_t> generated;
    for (const TokenPiece& token : record.generated) {
        generated.push_back(token.id);
        ids.push_back(token.id);
        kinds.push_back(static_cast<std::uint8_t>(TokenKind::Generated));
        origins.insert(origins.end(), 5, -1);
    }
    const auto length = static_cast<std::int64_t>(ids.size());
    tensors["sequence.token_ids"] = snapshotFrom(ElementType::Int64, {length}, ids);
    tensors["sequence.kind"] = snapshotFrom(ElementType::UInt8, {length}, kinds);
    tensors["sequence.origin"] = snapshotFrom(ElementType::Int32, {length, 5}, origins);
    tensors["generated.token_ids"] =
        snapshotFrom(ElementType::Int64, {static_cast<std::int64_t>(generated.size())}, generated);
}

void readLayout(const io::SafetensorsFile& file, const json& run, TokenLayout& layout)
{
    const std::vector<std::string> pieces = run.value("pieces", std::vector<std::string>());
    const std::size_t prefill = pieces.size();
    layout.pieces = pieces;
    if (const io::TensorView* ids = file.find("sequence.token_ids")) {
        layout.ids = valuesFrom<std::int64_t>(*ids);
        layout.ids.resize(std::min(layout.ids.size(), prefill));
    }
    if (const io::TensorView* kinds = file.find("sequence.kind")) {
        for (const std::uint8_t kind : valuesFrom<std::uint8_t>(*kinds))
            layout.kinds.push_back(static_cast<TokenKind>(std::min<std::uint8_t>(kind, 5)));
    }
    if (const io::TensorView* origins = file.find("sequence.origin")) {
        const std::vector<std::int32_t> flat = valuesFrom<std::int32_t>(*origins);
        for (std::size_t i = 0; i + 4 < flat.size(); i += 5)
            layout.origins.push_back({flat[i], flat[i + 1], flat[i + 2], flat[i + 3], flat[i + 4]});
    }
    for (const json& grid : run.value("grids", json::array())) {
        const auto covers = grid.at("covers").get<std::vector<double>>();
        layout.grids.push_back({grid.at("media"), grid.at("crop"), static_cast<TokenKind>(grid.at("kind").get<int>()),
                                grid.at("rows"), grid.at("columns"), grid.at("latent_frames"),
                                {covers.at(0), covers.at(1), covers.at(2), covers.at(3)}});
    }
    // Arrays of different lengths would be read past their ends later; the shortest is what all of them know.
    const std::size_t common = std::min({layout.ids.size(), layout.kinds.size(), layout.origins.size(), prefill});
    layout.ids.resize(common);
    layout.kinds.resize(common);
    layout.origins.resize(common);
    layout.pieces.resize(common);
}

void readRun(const json& run, RunRecord& record)
{
    record.question.systemPrompt = run.value("system_prompt", "");
    for (const json& turn : run.value("turns", json::array()))
        record.question.turns.push_back({turn.at("role") == "user" ? ChatRole::User : ChatRole::Model,
                                         turn.at("media").get<std::vector<int>>(), turn.at("text")});
    if (run.contains("raw_prompt") && run["raw_prompt"].is_string())
        record.question.rawPrompt = run["raw_prompt"].get<std::string>();
    for (const json& media : run.value("media", json::array())) {
        Clip clip;
        clip.path = media.at("path");
        clip.firstFrameIndex = media.at("first_frame");
        clip.framesPerSecond = media.at("frames_per_second");
        record.question.media.push_back(std::move(clip));
    }
    record.renderedPrompt = run.value("rendered_prompt", "");
    record.answer = run.value("answer", "");
    record.outcome = run.value("outcome", "") == "cancelled" ? RunOutcome::Cancelled : RunOutcome::Completed;
    const std::string stop = run.value("stop_reason", "");
    record.stopReason = stop == "token_limit" ? StopReason::TokenLimit
                        : stop == "cancelled" ? StopReason::Cancelled
                                              : StopReason::EndOfTurn;
    record.settings = run.value("settings", std::map<std::string, std::string>());
    record.warnings = run.value("warnings", std::vector<std::string>());
    record.model = modelFrom(run.value("model", json()));
    for (const json& block : run.value("bidirectional_blocks", json::array()))
        record.bidirectionalBlocks.push_back({block.at(0), block.at(1)});
    for (const json& token : run.value("generated", json::array())) {
        TokenPiece piece;
        piece.position = token.at("position");
        piece.id = token.at("id");
        piece.piece = token.at("piece");
        piece.text = token.at("text");
        piece.probability = token.at("probability");
        for (const json& other : token.at("alternatives"))
            piece.alternatives.emplace_back(other.at(0), other.at(1));
        record.generated.push_back(std::move(piece));
    }
    for (const json& stage : run.value("stages", json::array()))
        record.cost.stages.push_back({stage.at("name"), stage.at("start_seconds"), stage.at("seconds")});
    record.cost.prefillTokens = run.value("prefill_tokens", std::int64_t{0});
    record.cost.reusedTokens = run.value("reused_tokens", std::int64_t{0});
    record.cost.prefillSeconds = run.value("prefill_seconds", 0.0);
    record.cost.decodeSeconds = run.value("decode_seconds", 0.0);
    record.cost.peakMemoryBytes = run.value("peak_memory_bytes", std::int64_t{0});
    record.cost.capturedBytes = run.value("captured_bytes", std::int64_t{0});
    record.cost.captureSeconds = run.value("capture_seconds", 0.0);
}

}  // namespace

std::string runJson(const RunRecord& record)
{
    return dump(runObject(record));
}

Result<void> writeRecord(const std::string& path, const RunRecord& record)
{
    std::map<std::string, TensorSnapshot> tensors = record.tensors;
    addSequence(record, tensors);
    return io::writeSafetensors(path, tensors, {{"armillary.record", "1"}, {"armillary.run", runJson(record)}});
}

Result<std::shared_ptr<const RunRecord>> readRecord(const std::string& path)
{
    auto file = io::SafetensorsFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    const auto& metadata = (*file)->metadata();
    const auto version = metadata.find("armillary.record");
    const auto run = metadata.find("armillary.run");
    if (version == metadata.end() || run == metadata.end())
        return fail(ErrorCode::InvalidInput, "this safetensors file is not a record of Armillary: " + path);
    if (version->second != "1")
        return fail(ErrorCode::InvalidInput,
                    "the record has format version " + version->second + ", this program reads version 1: " + path);
    try {
        const json object = json::parse(run->second);
        auto record = std::make_shared<RunRecord>();
        readRun(object, *record);
        auto layout = std::make_shared<TokenLayout>();
        readLayout(**file, object, *layout);
        record->layout = std::move(layout);
        for (const io::TensorView& view : (*file)->tensors()) {
            if (view.name.starts_with("sequence.") || view.name == "generated.token_ids")
                continue;
            record->tensors[view.name] = {
                view.type, view.shape,
                std::make_shared<const std::vector<std::uint8_t>>(view.bytes.begin(), view.bytes.end())};
        }
        return record;
    } catch (const std::exception& broken) {  // nlohmann-json reports wrong types and missing keys by throwing
        return fail(ErrorCode::FileRead, std::string("the record's description is broken (") + broken.what() + "): " + path);
    }
}

}  // namespace armillary::session
