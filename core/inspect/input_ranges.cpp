#include "inspect/input_ranges.h"

#include "base/run_control.h"

#include <cmath>

namespace armillary::inspect {
namespace {

Result<AnalysisResult> run(const RunRecord& record, const AnalysisArguments&, const std::stop_token& stop)
{
    const std::vector<ModelInput> inputs = modelInputs(record);
    if (inputs.empty())
        return fail(
            ErrorCode::InvalidInput,
            "this record keeps no model inputs: it saw no picture, or was written before records kept them; ask "
            "again");
    AnalysisResult out;
    std::vector<std::optional<InputView>> views;
    int frames = 0;
    for (const ModelInput& input : inputs) {
        if (stop.stop_requested())
            return failCancelled();
        views.emplace_back(viewOf(record, input));
        frames += input.reader == InputReader::VideoAutoencoder ? 1 : 0;
    }
    out.numbers = {{"pictures of the vision encoder", static_cast<double>(inputs.size()) - frames, ""},
                   {"frames of the video autoencoder", static_cast<double>(frames), ""}};
    out.tables.push_back(inputTable(inputs, views));
    out.cautions.emplace_back("value = (level * rescale - subtracted) / divisor; levels are 0 ... 255");
    return out;
}

}  // namespace

AnalysisTable inputTable(const std::vector<ModelInput>& inputs, const std::vector<std::optional<InputView>>& views)
{
    AnalysisTable table{"inputs",
                        {"tensor", "media", "index", "height_pixels", "width_pixels", "channel", "lowest", "highest",
                         "mean", "rescale", "subtracted", "divisor", "largest error"},
                        {}};
    static constexpr std::array kChannels = {"red", "green", "blue"};
    for (std::size_t i = 0; i < inputs.size() && i < views.size(); ++i) {
        if (!views[i])
            continue;
        const ModelInput& input = inputs[i];
        for (std::size_t channel = 0; channel < kChannels.size(); ++channel) {
            const ValueRange& range = views[i]->channels[channel];
            const double none = std::nan("");
            table.rows.push_back({input.tensor, double(input.media), double(input.index), double(input.heightPixels),
                                  double(input.widthPixels), std::string(kChannels[channel]), double(range.lowest),
                                  double(range.highest), range.mean, input.scale ? input.scale->rescale[channel] : none,
                                  input.scale ? input.scale->mean[channel] : none,
                                  input.scale ? input.scale->deviation[channel] : none,
                                  double(views[i]->largestError)});
        }
    }
    return table;
}

RecordAnalysis inputRanges()
{
    return {
        {"model-inputs",
         "What the models were given",
         "Lowest, highest and mean value of every channel of every picture that the vision encoder and the video "
         "autoencoder read, after all resizes, crops and normalisation, with the scale that levels became values by.",
         {},
         "pictures that models read: in every record of a question about pictures",
         false},
        run};
}

}  // namespace armillary::inspect
