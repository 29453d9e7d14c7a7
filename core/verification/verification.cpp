#include "verification/verification.h"

#include "records/shown_media.h"
#include "tensors/weights.h"
#include "verification/verification_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace armillary::verification {
namespace {

Image mirrored(const Image& image)
{
    const auto from = image.rgb();
    const auto width = static_cast<std::size_t>(image.width());
    std::vector<std::uint8_t> rgb(from.size());
    for (std::size_t pixel = 0; pixel < from.size() / 3; ++pixel) {
        const std::size_t other = pixel / width * width + (width - 1 - pixel % width);
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(other * 3), 3,
                    rgb.begin() + static_cast<std::ptrdiff_t>(pixel * 3));
    }
    return Image(image.height(), image.width(), std::move(rgb));
}

bool samePixels(const Image& one, const Image& other)
{
    const auto a = one.rgb(), b = other.rgb();
    return one.height() == other.height() && one.width() == other.width() &&
           std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

const Image& seenImage(const Question& question, std::int32_t media)
{
    const Clip& clip = question.media[static_cast<std::size_t>(media)];
    const Image* seen = stillPicture(question, media);
    return seen != nullptr ? *seen : clip.frames[static_cast<std::size_t>(stillIndex(question, media))];
}

OtherPictures otherPictures(const Question& question, SecondPicture second)
{
    OtherPictures out;
    if (question.media.empty()) {
        out.reason = "the question shows no picture";
        return out;
    }
    Question other = question;
    if (second == SecondPicture::Mirrored) {
        out.name = "its mirror image";
        bool differs = false;
        for (Clip& clip : other.media) {
            for (Image& frame : clip.frames) {
                Image flipped = mirrored(frame);
                differs = differs || !samePixels(frame, flipped);
                frame = std::move(flipped);
            }
        }
        if (!differs) {
            out.reason =
                "the picture equals its mirror image, so there is no second picture; choose the next frame of a clip";
            return out;
        }
        out.question = std::move(other);
        return out;
    }
    out.name = "the next frame";
    bool differs = false;
    other.stillFrames.assign(question.media.size(), -1);
    for (std::size_t media = 0; media < question.media.size(); ++media) {
        const auto& frames = question.media[media].frames;
        const int chosen = stillIndex(question, static_cast<std::int32_t>(media));
        const bool hasNext = chosen + 1 < static_cast<int>(frames.size());
        // The whole clip moves by a frame, its end repeated: a world made of the clip sees another one too.
        std::vector<Image>& moved = other.media[media].frames;
        if (hasNext)
            std::copy(frames.begin() + 1, frames.end(), moved.begin());
        else
            std::copy(frames.begin(), frames.end() - 1, moved.begin() + 1);
        const auto at = static_cast<std::size_t>(chosen);
        other.stillFrames[media] = chosen;
        differs = differs || !samePixels(frames[at], moved[at]);
    }
    if (!differs) {
        out.reason = "there is one picture only, or the next frame has the same pixels; choose the mirrored copy";
        return out;
    }
    out.question = std::move(other);
    return out;
}

const Check* VerificationReport::find(std::string_view id) const
{
    const auto found = std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.id == id; });
    return found == checks.end() ? nullptr : &*found;
}

std::int64_t VerificationReport::count(Verdict verdict) const
{
    return std::count_if(checks.begin(), checks.end(),
                         [&](const Check& check) { return check.judgement.verdict == verdict; });
}

bool VerificationRun::wants(std::initializer_list<const char*> ids) const
{
    return m_settings.checks.empty() ||
           std::any_of(ids.begin(), ids.end(), [&](const char* id) { return m_settings.checks.contains(id); });
}

double VerificationRun::threshold(const std::string& id) const
{
    const auto found = m_settings.thresholds.find(id);
    return found == m_settings.thresholds.end() ? checkRule(id)->threshold : found->second;
}

void VerificationRun::judge(const std::string& id, Judgement judgement, const std::string& array)
{
    if (!wants({id.c_str()}))
        return;
    const CheckRule& rule = *checkRule(id);
    m_report.checks.push_back({id, rule.title, rule.measure, threshold(id), std::move(judgement), array});
}

void VerificationRun::skip(std::initializer_list<const char*> ids, const std::string& reason)
{
    for (const char* id : ids)
        judge(id, skipped(reason));
}

void VerificationRun::keep(const std::string& name, const at::Tensor& values, std::vector<std::string> axes)
{
    m_report.arrays[name] = {std::move(axes),
                             tensors::snapshotFromTensor(values.to(at::kCPU, at::kFloat).contiguous())};
}

