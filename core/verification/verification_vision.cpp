// The checks of pictures: V1-V5 and V7.
#include "verification/verification_run.h"

#include "verification/checks_rows.h"
#include "verification/checks_vision.h"
#include "verification/verification_registration.h"
#include "vision/image_input.h"

#include <ATen/ATen.h>

#include <cmath>
#include <functional>
#include <string_view>

namespace armillary::verification {
namespace {

// A key of the pixels behind each token of a crop [3,h,w], row by row.
std::vector<std::uint64_t> patchKeys(const at::Tensor& pixels, std::int64_t side)
{
    const std::int64_t height = pixels.size(1) / side, width = pixels.size(2) / side;
    std::vector<std::uint64_t> out;
    for (std::int64_t row = 0; row < side; ++row) {
        for (std::int64_t column = 0; column < side; ++column) {
            const at::Tensor patch = pixels.slice(1, row * height, (row + 1) * height)
                                         .slice(2, column * width, (column + 1) * width)
                                         .to(at::kCPU, at::kFloat)
                                         .contiguous();
            const auto* bytes = reinterpret_cast<const char*>(patch.const_data_ptr<float>());
            out.push_back(
                std::hash<std::string_view>()({bytes, static_cast<std::size_t>(patch.numel()) * sizeof(float)}));
        }
    }
    return out;
}

}  // namespace

// V2 over each crop by itself, the worst of them told.
void VerificationRun::checkVariety()
{
    const auto side = std::llround(std::sqrt(static_cast<double>(m_models.family->tokensPerCrop())));
    std::optional<Judgement> worst;
    std::size_t block = 0;
    at::Tensor histogram = at::zeros({20});
    for (const std::int32_t media : shownMedia(m_question)) {
        const Image& image = seenImage(m_question, media);
        const auto input = m_models.family->pictureInput(image, m_question.panAndScan);
        if (!input)
            continue;  // the same picture was prepared before, so this cannot fail
        for (std::int64_t crop = 0; crop < input->pixelValues.size(0) && block < m_prompt.plan.imageBlocks.size();
             ++crop, ++block) {
            const nn::PositionRange& range = m_prompt.plan.imageBlocks[block];
            std::vector<std::int64_t> positions;
            for (std::int64_t i = range.begin; i < range.end; ++i)
                positions.push_back(i);
            const at::Tensor tokens = m_prompt.embeds.slice(0, range.begin, range.end);
            const auto keys = patchKeys(input->pixelValues[crop], side);
            if (keys.size() != positions.size())
                continue;  // V5 tells
            Judgement here = judgeTokensVary(tokens, keys, positions, threshold("V2"));
            // A flat crop is skipped; any crop that says something outranks it.
            const auto rank = [](const Judgement& judgement) {
                return judgement.verdict == Verdict::Skip ? -1 : static_cast<int>(judgement.verdict);
            };
            if (!worst || rank(here) > rank(*worst) || (rank(here) == rank(*worst) && here.value > worst->value))
                worst = std::move(here);
            const at::Tensor rows = hostRows(tokens);
            const at::Tensor unit = rows / rows.norm(2, 1, true).clamp_min(1e-12);
            const at::Tensor cosines = at::mm(unit, unit.t());
            const at::Tensor upper = at::triu_indices(rows.size(0), rows.size(0), 1);
            histogram += at::histc(cosines.index({upper[0], upper[1]}), 20, -1, 1);
        }
    }
    if (!worst)
        return skip({"V2"}, "the sequence holds no whole crop of image tokens");
    keep("V2.cosine_histogram", histogram, {"cosine_bin"});
    judge("V2", std::move(*worst), "V2.cosine_histogram");
}

Result<void> VerificationRun::checkPictures()
{
    if (!m_prompt.imageRows.defined()) {
        skip({"V1", "V2", "V3", "V4", "V5", "V6", "V7"}, "the question shows no picture to SigLIP");
        return {};
    }
    const std::vector<std::int64_t>& positions = m_prompt.plan.imageRows;
    judge("V1",
          judgePixelsUsed(rowsAt(m_prompt.embeds, positions),
                          m_models.language->embed({m_models.family->imageTokenId()})[0], positions, threshold("V1")));
    if (wants({"V2"}))
        checkVariety();
    if (wants({"V3"}) && !m_other)
        skip({"V3"}, m_otherReason);
    else if (wants({"V3"})) {
        const auto side = std::llround(std::sqrt(static_cast<double>(m_models.family->tokensPerCrop())));
        if (m_other->imageRows.sizes() == m_prompt.imageRows.sizes())
            keep("V3.difference", relativeDifference(m_prompt.imageRows, m_other->imageRows).view({-1, side, side}),
                 {"crop", "row", "column"});
        judge("V3",
              judgePicturesDiffer(m_prompt.imageRows, m_other->imageRows, positions, m_otherName, threshold("V3")),
              "V3.difference");
    }
    if (wants({"V4"}))
        judge("V4",
              judgeNormBand(normsOf({TokenKind::Image}), normsOf({TokenKind::Text}), "image", "text", positions,
                            threshold("V4")),
              "norms");
    std::vector<std::int64_t> found;
    for (const nn::PositionRange& block : m_prompt.plan.imageBlocks)
        found.push_back(block.end - block.begin);
    judge("V5", judgeImageCount(found, m_models.family->tokensPerCrop(), m_prompt.imageRows.size(0), threshold("V5")));
    if (!wants({"V7"}))
        return {};
    const auto registration = registerImageTokens(m_models, *m_prompt.plan.layout, 1, m_observer, m_stop);
    if (!registration)
        return tl::unexpected(registration.error());
    keep("V7.response", registration->response, {"spot", "row", "column"});
    judge("V7", judgeRegistration(registration->spots, threshold("V7")), "V7.response");
    return {};
}

}  // namespace armillary::verification
