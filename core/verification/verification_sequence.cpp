// The checks of the sequence: V6, W7-W9 and W14-W16.
#include "verification/verification_run.h"

#include "cosmos/world_rollout.h"
#include "language/generator.h"
#include "nn/attention.h"
#include "text/chat_prompt.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace armillary::verification {
namespace {

// Keeps outputs of the first layers and queries and keys of chosen ones, and ends a pass that need not go on.
class PassTaps final : public tensors::TapSink {
public:
    PassTaps(int outputs, std::vector<int> attention, std::stop_source* enough)
        : m_outputs(outputs), m_attention(std::move(attention)), m_enough(enough)
    {}

    [[nodiscard]] bool wants(tensors::TapPoint point, int layer) const override
    {
        if (point == tensors::TapPoint::Hidden)
            return layer >= 1 && layer <= m_outputs;
        return (point == tensors::TapPoint::Query || point == tensors::TapPoint::Key) &&
               std::find(m_attention.begin(), m_attention.end(), layer) != m_attention.end();
    }
    void take(tensors::TapPoint point, int layer, const at::Tensor& tensor) override
    {
        if (point == tensors::TapPoint::Query)
            queries[layer] = tensor.clone();
        else if (point == tensors::TapPoint::Key)
            keys[layer] = tensor.clone();
        else
            hidden.push_back(tensor.clone());
        if (m_enough != nullptr && static_cast<int>(hidden.size()) == m_outputs)
            m_enough->request_stop();
    }

    std::vector<at::Tensor> hidden;
    std::map<int, at::Tensor> queries, keys;

private:
    int m_outputs;
    std::vector<int> m_attention;
    std::stop_source* m_enough;
};

language::KvCache copyOf(const language::KvCache& cache, const language::LanguageModel& model)
{
    language::KvCache out = model.makeCache();
    for (std::int64_t layer = 0; layer < model.config().layerCount; ++layer)
        out.append(layer, cache.keys(layer, cache.length()), cache.values(layer, cache.length()));
    out.advance(cache.length());
    return out;
}

// Blocks of a sequence of which only `kept` positions stay.
language::ImageBlocks blocksOf(const language::ImageBlocks& blocks, const std::vector<std::int64_t>& kept)
{
    language::ImageBlocks out;
    for (const nn::PositionRange& block : blocks) {
        const auto begin = std::lower_bound(kept.begin(), kept.end(), block.begin) - kept.begin();
        out.push_back({begin, begin + (block.end - block.begin)});
    }
    return out;
}

}  // namespace

int VerificationRun::layersToFirstGlobal() const
{
    const language::DecoderConfig& config = m_models.language->config();
    std::int64_t layer = 0;
    while (layer + 1 < config.layerCount && !config.isGlobal(layer))
        ++layer;
    return static_cast<int>(layer) + 1;
}

Result<VerificationRun::Pass> VerificationRun::pass(const at::Tensor& embeds, const language::ImageBlocks& blocks,
                                                    const PassWish& wish)
{
    std::stop_source ends;
    const std::stop_callback outer(m_stop, [&ends] { ends.request_stop(); });
    PassTaps taps(wish.outputs, wish.attention, wish.isPartial ? &ends : nullptr);
    Pass out;
    out.cache = m_models.language->makeCache();
    const auto hidden = m_models.language->forward(embeds, out.cache, blocks, taps, m_observer, ends.get_token());
    const bool isEnough =
        wish.isPartial && static_cast<int>(taps.hidden.size()) == wish.outputs && !m_stop.stop_requested();
    if (!hidden && !isEnough)
        return tl::unexpected(hidden.error());
    if (hidden)
        out.last = hidden->slice(0, hidden->size(0) - 1);
    out.hidden = std::move(taps.hidden);
    out.queries = std::move(taps.queries);
    out.keys = std::move(taps.keys);
    return out;
}

