#include "records/setting_names.h"

#include "records/temporal_grid.h"

#include <span>
#include <utility>

namespace armillary {
namespace {

template <class Setting>
using Named = std::pair<Setting, std::string_view>;

constexpr Named<FusionOption> kFusions[] = {{FusionOption::None, "none"}, {FusionOption::Prepend, "1"},
                                            {FusionOption::Scatter, "2"}, {FusionOption::Repeated, "4a"},
                                            {FusionOption::Pooled, "4b"}, {FusionOption::Indexed, "4c"},
                                            {FusionOption::Brackets, "5"}};
constexpr Named<ImageAttention> kImageAttentions[] = {{ImageAttention::Bidirectional, "bidirectional"},
                                                      {ImageAttention::Causal, "causal"}};
constexpr Named<PixelRange> kPixelRanges[] = {{PixelRange::ZeroTo255, "0..255"}, {PixelRange::MinusOneToOne, "-1..1"}};
constexpr Named<LatentScale> kLatentScales[] = {{LatentScale::Raw, "raw"}, {LatentScale::Normalised, "normalised"}};
constexpr Named<WorldSource> kWorldSources[] = {{WorldSource::Still, "still"},
                                                {WorldSource::Clip, "clip"},
                                                {WorldSource::Rollout, "rollout"}};
constexpr Named<NumberFormat> kNumberFormats[] = {{NumberFormat::Auto, "auto"},
                                                  {NumberFormat::Float32, "float32"},
                                                  {NumberFormat::BFloat16, "bfloat16"}};
constexpr Named<Capture> kCaptures[] = {{Capture::Pixels, "pixels"},  {Capture::Vision, "vision"},
                                        {Capture::Embeds, "embeds"},  {Capture::Hidden, "hidden"},
                                        {Capture::Qkv, "qkv"},        {Capture::Attention, "attention"},
                                        {Capture::Logits, "logits"},  {Capture::PromptLogits, "prompt-logits"},
                                        {Capture::Rollout, "rollout"}};
constexpr Named<PictureFilter> kPictureFilters[] = {{PictureFilter::Bicubic, "bicubic"},
                                                    {PictureFilter::Bilinear, "bilinear"},
                                                    {PictureFilter::Lanczos, "lanczos"},
                                                    {PictureFilter::Nearest, "nearest"}};

template <class Setting>
std::span<const Named<Setting>> table();
template <>
std::span<const Named<FusionOption>> table()
{
    return kFusions;
}
template <>
std::span<const Named<ImageAttention>> table()
{
    return kImageAttentions;
}
template <>
std::span<const Named<PixelRange>> table()
{
    return kPixelRanges;
}
template <>
std::span<const Named<LatentScale>> table()
{
    return kLatentScales;
}
template <>
std::span<const Named<WorldSource>> table()
{
    return kWorldSources;
}
template <>
std::span<const Named<NumberFormat>> table()
{
    return kNumberFormats;
}
template <>
std::span<const Named<Capture>> table()
{
    return kCaptures;
}
template <>
std::span<const Named<PictureFilter>> table()
{
    return kPictureFilters;
}

}  // namespace

template <class Setting>
std::string_view nameOf(Setting value)
{
    for (const auto& [known, name] : table<Setting>()) {
        if (known == value)
            return name;
    }
    return "?";
}

template <class Setting>
std::optional<Setting> settingFromName(std::string_view name)
{
    for (const auto& [value, known] : table<Setting>()) {
        if (known == name)
            return value;
    }
    return std::nullopt;
}

template <class Setting>
std::vector<std::string> settingNames()
{
    std::vector<std::string> out;
    for (const auto& [value, name] : table<Setting>())
        out.emplace_back(name);
    return out;
}

#define ARMILLARY_NAMED_SETTING(Setting)                                                                               \
    template std::string_view nameOf<Setting>(Setting);                                                                \
    template std::optional<Setting> settingFromName<Setting>(std::string_view);                                        \
    template std::vector<std::string> settingNames<Setting>();

ARMILLARY_NAMED_SETTING(FusionOption)
ARMILLARY_NAMED_SETTING(ImageAttention)
ARMILLARY_NAMED_SETTING(PixelRange)
ARMILLARY_NAMED_SETTING(LatentScale)
ARMILLARY_NAMED_SETTING(WorldSource)
ARMILLARY_NAMED_SETTING(NumberFormat)
ARMILLARY_NAMED_SETTING(Capture)
ARMILLARY_NAMED_SETTING(PictureFilter)

#undef ARMILLARY_NAMED_SETTING

}  // namespace armillary
