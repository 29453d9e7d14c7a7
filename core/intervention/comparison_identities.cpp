#include "intervention/comparison_identities.h"

#include "records/shown_media.h"
#include "text/chat_prompt.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace armillary::intervention {
namespace {

using pipeline::PreparedPrompt;

double largestDifference(const at::Tensor& a, const at::Tensor& b)
{
    if (a.sizes() != b.sizes())
        return std::numeric_limits<double>::infinity();
    return a.numel() == 0 ? 0 : (a.to(at::kFloat) - b.to(at::kFloat)).abs().max().item<double>();
}

// The largest difference over the vocabulary that both rows know.
double logitDifference(const at::Tensor& a, const at::Tensor& b)
{
    const std::int64_t shared = std::min(a.size(0), b.size(0));
    const at::Tensor gap = (a.narrow(0, 0, shared) - b.narrow(0, 0, shared)).abs();
    return at::where(a.narrow(0, 0, shared) == b.narrow(0, 0, shared), at::zeros_like(gap), gap).max().item<double>();
}

bool isWhite(const std::string& piece)
{
    static const std::string kWhite[] = {" ", "\n", "\t", "\u2581"};
    std::size_t at = 0;
    while (at < piece.size()) {
        const auto found = std::find_if(std::begin(kWhite), std::end(kWhite), [&](const std::string& each) {
            return piece.compare(at, each.size(), each) == 0;
        });
        if (found == std::end(kWhite))
            return false;
        at += found->size();
    }
    return true;
}

class IdentityChecks {
public:
    IdentityChecks(pipeline::QuestionPipeline& pipeline, const Question& question, const std::vector<Variant>& variants,
                   RunObserver& observer, const std::stop_token& stop)
        : m_pipeline(pipeline),
          m_models(pipeline.models()),
          m_question(question),
          m_variants(variants),
          m_observer(observer),
          m_stop(stop)
    {}

    Result<std::vector<Identity>> run()
    {
        const auto check = [this](const std::string& name,
                                  Result<void> (IdentityChecks::*work)(Identity&)) -> Result<void> {
            Identity identity;
            identity.name = name;
            const auto done = (this->*work)(identity);
            if (!done && done.error().code != ErrorCode::InvalidInput)
                return done;
            if (done)
                identity.isChecked = true;
            else
                identity.detail = "not checked: " + done.error().message;
            m_identities.push_back(std::move(identity));
            return {};
        };
        const std::pair<const char*, Result<void> (IdentityChecks::*)(Identity&)> kAll[] = {
            {"option 1 = option 2 at the input", &IdentityChecks::prependIsScatter},
            {"option 3 = plain Gemma", &IdentityChecks::noneIsPlain},
            {"single pass = double pass", &IdentityChecks::singleIsDouble},
            {"option 4a = option 5 up to brackets and spaces", &IdentityChecks::repeatedAgainstBrackets},
            {"option 4b's token = mean of the world tokens", &IdentityChecks::pooledIsMean},
            {"option 4c = option 4a up to spaces", &IdentityChecks::indexedIsRepeated},
            {"option 5 without world tokens differs from option 3", &IdentityChecks::emptyBracketsDiffer},
        };
        for (const auto& [name, work] : kAll) {
            if (auto done = check(name, work); !done)
                return tl::unexpected(done.error());
        }
        return m_identities;
    }

private:
    [[nodiscard]] Result<PreparedPrompt> prompt(const std::string& name, std::optional<ImageAttention> attention = {})
    {
        Variant variant = *std::find_if(m_variants.begin(), m_variants.end(),
                                        [&name](const Variant& each) { return each.name == name; });
        if (attention)
            variant.question.imageAttention = attention;
        return prepareVariant(m_pipeline, variant, 0, m_observer, m_stop);
    }