// Another embedding at `position`, and which rows notice after each of the first layers.
Result<Probe> VerificationRun::probe(std::int64_t position, const Pass& base)
{
    at::Tensor embeds = m_prompt.embeds.clone();
    at::Tensor row = embeds[position];
    const double size = std::max(row.abs().mean().item<double>(), 1e-3);
    row.copy_(at::roll(row, 1).neg() + size);
    const auto changed = pass(embeds, m_prompt.blocks, {static_cast<int>(base.hidden.size()), {}, true});
    if (!changed)
        return tl::unexpected(changed.error());
    Probe out;
    out.position = position;
    for (std::size_t layer = 0; layer < base.hidden.size(); ++layer) {
        const at::Tensor differs = (changed->hidden[layer] != base.hidden[layer]).any(1).to(at::kCPU).contiguous();
        const bool* const data = differs.const_data_ptr<bool>();
        out.changed.emplace_back(data, data + differs.numel());
    }
    return out;
}

at::Tensor VerificationRun::logitsOf(const Pass& pass) const
{
    return m_models.language->logits(pass.last, m_prompt.plan.vocabularyRows)[0].to(at::kCPU);
}

void VerificationRun::checkCounts()
{
    if (!hasWorld())
        return skip({"W7", "W8"}, "this run has no world");
    const fusion::PromptPlan& plan = m_prompt.plan;
    const cosmos::VaeConfig& vae = m_models.world->vae->config();
    if (wants({"W7"})) {
        WorldCount count;
        count.frames = 1;
        if (m_question.world.source == WorldSource::Clip)
            count.frames = static_cast<std::int64_t>(m_question.media.front().frames.size());
        else if (m_question.world.source == WorldSource::Rollout)
            count.frames = m_question.world.rollout->frames;
        const std::string& size = m_prompt.settings.at("world_size");
        count.heightPixels = std::stoll(size);
        count.widthPixels = std::stoll(size.substr(size.find('x') + 1));
        count.framesPerLatent = vae.framesPerLatent();
        count.pixelsPerLatent = vae.pixelsPerLatent();
        count.byChannel = m_prompt.worldGrid.channels > 0;
        const auto sizes = m_prompt.worldLatents.sizes();
        count.latents = {sizes[0], sizes[1], sizes[2], sizes[3]};
        count.tokens = m_prompt.worldRows.size(0);
        count.slots = static_cast<std::int64_t>(plan.worldRows.size());
        count.expectedSlots = m_prompt.fusion == FusionOption::Pooled ? 1 : count.tokens;
        judge("W7", judgeWorldCount(count, threshold("W7")));
    }
    if (!wants({"W8"}))
        return;
    // The prompt is cut into tokens again, apart from the plan that fused it.
    std::vector<int> crops;
    for (const std::int32_t media : shownMedia(m_question)) {
        const auto count =
            std::count_if(plan.layout->grids.begin(), plan.layout->grids.end(), [media](const TokenGrid& grid) {
                return grid.kind == TokenKind::Image && grid.media == media;
            });
        // A picture shown twice has its grids twice.
        const auto shown = shownMedia(m_question);
        crops.push_back(static_cast<int>(count / std::count(shown.begin(), shown.end(), media)) - 1);
    }
    const auto expanded = text::expandImages(plan.rendered, crops, static_cast<int>(m_models.family->tokensPerCrop()));
    if (!expanded)
        return skip({"W8"}, expanded.error().message);
    const fusion::WorldTokenNames& names = m_models.world->names;
    std::vector<std::string> added;
    if (m_prompt.fusion == FusionOption::Brackets)
        added = {names.start, names.end};
    else if (m_prompt.fusion == FusionOption::Repeated || m_prompt.fusion == FusionOption::Pooled)
        added = {names.single};
    else if (m_prompt.fusion == FusionOption::Indexed) {
        for (std::int64_t i = 0; i < m_prompt.worldRows.size(0); ++i) {
            std::string name = names.indexed;
            added.push_back(name.replace(name.find("{i}"), 3, std::to_string(i)));
        }
    }
    const auto tokenizer = m_models.tokenizer->withAddedTokens(added);
    std::vector<std::int64_t> ids = tokenizer->encode(*expanded);
    FusedLength length;
    length.fusion = m_prompt.fusion;
    length.fused = m_prompt.embeds.size(0);
    length.worldTokens = static_cast<std::int64_t>(plan.worldRows.size());
    length.bracketPositions = positionsOf(TokenKind::Bracket);
    length.dropped = plan.droppedPieces;
    const auto place = [&](const std::string& piece) -> std::int64_t {
        const auto found = std::find(ids.begin(), ids.end(), tokenizer->id(piece).value_or(-1));
        return found == ids.end() ? -1 : found - ids.begin();
    };
    if (m_prompt.fusion == FusionOption::Brackets) {
        if (place(names.start) < 0)  // the published code puts both behind the first token
            ids.insert(ids.begin() + std::min<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(ids.size())),
                       {tokenizer->id(names.start).value_or(-1), tokenizer->id(names.end).value_or(-1)});
        length.start = place(names.start);
        length.end = place(names.end);
    } else {
        for (const std::string& piece : added)
            length.placeholders += std::count(ids.begin(), ids.end(), tokenizer->id(piece).value_or(-1));
    }
    length.prompt = static_cast<std::int64_t>(ids.size());
    judge("W8", judgeFusedLength(length, threshold("W8")));
}

