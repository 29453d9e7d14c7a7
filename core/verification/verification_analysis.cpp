#include "verification/verification_analysis.h"

#include "study/forced_pass.h"
#include "tensors/weights.h"
#include "verification/verification.h"
#include "verification/verification_registration.h"
#include "verification/verification_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace armillary::verification {
namespace {

// A bare question is as good as a run of it; a run must be one of the loaded models.
Result<void> checkRecord(const pipeline::LoadedModels& models, const RunRecord& record)
{
    if (record.layout && record.layout->size() > 0) {
        if (auto fits = study::checkModels(models, record); !fits)
            return fits;
    }
    for (const Clip& clip : record.question.media) {
        if (clip.frames.empty())
            return fail(ErrorCode::InvalidInput,
                        "the record does not hold its picture any more, and checks look at it again: " + clip.path);
    }
    return {};
}

AnalysisResult resultOf(const VerificationReport& report)
{
    AnalysisResult out;
    AnalysisTable checks{"checks",
                         {"id", "title", "verdict", "value", "threshold", "reason", "measure", "positions", "array"},
                         {}};
    for (const Check& check : report.checks) {
        const Judgement& judgement = check.judgement;
        checks.rows.push_back({check.id, check.title, std::string(verdictName(judgement.verdict)), judgement.value,
                               check.threshold, judgement.reason, check.measure,
                               fmt::format("{}", fmt::join(judgement.positions, ",")), check.array});
    }
    for (const Verdict verdict : {Verdict::Pass, Verdict::Warn, Verdict::Fail, Verdict::Skip})
        out.numbers.push_back(
            {std::string(verdictName(verdict)), static_cast<double>(report.count(verdict)), "checks"});
    out.tables.push_back(std::move(checks));
    if (!report.norms.rows.empty())
        out.tables.push_back(report.norms);
    out.arrays = report.arrays;
    out.cautions = report.cautions;
    return out;
}

Result<AnalysisResult> runVerify(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                 const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                 const std::stop_token& stop)
{
    if (const auto fits = checkRecord(pipeline.models(), record); !fits)
        return tl::unexpected(fits.error());
    VerificationSettings settings;
    auto thresholds = readThresholds(arguments.text("thresholds"));
    if (!thresholds)
        return tl::unexpected(thresholds.error());
    settings.thresholds = std::move(*thresholds);
    auto checks = readCheckIds(arguments.text("checks"));
    if (!checks)
        return tl::unexpected(checks.error());
    settings.checks = std::move(*checks);
    const auto second = arguments.choice("second", {"mirrored", "next-frame"});
    if (!second)
        return tl::unexpected(second.error());
    settings.second = *second == 0 ? SecondPicture::Mirrored : SecondPicture::NextFrame;
    const auto seed = arguments.integer("seed", 0, std::int64_t{1} << 53);
    if (!seed)
        return tl::unexpected(seed.error());
    settings.seed = static_cast<std::uint64_t>(*seed);
    const auto report = verify(pipeline, record.question, settings, observer, stop);
    if (!report)
        return tl::unexpected(report.error());
    return resultOf(*report);
}

void addSpots(const std::string& what, const Registration& registration, AnalysisResult& result)
{
    AnalysisTable table{what + " spots",
                        {"spot", "top", "left", "bottom", "right", "peak_row", "peak_column", "distance", "peak",
                         "median", "expected_position", "peak_position"},
                        {}};
    double worst = 0;
    for (std::size_t i = 0; i < registration.spots.size(); ++i) {
        const SpotResponse& spot = registration.spots[i];
        worst = std::max(worst, static_cast<double>(spot.distance()));
        std::vector<AnalysisCell> row;
        for (const std::int64_t number : {static_cast<std::int64_t>(i), spot.top, spot.left, spot.bottom, spot.right,
                                          spot.peakRow, spot.peakColumn, spot.distance()})
            row.emplace_back(static_cast<double>(number));
        row.insert(row.end(), {spot.peak, spot.typical, static_cast<double>(spot.expectedPosition),
                               static_cast<double>(spot.peakPosition)});
        table.rows.push_back(std::move(row));
    }
    result.numbers.push_back({what + "_worst_distance", worst, "tokens"});
    result.numbers.push_back({what + "_spot", static_cast<double>(registration.spotPixels), "pixels"});
    result.tables.push_back(std::move(table));
    result.arrays[what + ".response"] = {{"spot", "row", "column"}, tensors::snapshotFromTensor(registration.response)};
}

Result<AnalysisResult> runRegistration(pipeline::QuestionPipeline& pipeline, const RunRecord& record,
                                       const inspect::AnalysisArguments& arguments, RunObserver& observer,
                                       const std::stop_token& stop)
{
    if (const auto fits = checkRecord(pipeline.models(), record); !fits)
        return tl::unexpected(fits.error());
    const auto of = arguments.choice("of", {"image", "world", "both"});
    if (!of)
        return tl::unexpected(of.error());
    const auto spots = arguments.integer("spots", 1, 64);
    if (!spots)
        return tl::unexpected(spots.error());
    StageObserver stages(observer);
    const auto prompt = pipeline.prepare(record.question, stages, stop);
    if (!prompt)
        return tl::unexpected(prompt.error());
    AnalysisResult out;
    if (*of != 1) {
        const auto image =
            registerImageTokens(pipeline.models(), *prompt->plan.layout, static_cast<int>(*spots), stages, stop);
        if (image)
            addSpots("image", *image, out);
        else if (*of == 2 && image.error().code == ErrorCode::InvalidInput)
            out.cautions.push_back(image.error().message);
        else
            return tl::unexpected(image.error());
    }
    if (*of != 0) {
        const auto world = registerWorldTokens(pipeline.models(), *prompt, static_cast<int>(*spots), stages, stop);
        if (world)
            addSpots("world", *world, out);
        else if (*of == 2 && world.error().code == ErrorCode::InvalidInput)
            out.cautions.push_back(world.error().message);
        else
            return tl::unexpected(world.error());
    }
    return out;
}

}  // namespace

std::vector<study::ModelAnalysis> verificationAnalyses()
{
    std::vector<study::ModelAnalysis> out;
    study::ModelAnalysis verification;
    verification.entry = {"verify",
                          "Did it really run?",
                          "the SigLIP checks V1-V7 and the world checks W1-W16: each a number against a threshold, "
                          "with a verdict and a reason; costs 4 SigLIP "
                          "passes a picture, 5 encodings of the VAE and about 7 passes of the language model at most",
                          {{"thresholds", "", "in place of the defaults, such as W5=2,V2=0.01"},
                           {"checks", "all", "all, or ids such as V1,W5; what they do not need is not computed"},
                           {"second", "mirrored", "second picture of V3 and W3: mirrored or next-frame (of a clip)"},
                           {"seed", "0", "of shuffles and noise"}},
                          "its media",
                          true};
    verification.run = runVerify;
    out.push_back(std::move(verification));
    study::ModelAnalysis registration;
    registration.entry =
        {"registration",
         "Which token a spot moves",
         "a white square on grey (one token wide for SigLIP, 56 pixels for the VAE) goes through the encoder; how far "
         "each token "
         "moves (L2), and whether the most moved one is the one the layout says; one encoder pass a spot and one more",
         {{"of", "both", "image, world or both"}, {"spots", "4", "1 to 64, at spread places"}},
         "its media",
         true};
    registration.run = runRegistration;
    out.push_back(std::move(registration));
    return out;
}

}  // namespace armillary::verification