    // [V] of the token after `rows`.
    Result<at::Tensor> next(const PromptRows& rows, std::int64_t vocabularyRows, tensors::TapSink& taps)
    {
        SilentObserver silent;
        language::KvCache cache = m_models.language->makeCache();
        const auto hidden = m_models.language->forward(rows.embeds, cache, rows.blocks, taps, silent, m_stop);
        if (!hidden)
            return tl::unexpected(hidden.error());
        return m_models.language->logits(hidden->slice(0, hidden->size(0) - 1), vocabularyRows)[0].to(at::kCPU);
    }
    Result<at::Tensor> next(const PreparedPrompt& prompt)
    {
        tensors::NoTaps none;
        return next({prompt.embeds, prompt.blocks}, prompt.plan.vocabularyRows, none);
    }

    // Also against option 3's rows with the world put before them, which neither of the two was made from.
    Result<void> prependIsScatter(Identity& identity)
    {
        const auto one = prompt("1"), two = prompt("2"), three = prompt("3");
        for (const auto* each : {&one, &two, &three}) {
            if (!*each)
                return tl::unexpected(each->error());
        }
        const at::Tensor joined = at::cat({two->worldRows.to(three->embeds.options()), three->embeds});
        identity.difference =
            std::max(largestDifference(one->embeds, two->embeds), largestDifference(joined, two->embeds));
        identity.holds = identity.difference == 0;
        identity.detail =
            fmt::format("{} fused rows, {} of them world tokens", two->embeds.size(0), two->worldRows.size(0));
        return {};
    }

    // The prompt tokenized whole, its image ids found by value, the pictures encoded anew: no plan, no fusion, no cache of features.
    Result<void> noneIsPlain(Identity& identity)
    {
        const auto three = prompt("3");
        if (!three)
            return tl::unexpected(three.error());
        const std::vector<std::int32_t> shown = shownMedia(m_question);
        std::vector<int> cropCounts;
        std::vector<at::Tensor> features;
        for (const std::int32_t media : shown) {
            const Image* image = stillPicture(m_question, media);
            const auto input =
                m_models.family->pictureInput(image == nullptr ? Image() : *image, m_question.panAndScan);
            if (!input)
                return tl::unexpected(input.error());
            cropCounts.push_back(static_cast<int>(input->crops.size()) - 1);
            tensors::NoTaps none;
            SilentObserver silent;
            const auto encoded = m_models.siglip->encode(input->pixelValues, none, silent, m_stop);
            if (!encoded)
                return tl::unexpected(encoded.error());
            features.push_back(m_models.family->imageTokens(*encoded, none).flatten(0, 1));
        }
        const auto text =
            text::expandImages(three->plan.rendered, cropCounts, static_cast<int>(m_models.family->tokensPerCrop()));
        if (!text)
            return tl::unexpected(text.error());
        const std::vector<std::int64_t> ids = m_models.tokenizer->encode(*text);
        at::Tensor embeds = m_models.language->embed(ids);
        PromptRows rows;
        std::int64_t placed = 0;
        const at::Tensor all = features.empty() ? at::Tensor() : at::cat(features).to(embeds.options());
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (ids[i] != m_models.family->imageTokenId() || !all.defined() || placed == all.size(0))
                continue;
            const auto position = static_cast<std::int64_t>(i);
            embeds[position].copy_(all[placed++]);
            if (rows.blocks.empty() || rows.blocks.back().end != position)
                rows.blocks.push_back({position, position});
            rows.blocks.back().end = position + 1;
        }
        const bool isCausal =
            m_question.imageAttention.value_or(ImageAttention::Bidirectional) == ImageAttention::Causal;
        if (isCausal)
            rows.blocks.clear();
        rows.embeds = embeds;
        tensors::NoTaps none;
        const auto plain = next(rows, 0, none);
        const auto ours = next(*three);
        for (const auto* each : {&plain, &ours}) {
            if (!*each)
                return tl::unexpected(each->error());
        }
        identity.difference = std::max(logitDifference(*plain, *ours), largestDifference(embeds, three->embeds));
        identity.holds = identity.difference == 0;
        identity.detail = fmt::format(
            "logits of the first token and {} input rows; the language model is the loaded one, with what a "
            "checkpoint laid over it",
            embeds.size(0));
        return {};
    }