Result<void> VerificationRun::checkSight()
{
    const bool hasPictures = m_prompt.imageRows.defined();
    if (!hasWorld())
        skip({"W9"}, "this run has no world");
    const bool needsImage = hasPictures && wants({"V6"}), needsMask = hasWorld() && wants({"W9"});
    const bool needsAnswer = hasWorld() && wants({"W15", "W16"});
    if (!needsImage && !needsMask && !needsAnswer)
        return {};
    const language::DecoderConfig& config = m_models.language->config();
    const int early = layersToFirstGlobal();
    std::vector<int> attention;
    if (needsMask) {
        attention.push_back(0);
        if (early > 1)
            attention.push_back(early - 1);
    }
    auto base = pass(m_prompt.embeds, m_prompt.blocks, {needsImage || needsMask ? early : 0, attention, !needsAnswer});
    if (!base)
        return tl::unexpected(base.error());
    m_base = std::move(*base);
    if (!needsImage && !needsMask)
        return {};

    std::vector<Probe> probes;
    const auto addProbe = [&](std::int64_t position) -> Result<void> {
        auto made = probe(position, *m_base);
        if (!made)
            return tl::unexpected(made.error());
        probes.push_back(std::move(*made));
        return {};
    };
    const std::vector<nn::PositionRange>& imageBlocks = m_prompt.plan.imageBlocks;
    if (hasPictures) {
        if (auto done = addProbe(imageBlocks.front().end - 1); !done)
            return done;
        if (needsImage) {
            // Rounding may swallow the trace in one layer; a block keeps to itself in every layer.
            Probe seen{probes.front().position, {probes.front().changed.front()}};
            for (const std::vector<bool>& layer : probes.front().changed) {
                for (std::size_t i = 0; i < layer.size(); ++i)
                    seen.changed.front()[i] = seen.changed.front()[i] || layer[i];
            }
            Judgement judged = judgeImageBlock(seen, imageBlocks.front(), !m_prompt.blocks.empty(), threshold("V6"));
            const bool isCausalFamily = m_models.family->usualAttention(FusionOption::None) == ImageAttention::Causal;
            if (isCausalFamily && judged.verdict == Verdict::Warn) {
                judged.verdict = Verdict::Pass;
                judged.reason =
                    "image tokens see none that come later, as " + m_models.family->title() + " was trained";
            }
            judge("V6", std::move(judged));
        }
    }
    if (needsMask) {
        for (const std::int64_t position : {m_prompt.plan.worldRows.back(), std::int64_t{1}}) {
            if (position >= m_prompt.embeds.size(0))
                continue;
            if (auto done = addProbe(position); !done)
                return done;
        }
        MaskRules rules;
        rules.length = m_prompt.embeds.size(0);
        rules.window = config.slidingWindow;
        rules.layerIsGlobal = config.layerIsGlobal;
        rules.blocks = m_prompt.blocks;
        std::vector<std::int64_t> queries{0, rules.length - 1,
                                          m_prompt.plan.worldRows[m_prompt.plan.worldRows.size() / 2],
                                          m_prompt.plan.worldRows.back()};
        if (hasPictures)
            queries.insert(queries.end(), {imageBlocks.front().begin, imageBlocks.front().end - 1});
        std::vector<WeightRow> rows;
        for (const auto& [layer, query] : m_base->queries) {
            const nn::AttentionMask mask{config.isGlobal(layer) ? 0 : config.slidingWindow, m_prompt.blocks};
            for (const std::int64_t position : queries)
                rows.push_back({static_cast<std::size_t>(layer), position,
                                nn::attentionProbabilities(query.slice(1, position, position + 1),
                                                           m_base->keys.at(layer), config.scoreScale(), mask, position)
                                    .select(1, 0)});
        }
        judge("W9", judgeMask(rules, probes, rows, m_prompt.plan.worldRows, imageBlocks, threshold("W9")));
    }
    m_base->hidden.clear();
    m_base->queries.clear();
    m_base->keys.clear();
    return {};
}