at::Tensor VerificationRun::rowsAt(const at::Tensor& rows, const std::vector<std::int64_t>& positions) const
{
    return rows.index_select(0, at::tensor(positions, at::kLong).to(rows.device()));
}

std::vector<std::int64_t> VerificationRun::positionsOf(TokenKind kind) const
{
    std::vector<std::int64_t> out;
    const TokenLayout& layout = *m_prompt.plan.layout;
    for (std::int64_t i = 0; i < layout.size(); ++i) {
        if (layout.kinds[static_cast<std::size_t>(i)] == kind)
            out.push_back(i);
    }
    return out;
}

at::Tensor VerificationRun::normsOf(std::initializer_list<TokenKind> kinds) const
{
    std::vector<std::int64_t> positions;
    for (const TokenKind kind : kinds) {
        const auto some = positionsOf(kind);
        positions.insert(positions.end(), some.begin(), some.end());
    }
    return rowsAt(m_prompt.embeds, positions).to(at::kFloat).norm(2, 1);
}

void VerificationRun::measureNorms()
{
    if (!wants({"V4", "W4"}))
        return;
    keep("norms", m_prompt.embeds.to(at::kFloat).norm(2, 1), {"position"});
    m_report.norms = {"norms", {"kind", "tokens", "smallest", "median", "largest"}, {}};
    for (const TokenKind kind :
         {TokenKind::Text, TokenKind::Control, TokenKind::Image, TokenKind::World, TokenKind::Bracket}) {
        const at::Tensor norms = normsOf({kind});
        if (norms.numel() > 0)
            m_report.norms.rows.push_back({std::string(tokenKindName(kind)), static_cast<double>(norms.numel()),
                                           norms.min().item<double>(), norms.median().item<double>(),
                                           norms.max().item<double>()});
    }
}

// V3 and W3 share the pass of the second pictures.
Result<void> VerificationRun::prepareOther()
{
    if (!wants({"V3", "W3"}))
        return {};
    OtherPictures other = otherPictures(m_question, m_settings.second);
    m_otherName = other.name;
    m_otherReason = other.reason;
    m_firstWorld = m_prompt.worldRows;
    if (!other.question)
        return {};
    if (hasWorld() && m_question.world.source == WorldSource::Rollout) {
        // A second rollout would cost as much as the first; what both start from tells whether the picture matters.
        const auto asStill = [&](Question question) {
            const RolloutRequest& rollout = *m_question.world.rollout;
            question.world.source = WorldSource::Still;
            question.world.rollout.reset();
            question.world.pixelRange = PixelRange::MinusOneToOne;
            question.world.latentScale = LatentScale::Normalised;
            question.world.heightPixels = rollout.heightPixels;
            question.world.widthPixels = rollout.widthPixels;
            return question;
        };
        const auto still = m_pipeline.prepare(asStill(m_question), m_observer, m_stop);
        if (!still)
            return tl::unexpected(still.error());
        m_firstWorld = still->worldRows;
        other.question = asStill(std::move(*other.question));
    }
    auto prepared = m_pipeline.prepare(*other.question, m_observer, m_stop);
    if (!prepared)
        return tl::unexpected(prepared.error());
    m_other = std::move(*prepared);
    return {};
}

Result<VerificationReport> VerificationRun::run()
{
    auto prompt = m_pipeline.prepare(m_question, m_observer, m_stop);
    if (!prompt)
        return tl::unexpected(prompt.error());
    m_prompt = std::move(*prompt);
    measureNorms();
    if (auto done = prepareOther(); !done)
        return tl::unexpected(done.error());
    if (auto done = checkPictures(); !done)
        return tl::unexpected(done.error());
    if (auto done = checkWorld(); !done)
        return tl::unexpected(done.error());
    if (auto done = checkSequence(); !done)
        return tl::unexpected(done.error());
    const auto place = [](const Check& check) { return checkRule(check.id) - checkRules().data(); };
    std::sort(m_report.checks.begin(), m_report.checks.end(),
              [&](const Check& a, const Check& b) { return place(a) < place(b); });
    m_report.cautions.emplace_back(
        "thresholds are starting values, not measured on published checkpoints: judge the numbers, and set your own");
    if (m_models.report.wordsAreMeaningless)
        m_report.cautions.emplace_back(
            "this model's weights are random: checks of content (norms, reconstruction, influence) say nothing about "
            "trained models");
    return std::move(m_report);
}

Result<VerificationReport> verify(pipeline::QuestionPipeline& pipeline, const Question& question,
                                  const VerificationSettings& settings, RunObserver& observer,
                                  const std::stop_token& stop)
{
    return VerificationRun(pipeline, question, settings, observer, stop).run();
}

}  // namespace armillary::verification
