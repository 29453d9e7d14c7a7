#include "session/record_archive.h"

#include "io/safetensors_file.h"
#include "records/temporal_grid.h"
#include "session/json_values.h"
#include "session/run_json.h"

#include <algorithm>
#include <cstring>
#include <ctime>
#include <map>
#include <optional>
#include <stdexcept>

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

// Throws when the tensor holds other numbers than T: they would be read as nonsense.
template <class T>
std::vector<T> valuesFrom(const io::TensorView& view, ElementType type)
{
    if (view.type != type)
        throw std::runtime_error(view.name + " has an unexpected element type");
    std::vector<T> out(view.bytes.size() / sizeof(T));
    if (!out.empty())
        std::memcpy(out.data(), view.bytes.data(), out.size() * sizeof(T));
    return out;
}

// Every clip that a question holds; the condition of a rollout is often one of its media.
std::vector<const Clip*> clipsOf(const Question& question)
{
    std::vector<const Clip*> out;
    for (const Clip& clip : question.media)
        out.push_back(&clip);
    if (question.world.rollout)
        out.push_back(&question.world.rollout->condition);
    return out;
}

constexpr const char* kGivenNoise = "rollout.given_noise";
constexpr const char* kGivenVaeNoise = "rollout.given_vae_noise";
constexpr const char* kRolloutFrames = "rollout.frames";

// [F,h,w,3] uint8; nothing when the frames differ in size.
std::optional<TensorSnapshot> snapshotFromClip(const Clip& clip)
{
    if (clip.frames.empty())
        return std::nullopt;
    const Image& first = clip.frames.front();
    auto bytes = std::make_shared<std::vector<std::uint8_t>>();
    for (const Image& frame : clip.frames) {
        if (frame.height() != first.height() || frame.width() != first.width())
            return std::nullopt;
        bytes->insert(bytes->end(), frame.rgb().begin(), frame.rgb().end());
    }
    return TensorSnapshot{ElementType::UInt8,
                          {static_cast<std::int64_t>(clip.frames.size()), first.height(), first.width(), 3},
                          std::move(bytes)};
}

std::shared_ptr<const Clip> clipFromTensor(const TensorSnapshot& tensor, Clip label)
{
    constexpr std::int64_t kMaxSide = 1 << 20;
    if (tensor.type != ElementType::UInt8 || tensor.shape.size() != 4 || tensor.shape[3] != 3 ||
        tensor.shape[1] > kMaxSide || tensor.shape[2] > kMaxSide)
        throw std::runtime_error("rollout.frames is no [frames, height, width, 3] of bytes");
    const auto frameBytes = static_cast<std::size_t>(tensor.shape[1] * tensor.shape[2] * 3);
    label.frames.clear();
    for (std::int64_t i = 0; i < tensor.shape[0]; ++i) {
        const auto begin = tensor.bytes->begin() + static_cast<std::ptrdiff_t>(frameBytes) * i;
        label.frames.emplace_back(static_cast<int>(tensor.shape[1]), static_cast<int>(tensor.shape[2]),
                                  std::vector<std::uint8_t>(begin, begin + static_cast<std::ptrdiff_t>(frameBytes)));
    }
    return std::make_shared<const Clip>(std::move(label));
}

std::string nowUtc()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32] = {};
    std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
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
        layout.ids = valuesFrom<std::int64_t>(*ids, ElementType::Int64);
        layout.ids.resize(std::min(layout.ids.size(), prefill));
    }
    if (const io::TensorView* kinds = file.find("sequence.kind")) {
        for (const std::uint8_t kind : valuesFrom<std::uint8_t>(*kinds, ElementType::UInt8))
            layout.kinds.push_back(static_cast<TokenKind>(std::min<std::uint8_t>(kind, 5)));
    }
    if (const io::TensorView* origins = file.find("sequence.origin")) {
        const std::vector<std::int32_t> flat = valuesFrom<std::int32_t>(*origins, ElementType::Int32);
        for (std::size_t i = 0; i + 4 < flat.size(); i += 5)
            layout.origins.push_back({flat[i], flat[i + 1], flat[i + 2], flat[i + 3], flat[i + 4]});
    }
    readGrids(run, layout);
    // Arrays of different lengths would be read past their ends later; the shortest is what all of them know.
    const std::size_t common = std::min({layout.ids.size(), layout.kinds.size(), layout.origins.size(), prefill});
    layout.ids.resize(common);
    layout.kinds.resize(common);
    layout.origins.resize(common);
    layout.pieces.resize(common);
}

void readTensors(const io::SafetensorsFile& file, const TensorChoice& wanted, RunRecord& record)
{
    for (const io::TensorView& view : file.tensors()) {
        if (view.name.starts_with("sequence.") || view.name == "generated.token_ids")
            continue;
        const bool isGivenNoise = view.name == kGivenNoise || view.name == kGivenVaeNoise;
        if (!isGivenNoise && wanted && !wanted(view.name))
            continue;
        TensorSnapshot tensor{view.type, view.shape,
                              std::make_shared<const std::vector<std::uint8_t>>(view.bytes.begin(), view.bytes.end())};
        if (!isGivenNoise)
            record.tensors[view.name] = std::move(tensor);
        else if (record.question.world.rollout)
            (view.name == kGivenNoise ? record.question.world.rollout->noise
                                      : record.question.world.rollout->vaeNoise) = std::move(tensor);
    }
}