Result<void> VerificationRun::checkAnswer()
{
    if (!hasWorld()) {
        skip({"W14", "W15", "W16"}, "this run has no world");
        return {};
    }
    const at::Tensor& embeds = m_prompt.embeds;
    const TokenLayout& layout = *m_prompt.plan.layout;
    const auto logitsFrom = [&](const at::Tensor& rows, const language::ImageBlocks& blocks) -> Result<at::Tensor> {
        const auto done = pass(rows, blocks, {});
        if (!done)
            return tl::unexpected(done.error());
        return logitsOf(*done);
    };
    const bool writesWorld =
        m_question.rawPrompt && m_question.rawPrompt->find(m_models.world->names.start) != std::string::npos;
    if (wants({"W14"}) && writesWorld) {
        skip({"W14"}, "a raw prompt that writes the world's brackets itself has no twin without them");
    } else if (wants({"W14"})) {
        std::vector<std::int64_t> kept, ids;
        for (std::int64_t i = 0; i < layout.size(); ++i) {
            const TokenKind kind = layout.kinds[static_cast<std::size_t>(i)];
            if (kind == TokenKind::World || kind == TokenKind::Bracket)
                continue;
            kept.push_back(i);
            ids.push_back(layout.ids[static_cast<std::size_t>(i)]);
        }
        Question without = m_question;
        without.world = {};
        without.world.fusion = FusionOption::None;
        without.imageAttention = m_prompt.blocks.empty() ? ImageAttention::Causal : ImageAttention::Bidirectional;
        const auto plain = m_pipeline.prepare(without, m_observer, m_stop);
        if (!plain)
            return tl::unexpected(plain.error());
        const std::vector<std::int64_t>& plainIds = plain->plan.layout->ids;
        std::optional<std::string> different;
        const auto [ours, theirs] = std::mismatch(ids.begin(), ids.end(), plainIds.begin(), plainIds.end());
        if (ours != ids.end() || theirs != plainIds.end()) {
            const auto at = static_cast<std::size_t>(theirs - plainIds.begin());
            different =
                at < plain->plan.layout->pieces.size() ? plain->plan.layout->pieces[at] : std::string("the end");
        }
        const auto reduced = logitsFrom(rowsAt(embeds, kept), blocksOf(m_prompt.blocks, kept));
        if (!reduced)
            return tl::unexpected(reduced.error());
        const auto wanted = logitsFrom(plain->embeds, plain->blocks);
        if (!wanted)
            return tl::unexpected(wanted.error());
        judge("W14", judgeWorldOff(*reduced, *wanted, different, threshold("W14")));
    }
    if (wants({"W15"})) {
        const std::vector<std::int64_t>& positions = m_prompt.plan.worldRows;
        const at::Tensor index = at::tensor(positions, at::kLong).to(embeds.device());
        const at::Tensor rows = rowsAt(embeds, positions);
        const auto withWorld = [&](const at::Tensor& other) {
            return logitsFrom(embeds.index_copy(0, index, other.to(embeds.device(), embeds.scalar_type())),
                              m_prompt.blocks);
        };
        const cosmos::RolloutNoise noise = cosmos::noiseFromSeed(m_settings.seed, {1, 1, rows.size(0), rows.size(1)});
        // The order of one column of noise is a shuffle of the rows.
        const at::Tensor order = noise.vae[0][0].select(1, 0).argsort().to(rows.device());
        const at::Tensor like = rows.to(at::kCPU, at::kFloat);
        const at::Tensor spread = rows.size(0) > 1 ? like.std(0, true, true) : at::zeros_like(like);
        WorldInfluence influence;
        influence.real = logitsOf(*m_base);
        const auto off = withWorld(at::zeros_like(rows));
        if (!off)
            return tl::unexpected(off.error());
        const auto shuffled = withWorld(rows.index_select(0, order));
        if (!shuffled)
            return tl::unexpected(shuffled.error());
        const auto noisy = withWorld(like.mean(0, true) + noise.start[0][0].to(at::kFloat) * spread);
        if (!noisy)
            return tl::unexpected(noisy.error());
        influence.off = *off;
        influence.shuffled = *shuffled;
        influence.noise = *noisy;
        judge("W15", judgeInfluence(influence, positions, threshold("W15")));
    }
    if (!wants({"W16"}))
        return {};
    DecodingWorld decoding;
    decoding.fused = layout.size();
    decoding.cachedAfterPrefill = m_base->cache.length();
    language::KvCache cache = copyOf(m_base->cache, *m_models.language);
    language::GeneratorInput input;
    input.model = m_models.language.get();
    input.cache = &cache;
    input.lastHidden = m_base->last;
    input.sampling.maxNewTokens = 2;
    input.sampling.ignoreEos = true;
    input.vocabularyRows = m_prompt.plan.vocabularyRows;
    std::vector<at::Tensor> logits;
    std::vector<std::int64_t> chosen;
    const auto ended = language::generate(
        input,
        [&](const language::ChosenToken& token) {
            chosen.push_back(token.id);
            logits.push_back(token.logits);
        },
        m_stop);
    if (!ended)
        return tl::unexpected(ended.error());
    if (*ended == StopReason::Cancelled || chosen.size() < 2)
        return failCancelled();
    decoding.cachedAfterToken = cache.length();
    // The same token once more, the world's keys and values blanked in this copy.
    cache.truncate(decoding.fused);
    const at::Tensor index = at::tensor(m_prompt.plan.worldRows, at::kLong).to(m_models.device);
    for (std::int64_t layer = 0; layer < m_models.language->config().layerCount; ++layer) {
        cache.keys(layer, decoding.fused).index_fill_(1, index, 0);
        cache.values(layer, decoding.fused).index_fill_(1, index, 0);
    }
    tensors::NoTaps taps;
    const auto blanked =
        m_models.language->forward(m_models.language->embed({chosen.front()}), cache, {}, taps, m_observer, m_stop);
    if (!blanked)
        return tl::unexpected(blanked.error());
    const at::Tensor other = m_models.language->logits(*blanked, m_prompt.plan.vocabularyRows)[0].to(at::kCPU);
    const at::Tensor seen = logits[1].to(at::kCPU).flatten();
    decoding.logitChange = at::where(seen == other, at::zeros_like(seen), (seen - other).abs()).max().item<double>();
    judge("W16", judgeDecoding(decoding, threshold("W16")));
    return {};
}

Result<void> VerificationRun::checkSequence()
{
    checkCounts();
    if (auto done = checkSight(); !done)
        return done;
    return checkAnswer();
}

}  // namespace armillary::verification
