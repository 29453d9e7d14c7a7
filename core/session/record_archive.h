// One run as one safetensors file, readable without any code of ours, and back into a RunRecord that panels can show.
// Names and meanings are the contract of record.md. Beyond it, `armillary.run` holds `question_settings` (the question as asked:
// crops, world, sampling, capture), `rollout_clip`, `rollout_steps`, `memory_plan`, and a media's `pixels` (names in the media
// folder of a session); given noise lies in `rollout.given_noise` and `rollout.given_vae_noise`; `armillary.created` is when
// the file was written.
// Thread rule: free functions without shared state; records are immutable.
#pragma once

#include "base/error.h"
#include "records/run_record.h"
#include "session/media_store.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace armillary::session {

// Writes `record` to `path` atomically; the frames of its media go into `media`, without one they are named but not kept.
// Errors: FileWrite.
[[nodiscard]] Result<void> writeRecord(const std::string& path, const RunRecord& record, MediaStore* media = nullptr);

// Which of the record's tensors to read, by name; empty: all.
using TensorChoice = std::function<bool(const std::string& name)>;

// The record in `path`. Its media have their frames when it was written with a media store and `media` is that store; frames
// that are damaged there are left out, with a warning in the record. Errors: FileRead, InvalidInput (a safetensors file that
// is no record).
[[nodiscard]] Result<std::shared_ptr<const RunRecord>> readRecord(const std::string& path,
                                                                  const MediaStore* media = nullptr,
                                                                  const TensorChoice& wanted = {});

struct TensorEntry {
    std::string name;
    ElementType type = ElementType::Float32;
    std::vector<std::int64_t> shape;
    std::int64_t byteCount = 0;
};

struct RecordHeader {
    std::string runJson;     // `armillary.run`, not parsed yet
    std::string createdUtc;  // 2026-01-31T23:59:59Z; empty in files that do not say
    std::vector<TensorEntry> tensors;
};

// What the head of the file says; reads no tensor. Errors: as readRecord.
[[nodiscard]] Result<RecordHeader> readRecordHeader(const std::string& path);

// One tensor of the file. Errors: FileRead, InvalidInput (no tensor of that name).
[[nodiscard]] Result<TensorSnapshot> readRecordTensor(const std::string& path, const std::string& name);

// The JSON object of `armillary.run`; also what `armillary-cli ask --json` prints.
[[nodiscard]] std::string runJson(const RunRecord& record);

}  // namespace armillary::session