    // The notes' first code ran the whole model once to read the input of layer 0, then again with the world put in.
    Result<void> singleIsDouble(Identity& identity)
    {
        struct FirstInput final : tensors::TapSink {
            at::Tensor rows;
            [[nodiscard]] bool wants(tensors::TapPoint point, int layer) const override
            {
                return point == tensors::TapPoint::Hidden && layer == 0;
            }
            void take(tensors::TapPoint, int, const at::Tensor& tensor) override { rows = tensor.clone(); }
        };
        const auto five = prompt("5");
        if (!five)
            return tl::unexpected(five.error());
        using Clock = std::chrono::steady_clock;
        const Clock::time_point begin = Clock::now();
        const auto single = next(*five);
        const Clock::time_point middle = Clock::now();
        const PreparedPrompt bare = withoutWorldTokens(*five);
        FirstInput first;
        const auto read = next({bare.embeds, bare.blocks}, bare.plan.vocabularyRows, first);
        if (!single || !read)
            return tl::unexpected(single ? read.error() : single.error());
        const std::int64_t where = five->plan.worldRows.front();
        const auto world = static_cast<std::int64_t>(five->plan.worldRows.size());
        const bool isOneRun = five->plan.worldRows.back() - where + 1 == world;
        if (!isOneRun)
            return fail(ErrorCode::InvalidInput, "the world tokens do not stand side by side");
        const at::Tensor fused = at::cat(
            {first.rows.slice(0, 0, where), five->worldRows.to(first.rows.options()), first.rows.slice(0, where)});
        tensors::NoTaps none;
        const auto twice = next({fused, five->blocks}, five->plan.vocabularyRows, none);
        if (!twice)
            return tl::unexpected(twice.error());
        const Clock::time_point end = Clock::now();
        const double once = std::chrono::duration<double, std::milli>(middle - begin).count();
        const double both = std::chrono::duration<double, std::milli>(end - middle).count();
        identity.difference = logitDifference(*single, *twice);
        // The same product of the same numbers may be summed in another order by a GPU.
        identity.holds = identity.difference <= 1e-3 * single->abs().nan_to_num(0, 0, 0).max().item<double>();
        identity.detail =
            fmt::format("logits of the first token; one pass took {:.1f} ms, both {:.1f} ms ({:.2f} times)", once, both,
                        both / once);
        return {};
    }

    Result<void> repeatedAgainstBrackets(Identity& identity)
    {
        const auto repeated = prompt("4a"), brackets = prompt("5");
        if (!repeated || !brackets)
            return tl::unexpected(repeated ? brackets.error() : repeated.error());
        const std::string name = identity.name;
        identity = repeatedIsBrackets(*repeated, *brackets);
        identity.name = name;
        return {};
    }

    Result<void> pooledIsMean(Identity& identity)
    {
        const auto pooled = prompt("4b");
        if (!pooled)
            return tl::unexpected(pooled.error());
        const at::Tensor row = pooled->embeds[pooled->plan.worldRows.front()].to(at::kDouble);
        const at::Tensor mean = pooled->worldRows.to(at::kDouble).mean(0);
        identity.difference = largestDifference(row, mean);
        // Half a unit in the last place of the rows' own format, and the rounding of a sum in it.
        const double step = pooled->embeds.scalar_type() == at::kFloat ? 1e-6 : 1e-2;
        identity.holds = identity.difference <= step * pooled->worldRows.abs().max().item<double>();
        identity.detail = fmt::format("{} world tokens in one", pooled->worldRows.size(0));
        return {};
    }

