#include "session/question_json.h"

#include "records/temporal_grid.h"
#include "session/json_values.h"

#include <memory>
#include <stdexcept>
#include <utility>

namespace armillary::session {
namespace {

using nlohmann::json;

json rolloutJson(const RolloutRequest& request, const FrameKeys& keys)
{
    return {{"condition", jsonFromClip(request.condition, keys)},
            {"frames", request.frames},
            {"steps", request.steps},
            {"prompt", request.prompt},
            {"negative", jsonFromOptional(request.negative)},
            {"skip_text", request.skipText},
            {"guidance", jsonFromReal(request.guidance)},
            {"frames_per_second", jsonFromReal(request.framesPerSecond)},
            {"height_pixels", request.heightPixels},
            {"width_pixels", request.widthPixels},
            {"seed", request.seed},
            {"preview_every", request.previewEvery},
            {"take_stopped", request.takeStopped}};
}

RolloutRequest rolloutFromJson(const json& object, const FramesByKey& frames)
{
    RolloutRequest out;
    out.condition = clipFromJson(object.at("condition"), frames);
    out.frames = object.at("frames");
    out.steps = object.at("steps");
    out.prompt = object.at("prompt");
    out.negative = optionalFromJson<std::string>(object.at("negative"));
    out.skipText = object.at("skip_text");
    out.guidance = realFromJson(object.at("guidance"));
    out.framesPerSecond = realFromJson(object.at("frames_per_second"));
    out.heightPixels = object.at("height_pixels");
    out.widthPixels = object.at("width_pixels");
    out.seed = object.at("seed");
    out.previewEvery = object.at("preview_every");
    out.takeStopped = object.value("take_stopped", false);
    return out;
}

json worldJson(const WorldOptions& world, const FrameKeys& keys)
{
    return {{"source", nameOf(world.source)},
            {"rollout", world.rollout ? rolloutJson(*world.rollout, keys) : json()},
            {"fusion", jsonFromSetting(world.fusion)},
            {"height_pixels", jsonFromOptional(world.heightPixels)},
            {"width_pixels", jsonFromOptional(world.widthPixels)},
            {"pixel_range", jsonFromSetting(world.pixelRange)},
            {"latent_scale", jsonFromSetting(world.latentScale)},
            {"format", nameOf(world.format)}};
}

WorldOptions worldFromJson(const json& object, const FramesByKey& frames)
{
    WorldOptions out;
    out.source = settingFromJson<WorldSource>(object.at("source"));
    if (!object.at("rollout").is_null())
        out.rollout = rolloutFromJson(object["rollout"], frames);
    out.fusion = optionalSettingFromJson<FusionOption>(object.at("fusion"));
    out.heightPixels = optionalFromJson<int>(object.at("height_pixels"));
    out.widthPixels = optionalFromJson<int>(object.at("width_pixels"));
    out.pixelRange = optionalSettingFromJson<PixelRange>(object.at("pixel_range"));
    out.latentScale = optionalSettingFromJson<LatentScale>(object.at("latent_scale"));
    out.format = settingFromJson<NumberFormat>(object.at("format"));
    return out;
}

// `pixels`: the name of its picture, or nothing.
json gridJson(const TemporalGrid& grid, std::vector<std::string> pixels)
{
    json moments = json::array();
    for (const GridMoment& moment : grid.moments)
        moments.push_back(
            {{"frame", moment.frame}, {"source_frame", moment.sourceFrame}, {"seconds", jsonFromReal(moment.seconds)}});
    json out = {{"moments", std::move(moments)},
                {"cell_height", grid.cellHeight},
                {"cell_width", grid.cellWidth},
                {"filter", nameOf(grid.filter)},
                {"letterbox_side", grid.letterboxSide}};
    if (!pixels.empty())
        out["pixels"] = std::move(pixels);
    return out;
}

std::shared_ptr<const TemporalGrid> gridFromJson(const json& object, const Clip& label, const FramesByKey& frames)
{
    auto out = std::make_shared<TemporalGrid>();
    const json& moments = object.at("moments");
    if (moments.size() != out->moments.size())
        throw std::runtime_error("a grid of " + std::to_string(moments.size()) + " moments is not known");
    for (std::size_t cell = 0; cell < out->moments.size(); ++cell)
        out->moments[cell] = {moments[cell].at("frame"), moments[cell].at("source_frame"),
                              realFromJson(moments[cell].at("seconds"))};
    out->cellHeight = object.at("cell_height");
    out->cellWidth = object.at("cell_width");
    out->filter = settingFromJson<PictureFilter>(object.at("filter"));
    out->letterboxSide = object.at("letterbox_side");
    if (!frames || !object.contains("pixels"))
        return out;
    const std::vector<Image> pixels = frames(label, object["pixels"].get<std::vector<std::string>>());
    if (!pixels.empty())
        out->picture = pixels.front();
    return out;
}

}  // namespace

json jsonFromClip(const Clip& clip, const FrameKeys& keys)
{
    json out = {{"path", clip.path},
                {"frames", clip.frames.size()},
                {"first_frame", clip.firstFrameIndex},
                {"frames_per_second", jsonFromReal(clip.framesPerSecond)}};
    std::vector<std::string> pixels = keys ? keys(clip) : std::vector<std::string>();
    std::vector<std::string> ofGrid;
    if (pixels.size() > clip.frames.size()) {
        ofGrid.push_back(std::move(pixels.back()));
        pixels.pop_back();
    }
    if (keys)
        out["pixels"] = std::move(pixels);
    if (clip.grid)
        out["grid"] = gridJson(*clip.grid, std::move(ofGrid));
    return out;
}

Clip clipFromJson(const json& clip, const FramesByKey& frames)
{
    Clip out;
    out.path = clip.at("path");
    out.firstFrameIndex = clip.at("first_frame");
    out.framesPerSecond = realFromJson(clip.at("frames_per_second"));
    if (frames && clip.contains("pixels"))
        out.frames = frames(out, clip["pixels"].get<std::vector<std::string>>());
    if (clip.contains("grid"))
        out.grid = gridFromJson(clip["grid"], out, frames);
    return out;
}

json jsonFromTurns(const Question& question)
{
    json out = json::array();
    for (const ChatTurn& turn : question.turns)
        out.push_back({{"role", turn.role == ChatRole::User ? "user" : "model"},
                       {"media", turn.mediaIndices},
                       {"text", turn.text}});
    return out;
}

void readTurns(const json& turns, Question& question)
{
    for (const json& turn : turns) {
        auto media = turn.at("media").get<std::vector<int>>();
        for (const int index : media) {
            if (index < 0 || static_cast<std::size_t>(index) >= question.media.size())
                throw std::runtime_error("a turn shows media " + std::to_string(index) + ", which is not there");
        }
        question.turns.push_back(
            {turn.at("role") == "user" ? ChatRole::User : ChatRole::Model, std::move(media), turn.at("text")});
    }
}

json jsonFromSettings(const Question& question, const FrameKeys& keys)
{
    const SamplingOptions& sampling = question.sampling;
    json captured = json::array();
    for (const Capture part : question.capture.parts)
        captured.push_back(nameOf(part));
    return {{"still_frames", question.stillFrames},
            {"pan_and_scan", question.panAndScan},
            {"image_attention", jsonFromSetting(question.imageAttention)},
            {"world", worldJson(question.world, keys)},
            {"sampling",
             {{"max_new_tokens", sampling.maxNewTokens},
              {"temperature", jsonFromReal(sampling.temperature)},
              {"top_k", sampling.topK},
              {"top_p", jsonFromReal(sampling.topP)},
              {"min_p", jsonFromReal(sampling.minP)},
              {"seed", sampling.seed},
              {"ignore_eos", sampling.ignoreEos}}},
            {"answer_prefix", question.answerPrefix},
            {"capture",
             {{"parts", std::move(captured)},
              {"budget_bytes", question.capture.budgetBytes},
              {"layer_times", question.capture.layerTimes}}}};
}

void readSettings(const json& settings, const FramesByKey& frames, Question& question)
{
    question.stillFrames = settings.at("still_frames").get<std::vector<int>>();
    question.panAndScan = settings.at("pan_and_scan");
    question.imageAttention = optionalSettingFromJson<ImageAttention>(settings.at("image_attention"));
    question.world = worldFromJson(settings.at("world"), frames);
    const json& sampling = settings.at("sampling");
    question.sampling = {sampling.at("max_new_tokens"),
                         realFromJson(sampling.at("temperature")),
                         sampling.at("top_k"),
                         realFromJson(sampling.at("top_p")),
                         realFromJson(sampling.at("min_p")),
                         sampling.at("seed"),
                         sampling.at("ignore_eos")};
    // Records of before answers could be begun have none.
    question.answerPrefix = settings.value("answer_prefix", std::vector<std::int64_t>());
    const json& capture = settings.at("capture");
    for (const json& part : capture.at("parts"))
        question.capture.parts.insert(settingFromJson<Capture>(part));
    question.capture.budgetBytes = capture.at("budget_bytes");
    question.capture.layerTimes = capture.value("layer_times", false);
}

}  // namespace armillary::session
