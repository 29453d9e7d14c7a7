#include "training/prompts.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace armillary::training {
namespace {

constexpr std::int64_t kNoLabel = -100;
constexpr std::int64_t kOfPrefix = -2;
constexpr std::int64_t kFiller = -1;

}  // namespace

Result<fusion::PromptPlan> Prompts::plan(const std::string& question, bool hasWorld) const
{
    Question asked;
    asked.turns.push_back({ChatRole::User, {0}, question});
    return fusion::planPrompt(asked, hasWorld ? FusionOption::Brackets : FusionOption::None, m_tokenizer,
                              {{0, {{0, 0, 1, 1}}}}, m_world, {}, m_numbers);
}

Result<PromptPrefix> Prompts::prefixOf(bool hasWorld) const
{
    // What two questions that begin with different words have in common.
    const auto one = plan("Count the shapes.", hasWorld);
    const auto other = plan("Where will the disc be at the end?", hasWorld);
    if (!one || !other)
        return tl::unexpected((one ? other : one).error());
    const std::vector<std::int64_t>& ids = one->layout->ids;
    const std::vector<std::int64_t>& otherIds = other->layout->ids;
    const auto differs = std::mismatch(ids.begin(), ids.end(), otherIds.begin(), otherIds.end());
    PromptPrefix out;
    out.ids.assign(ids.begin(), differs.first);
    std::replace_if(
        out.ids.begin(), out.ids.end(), [](std::int64_t id) { return id < 0; }, 0);
    const auto rangeOf = [](const std::vector<std::int64_t>& rows) {
        return rows.empty() ? nn::PositionRange() : nn::PositionRange{rows.front(), rows.back() + 1};
    };
    out.world = rangeOf(one->worldRows);
    out.image = rangeOf(one->imageRows);
    if (out.size() < out.image.end || out.size() < out.world.end)
        return fail(ErrorCode::Internal, "the questions do not share a prefix that holds the picture");
    return out;
}

Result<Prompts> Prompts::make(std::shared_ptr<const text::Tokenizer> tokenizer, const gemma::GemmaConfig& config,
                              const fusion::WorldGrid& world)
{
    Prompts out;
    out.m_tokenizer = std::move(tokenizer);
    out.m_numbers = {config.imageTokenId, static_cast<int>(config.tokensPerImage), config.text.maxPositions};
    out.m_world = world;
    const auto endOfTurn = out.m_tokenizer->id("<end_of_turn>");
    if (!endOfTurn)
        return fail(ErrorCode::ModelMismatch, "the tokenizer has no <end_of_turn>");
    out.m_endOfTurn = *endOfTurn;
    auto plain = out.prefixOf(false);
    auto withWorld = out.prefixOf(true);
    if (!plain || !withWorld)
        return tl::unexpected((plain ? withWorld : plain).error());
    out.m_plain = std::move(*plain);
    out.m_withWorld = std::move(*withWorld);
    return out;
}

const PromptSegment& Prompts::segment(const AskedQuestion& question)
{
    PromptSegment& out = m_segments[{question.text, question.answer}];
    if (!out.ids.empty())
        return out;
    const auto planned = plan(question.text, false);
    TORCH_CHECK(planned, planned ? "" : planned.error().message);
    const std::vector<std::int64_t>& ids = planned->layout->ids;
    TORCH_CHECK(static_cast<std::int64_t>(ids.size()) > m_plain.size(), "the question is empty");
    out.ids.assign(ids.begin() + m_plain.size(), ids.end());
    out.answerBegin = out.ids.size();
    for (const std::int64_t id : m_tokenizer->encode(question.answer))
        out.ids.push_back(id);
    out.ids.push_back(m_endOfTurn);
    return out;
}

PackedQuestions pack(Prompts& prompts, bool hasWorld, const std::vector<std::vector<AskedQuestion>>& rows)
{
    const PromptPrefix& prefix = prompts.prefix(hasWorld);
    const auto batch = static_cast<std::int64_t>(rows.size());
    std::int64_t length = 1;
    for (const auto& row : rows) {
        std::int64_t sum = 0;
        for (const AskedQuestion& question : row)
            sum += static_cast<std::int64_t>(prompts.segment(question).ids.size());
        length = std::max(length, sum);
    }
    PackedQuestions out;
    out.prefix = prefix.size();
    const std::int64_t total = out.prefix + length;
    out.ids = at::zeros({batch, length}, at::kLong);
    out.positions = at::arange(total, at::kLong).minimum(at::full({1}, out.prefix, at::kLong)).repeat({batch, 1});
    out.labels = at::full({batch, length}, kNoLabel, at::kLong);
    out.segments = at::full({batch, length}, kFiller, at::kLong);
    for (std::int64_t r = 0; r < batch; ++r) {
        auto* ids = out.ids[r].mutable_data_ptr<std::int64_t>();
        auto* positions = out.positions[r].mutable_data_ptr<std::int64_t>() + out.prefix;
        auto* labels = out.labels[r].mutable_data_ptr<std::int64_t>();
        auto* segments = out.segments[r].mutable_data_ptr<std::int64_t>();
        std::int64_t index = 0;
        for (const AskedQuestion& question : rows[static_cast<std::size_t>(r)]) {
            const PromptSegment& segment = prompts.segment(question);
            for (std::size_t i = 0; i < segment.ids.size(); ++i) {
                *ids++ = segment.ids[i];
                *positions++ = out.prefix + static_cast<std::int64_t>(i);
                *segments++ = index;
                const bool isCounted = i + 1 >= segment.answerBegin && i + 1 < segment.ids.size();
                *labels++ = isCounted ? segment.ids[i + 1] : kNoLabel;
            }
            ++index;
        }
    }
    const at::Tensor owner = at::cat({at::full({batch, out.prefix}, kOfPrefix, at::kLong), out.segments}, 1);
    const at::Tensor order = at::arange(total, at::kLong);
    at::Tensor sees = order.unsqueeze(1).ge(order.unsqueeze(0)).unsqueeze(0) &
                      (owner.unsqueeze(1).eq(kOfPrefix) | owner.unsqueeze(1).eq(owner.unsqueeze(2)));  // [B,S,S]
    if (!hasWorld) {
        // Plain Gemma's pictures see both ways; in TheWorld's fused forward they do not.
        const std::int64_t tokens = prefix.image.end - prefix.image.begin;
        sees.narrow(1, prefix.image.begin, tokens).narrow(2, prefix.image.begin, tokens).fill_(true);
    }
    out.mask = at::zeros({batch, 1, total, total}, at::kFloat)
                   .masked_fill_(sees.logical_not().unsqueeze(1), -std::numeric_limits<float>::infinity());
    return out;
}

}  // namespace armillary::training