    Result<void> indexedIsRepeated(Identity& identity)
    {
        const auto indexed = prompt("4c"), repeated = prompt("4a");
        if (!indexed || !repeated)
            return tl::unexpected(indexed ? repeated.error() : indexed.error());
        const InputDifference difference = inputDifference(*indexed, *repeated);
        identity.difference = std::max({difference.text, difference.image, difference.world});
        const auto white = [](const std::vector<std::string>& pieces) {
            return std::all_of(pieces.begin(), pieces.end(), isWhite);
        };
        identity.holds = difference.text == 0 && difference.world == 0 && !(difference.image > 0) &&
                         white(difference.onlyHere) && white(difference.onlyThere);
        identity.detail =
            fmt::format("4a holds {} tokens more, 4c {}", difference.onlyThere.size(), difference.onlyHere.size());
        return {};
    }

    Result<void> emptyBracketsDiffer(Identity& identity)
    {
        const auto empty = prompt("5-no-world");
        if (!empty)
            return tl::unexpected(empty.error());
        // Otherwise the difference would be that of the image tokens' attention.
        const auto three = prompt("3", m_question.imageAttention.value_or(ImageAttention::Causal));
        if (!three)
            return tl::unexpected(three.error());
        const auto with = next(*empty), without = next(*three);
        if (!with || !without)
            return tl::unexpected(with ? without.error() : with.error());
        identity.difference = logitDifference(*with, *without);
        identity.holds = identity.difference > 0;
        identity.detail = fmt::format(
            "the brackets remain: {} positions against {}, the same image attention; the difference is of the first "
            "token's logits",
            empty->embeds.size(0), three->embeds.size(0));
        return {};
    }

    pipeline::QuestionPipeline& m_pipeline;
    const pipeline::LoadedModels& m_models;
    const Question& m_question;
    const std::vector<Variant>& m_variants;
    RunObserver& m_observer;
    const std::stop_token& m_stop;
    std::vector<Identity> m_identities;
};

}  // namespace

Identity repeatedIsBrackets(const PreparedPrompt& repeated, const PreparedPrompt& brackets)
{
    Identity identity;
    const InputDifference difference = inputDifference(repeated, brackets);
    std::vector<std::string> bracketPieces;
    const TokenLayout& layout = *brackets.plan.layout;
    for (std::size_t i = 0; i < layout.kinds.size(); ++i) {
        if (layout.kinds[i] == TokenKind::Bracket)
            bracketPieces.push_back(layout.pieces[i]);
    }
    const auto isBracket = [&](const std::string& piece) {
        return std::find(bracketPieces.begin(), bracketPieces.end(), piece) != bracketPieces.end();
    };
    const auto spaces = std::count_if(difference.onlyHere.begin(), difference.onlyHere.end(), isWhite);
    const auto marks = std::count_if(difference.onlyThere.begin(), difference.onlyThere.end(), isBracket);
    const auto gaps = std::count_if(difference.onlyThere.begin(), difference.onlyThere.end(), isWhite);
    const auto strangers =
        static_cast<std::int64_t>(difference.onlyHere.size() + difference.onlyThere.size()) - spaces - marks - gaps;
    identity.difference =
        std::max({difference.text, difference.world, std::isnan(difference.image) ? 0 : difference.image});
    identity.holds = difference.text == 0 && difference.world == 0 && !(difference.image > 0) && strangers == 0;
    identity.detail = fmt::format(
        "4a holds {} white-space tokens that 5 lacks; 5 holds {} brackets and {} white-space tokens that 4a lacks; "
        "{} other tokens differ",
        spaces, marks, gaps, strangers);
    return identity;
}

Result<std::vector<Identity>> checkIdentities(pipeline::QuestionPipeline& pipeline, const Question& question,
                                              const std::vector<Variant>& variants, RunObserver& observer,
                                              const std::stop_token& stop)
{
    return IdentityChecks(pipeline, question, variants, observer, stop).run();
}

}  // namespace armillary::intervention