// The frames of a rollout are a tensor of the record; as a clip they share its label.
void readRolloutFrames(const json& run, RunRecord& record)
{
    const auto frames = record.tensors.find(kRolloutFrames);
    if (frames == record.tensors.end())
        return;
    Clip label;
    label.path = "rollout";
    if (const json clip = run.value("rollout_clip", json()); clip.is_object())
        label = clipFromJson(clip, {});
    record.rolloutFrames = clipFromTensor(frames->second, std::move(label));
}

Result<std::shared_ptr<const io::SafetensorsFile>> openRecordFile(const std::string& path)
{
    auto file = io::SafetensorsFile::open(path);
    if (!file)
        return file;
    const auto& metadata = (*file)->metadata();
    const auto version = metadata.find("armillary.record");
    if (version == metadata.end() || !metadata.contains("armillary.run"))
        return fail(ErrorCode::InvalidInput, "this safetensors file is not a record of Armillary: " + path);
    if (version->second != "1")
        return fail(ErrorCode::InvalidInput,
                    "the record has format version " + version->second + ", this program reads version 1: " + path);
    return file;
}

// nlohmann-json reports wrong types and missing keys by throwing, and so do the readers above.
tl::unexpected<Error> failBroken(const std::exception& broken, const std::string& path)
{
    return fail(ErrorCode::FileRead,
                std::string("the record's description is broken (") + broken.what() + "): " + path);
}

}  // namespace

std::string runJson(const RunRecord& record)
{
    return textOf(jsonFromRun(record, {}));
}

Result<void> writeRecord(const std::string& path, const RunRecord& record, MediaStore* media)
{
    FrameKeys keys;
    std::map<const Clip*, std::vector<std::string>> keysByClip;
    if (media != nullptr) {
        for (const Clip* clip : clipsOf(record.question)) {
            std::vector<Image> pictures = clip->frames;
            if (clip->grid && !clip->grid->picture.empty())
                pictures.push_back(clip->grid->picture);
            for (const Image& picture : pictures) {
                auto key = media->put(picture);
                if (!key)
                    return tl::unexpected(key.error());
                keysByClip[clip].push_back(std::move(*key));
            }
        }
        keys = [&keysByClip](const Clip& clip) { return keysByClip[&clip]; };
    }
    std::map<std::string, TensorSnapshot> tensors = record.tensors;
    addSequence(record, tensors);
    if (const auto& rollout = record.question.world.rollout) {
        if (rollout->noise)
            tensors[kGivenNoise] = *rollout->noise;
        if (rollout->vaeNoise)
            tensors[kGivenVaeNoise] = *rollout->vaeNoise;
    }
    if (record.rolloutFrames && !tensors.contains(kRolloutFrames)) {
        if (auto frames = snapshotFromClip(*record.rolloutFrames))
            tensors[kRolloutFrames] = std::move(*frames);
    }
    return io::writeSafetensors(path, tensors,
                                {{"armillary.record", "1"},
                                 {"armillary.run", textOf(jsonFromRun(record, keys))},
                                 {"armillary.created", nowUtc()}});
}

Result<std::shared_ptr<const RunRecord>> readRecord(const std::string& path, const MediaStore* media,
                                                    const TensorChoice& wanted)
{
    const auto file = openRecordFile(path);
    if (!file)
        return tl::unexpected(file.error());
    try {
        const json object = json::parse((*file)->metadata().at("armillary.run"));
        auto record = std::make_shared<RunRecord>();
        FramesByKey frames;
        if (media != nullptr)
            frames = [&record, media](const Clip& label, const std::vector<std::string>& keys) {
                std::vector<Image> out;
                for (const std::string& key : keys) {
                    auto image = media->get(key);
                    if (!image) {
                        record->warnings.push_back("the pictures of " + label.path +
                                                   " are lost: " + image.error().message);
                        return std::vector<Image>();
                    }
                    out.push_back(std::move(*image));
                }
                return out;
            };
        readRun(object, frames, *record);
        auto layout = std::make_shared<TokenLayout>();
        readLayout(**file, object, *layout);
        record->layout = std::move(layout);
        readTensors(**file, wanted, *record);
        readRolloutFrames(object, *record);
        return record;
    } catch (const std::exception& broken) {
        return failBroken(broken, path);
    }
}

Result<RecordHeader> readRecordHeader(const std::string& path)
{
    const auto file = openRecordFile(path);
    if (!file)
        return tl::unexpected(file.error());
    RecordHeader out;
    const auto& metadata = (*file)->metadata();
    out.runJson = metadata.at("armillary.run");
    if (const auto created = metadata.find("armillary.created"); created != metadata.end())
        out.createdUtc = created->second;
    for (const io::TensorView& view : (*file)->tensors())
        out.tensors.push_back({view.name, view.type, view.shape, static_cast<std::int64_t>(view.bytes.size())});
    return out;
}

Result<TensorSnapshot> readRecordTensor(const std::string& path, const std::string& name)
{
    const auto file = io::SafetensorsFile::open(path);
    if (!file)
        return tl::unexpected(file.error());
    const io::TensorView* view = (*file)->find(name);
    if (view == nullptr)
        return fail(ErrorCode::InvalidInput, "there is no tensor '" + name + "' in " + path);
    return TensorSnapshot{view->type, view->shape,
                          std::make_shared<const std::vector<std::uint8_t>>(view->bytes.begin(), view->bytes.end())};
}

}  // namespace armillary::session
