#include "training/demo_language.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <set>
#include <sstream>
#include <utility>

namespace armillary::training {
namespace {

constexpr std::int64_t kNoLabel = -100;
constexpr std::int64_t kPart = 16;  // scenes at a time where no gradients are needed

// Words of questions and answers.
std::set<std::string> vocabularyOfScenes()
{
    std::set<std::string> out;
    const auto add = [&out](const std::string& text) {
        std::istringstream words(text);
        for (std::string word; words >> word;)
            out.insert(word);
    };
    for (const scenes::QuestionKind kind : scenes::kQuestionKinds) {
        for (const std::string& text : scenes::phrasingsOf(kind))
            add(text);
        for (const std::string& text : scenes::answersOf(kind))
            add(text);
    }
    for (int i = 0; i < scenes::kColors; ++i)
        add(scenes::colorName(static_cast<scenes::ShapeColor>(i)));
    for (int i = 0; i < scenes::kKinds; ++i)
        add(scenes::shapeName(static_cast<scenes::ShapeKind>(i)));
    // Of the tokenizer's words that no question uses, the one that the shipped weights began with aligned.
    add("and");
    return out;
}

}  // namespace

Result<std::unique_ptr<DemoLanguage>> DemoLanguage::make(const DemoTemplate& form, std::uint64_t seed)
{
    fusion::WorldGrid world;
    world.latentFrames = kLatentFrames;
    world.rows = kLatentSide;
    world.columns = kLatentSide;
    auto prompts = Prompts::make(form.tokenizer, form.gemma, world);
    if (!prompts)
        return tl::unexpected(prompts.error());
    return std::unique_ptr<DemoLanguage>(new DemoLanguage(form, std::move(*prompts), seed));
}

DemoLanguage::DemoLanguage(const DemoTemplate& form, Prompts prompts, std::uint64_t seed)
    : m_parameters(seed),
      m_prompts(std::move(prompts)),
      m_vision(m_parameters, form.siglip, form.gemma.tokensPerImage, form.gemma.text.hiddenSize),
      m_language(m_parameters, form.gemma.text),
      m_world(m_parameters, form.vae.latentChannels, form.gemma.text.hiddenSize)
{
    alignWords();
}

// "red" and " red" start alike: they are one word to whoever reads.
void DemoLanguage::alignWords()
{
    const at::NoGradGuard noGradients;
    at::Tensor table = m_parameters.get("language_model.model.embed_tokens.weight");
    for (const std::string& word : vocabularyOfScenes()) {
        const auto bare = m_prompts.tokenizer().encode(word);
        const auto spaced = m_prompts.tokenizer().encode(" " + word);
        if (bare.size() == 1 && spaced.size() == 1 && bare != spaced)
            table[spaced[0]].copy_(0.8 * table[bare[0]] + 0.6 * table[spaced[0]]);
    }
}

at::Tensor DemoLanguage::wordRows(const std::vector<std::string>& words) const
{
    const at::NoGradGuard noGradients;
    std::vector<std::int64_t> ids;
    for (const std::string& word : words) {
        for (const std::string& text : {word, " " + word}) {
            const auto encoded = m_prompts.tokenizer().encode(text);
            ids.push_back(encoded.back());
        }
    }
    return m_language.embed(at::tensor(ids, at::kLong)).view({-1, 2, width()}).mean(1);
}

DemoLanguage::Answers DemoLanguage::answer(const at::Tensor& stills, const at::Tensor& latents,
                                           const std::vector<std::vector<AskedQuestion>>& asked, std::int64_t tapLayer)
{
    const bool hasWorld = latents.defined();
    const PromptPrefix& prefix = m_prompts.prefix(hasWorld);
    const PackedQuestions packed = pack(m_prompts, hasWorld, asked);
    const std::int64_t batch = stills.size(0);
    const at::Tensor words = m_language.embed(at::tensor(prefix.ids, at::kLong)).unsqueeze(0).expand({batch, -1, -1});
    std::vector<at::Tensor> parts;
    std::int64_t at = 0;
    const auto fill = [&](const nn::PositionRange& range, const at::Tensor& rows) {
        parts.push_back(words.narrow(1, at, range.begin - at));
        parts.push_back(rows);
        at = range.end;
    };
    if (hasWorld)
        fill(prefix.world, m_world.forward(latents));
    fill(prefix.image, m_vision.forward(stills));
    parts.push_back(words.narrow(1, at, prefix.size() - at));
    parts.push_back(m_language.embed(packed.ids));
    const LanguageNet::Output output = m_language.forward(at::cat(parts, 1), packed.positions, packed.mask, tapLayer);

    const at::Tensor counted = packed.labels.ne(kNoLabel);
    const at::Tensor places = counted.nonzero();  // [n,2]
    const at::Tensor rows = places.select(1, 0);
    const at::Tensor flat = rows * packed.labels.size(1) + places.select(1, 1);
    const at::Tensor hidden = output.hidden.narrow(1, packed.prefix, packed.labels.size(1)).flatten(0, 1);
    Answers out;
    out.logits = m_language.logits(hidden.index_select(0, flat));
    out.labels = packed.labels.flatten().index_select(0, flat);
    out.rows = rows;
    out.segments = packed.segments.flatten().index_select(0, flat);
    if (hasWorld && output.afterLayers.defined())
        out.worldRows = output.afterLayers.narrow(1, prefix.world.begin, prefix.world.end - prefix.world.begin);
    return out;
}

at::Tensor DemoLanguage::readWorld(const at::Tensor& latents, std::int64_t tapLayer) const
{
    const PromptPrefix& prefix = m_prompts.prefix(true);
    const std::int64_t batch = latents.size(0);
    const std::vector<std::int64_t> opening(prefix.ids.begin(), prefix.ids.begin() + prefix.world.begin);
    const at::Tensor words = m_language.embed(at::tensor(opening, at::kLong)).unsqueeze(0).expand({batch, -1, -1});
    const at::Tensor embeds = at::cat({words, m_world.forward(latents)}, 1);
    const std::int64_t length = embeds.size(1);
    const at::Tensor mask =
        at::full({length, length}, -std::numeric_limits<float>::infinity()).triu(1).view({1, 1, length, length});
    const at::Tensor positions = at::arange(length, at::kLong).unsqueeze(0);
    return m_language.forward(embeds, positions, mask, tapLayer)
        .afterLayers.narrow(1, prefix.world.begin, prefix.world.end - prefix.world.begin);
}

std::vector<std::vector<bool>> judgeAnswers(DemoLanguage& model, const at::Tensor& stills, const at::Tensor& latents,
                                            const std::vector<std::vector<AskedQuestion>>& asked)
{
    const at::NoGradGuard noGradients;
    std::vector<std::vector<bool>> out;
    for (std::int64_t first = 0; first < stills.size(0); first += kPart) {
        const std::int64_t count = std::min(kPart, stills.size(0) - first);
        const std::vector<std::vector<AskedQuestion>> part(asked.begin() + first, asked.begin() + first + count);
        for (const auto& row : part)
            out.emplace_back(row.size(), true);
        const DemoLanguage::Answers answers =
            model.answer(stills.narrow(0, first, count), latents.defined() ? latents.narrow(0, first, count) : latents,
                         part);
        const at::Tensor wrong = answers.logits.argmax(-1).ne(answers.labels).nonzero().flatten();
        for (std::int64_t i = 0; i < wrong.size(0); ++i) {
            const auto at = wrong[i].item<std::int64_t>();
            const auto row = static_cast<std::size_t>(first + answers.rows[at].item<std::int64_t>());
            out[row][static_cast<std::size_t>(answers.segments[at].item<std::int64_t>())] = false;
        }
    }
    return out;
}

std::vector<AskedQuestion> askedOf(const std::vector<scenes::SceneQuestion>& questions)
{
    std::vector<AskedQuestion> out;
    for (const scenes::SceneQuestion& question : questions)
        out.push_back({question.text, question.answer});
    return out;
}

bool isLayerMatrix(const std::string& name, const at::Tensor& tensor)
{
    for (const char* other : {"embed", "projection.0", "head."}) {
        if (name.find(other) != std::string::npos)
            return false;
    }
    return tensor.dim() == 2;
}

}  // namespace armillary::training
