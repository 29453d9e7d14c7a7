// The path of one question through loaded models, step by step: preprocess, plan, encode, fuse, prefill, generate, record.
//
// Between questions it keeps the keys and values of the last sequence and the features of pictures and worlds already seen, so
// that a further question about the same media costs only its own text. What is kept is bound to content, never to names:
// a position is reused when its token, or the pixels and settings behind it, are the same.
// Thread rule: as the engine.
#pragma once

#include "base/error.h"
#include "base/run_control.h"
#include "language/kv_cache.h"
#include "pipeline/model_loader.h"
#include "pipeline/prepared_prompt.h"
#include "pipeline/record_taps.h"
#include "pipeline/world_pipeline.h"
#include "records/question.h"
#include "records/run_record.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <list>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

namespace armillary::pipeline {

// A few computed tensors by the hash of what they were computed from; the least recently used goes first.
class FeatureCache {
public:
    explicit FeatureCache(std::size_t entries) : m_limit(entries) {}

    [[nodiscard]] const std::vector<at::Tensor>* find(std::uint64_t key);
    void put(std::uint64_t key, std::vector<at::Tensor> tensors);

private:
    std::size_t m_limit;
    std::list<std::pair<std::uint64_t, std::vector<at::Tensor>>> m_entries;  // most recently used first
};

class QuestionPipeline {
public:
    explicit QuestionPipeline(std::shared_ptr<const LoadedModels> models);

    Result<std::shared_ptr<const RunRecord>> ask(const Question& question, RunObserver& observer,
                                                 const std::stop_token& stop);
    Result<std::shared_ptr<const RunRecord>> rollout(const RolloutRequest& request, const CaptureRequest& capture,
                                                     RunObserver& observer, const std::stop_token& stop);
    // `question` up to its prefill, for studies: the conversation's keys and values stay untouched. Errors: as ask.
    Result<PreparedPrompt> prepare(const Question& question, RunObserver& observer, const std::stop_token& stop);

    [[nodiscard]] const LoadedModels& models() const { return *m_models; }

private:
    std::shared_ptr<const LoadedModels> m_models;
    FeatureCache m_pictures{16};
    FeatureCache m_worlds{8};
    std::unique_ptr<WorldPipeline> m_world;  // null without a world model
    language::KvCache m_cache;
    std::vector<std::uint64_t> m_cachedKeys;  // what each cached position was computed from

    friend class QuestionRun;
};

}  // namespace armillary::pipeline
