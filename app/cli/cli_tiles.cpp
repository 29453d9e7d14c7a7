// armillary-cli tiles: how a picture, or a size, would be cut for nanoVLM and Gemma 3; needs no model.

#include "cli_command.h"
#include "cli_results.h"
#include "inspect/picture_tokens.h"
#include "io/image_file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <charconv>

namespace armillary::cli {
namespace {

// "1280x720"; nothing for anything else.
std::optional<inspect::PixelSize> sizeFrom(const std::string& text)
{
    inspect::PixelSize out;
    const char* const end = text.data() + text.size();
    const auto width = std::from_chars(text.data(), end, out.width);
    if (width.ec != std::errc() || width.ptr == end || *width.ptr != 'x')
        return std::nullopt;
    const auto height = std::from_chars(width.ptr + 1, end, out.height);
    if (height.ec != std::errc() || height.ptr != end)
        return std::nullopt;
    return out;
}

class TilesCommand final : public Command {
public:
    std::string_view name() const override { return "tiles"; }
    std::string_view summary() const override
    {
        return "Show how a picture would be cut into tiles and crops, and the tokens of each, without a model";
    }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    [[nodiscard]] Result<inspect::PixelSize> source() const;

    std::string m_picture;
    int m_patchPixels = 16;
    int m_shuffleFactor = 4;
    bool m_nextTile = false;
    bool m_noGlobal = false;
    inspect::TileRules m_rules;
    inspect::SquareRules m_square;
    ResultFormat m_format;
};

void TilesCommand::addTo(CLI::App& command)
{
    command.add_option("PICTURE", m_picture, "a picture file, or a size as WIDTHxHEIGHT")->required();
    command.add_option("--max-side", m_rules.maxSidePixels, "nanoVLM: the resized long side at most, in pixels")
        ->capture_default_str();
    command.add_option("--tile", m_rules.tilePixels, "nanoVLM: a side of a tile in pixels")->capture_default_str();
    command.add_option("--patch", m_patchPixels, "nanoVLM: a side of a patch in pixels")->capture_default_str();
    command.add_option("--shuffle", m_shuffleFactor, "nanoVLM: patches a side that become one token")
        ->capture_default_str();
    command.add_option("--names", m_rules.mostPerSide, "nanoVLM: rows and columns that have marker tokens")
        ->capture_default_str();
    command.add_flag("--next-tile", m_nextTile, "nanoVLM: small pictures grow to the next whole tile only");
    command.add_flag("--no-global-tile", m_noGlobal, "nanoVLM: without the whole picture as a tile in front");
    command.add_option("--min-crop", m_square.panAndScan.minCropPixels, "pan and scan: smallest crop in pixels")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    command.add_option("--max-crops", m_square.panAndScan.maxCrops, "pan and scan: most crops")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    command
        .add_option("--min-ratio", m_square.panAndScan.minRatioToActivate,
                    "pan and scan: long side / short side from which")
        ->capture_default_str();
    m_format.addTo(command);
}

Result<inspect::PixelSize> TilesCommand::source() const
{
    if (const auto size = sizeFrom(m_picture))
        return *size;
    const auto image = io::readImage(m_picture);
    if (!image)
        return tl::unexpected(image.error());
    return inspect::PixelSize{image->height(), image->width()};
}

CommandResult<int> TilesCommand::run()
{
    const auto size = source();
    if (!size)
        return tl::unexpected<Failure>(size.error());
    const auto tokens = inspect::tokensPerTileSide(m_rules.tilePixels, m_patchPixels, m_shuffleFactor);
    if (!tokens)
        return tl::unexpected<Failure>(tokens.error());
    m_rules.tokensPerSide = *tokens;
    m_rules.fillsMaxSide = !m_nextTile;
    m_rules.hasGlobalTile = !m_noGlobal;
    const auto plan = inspect::planTiles(*size, m_rules);
    if (!plan)
        return tl::unexpected<Failure>(plan.error());
    if (const auto shown = m_format.show(inspect::pictureTokens(*size, plan, m_square)); !shown)
        return tl::unexpected<Failure>(shown.error());
    return kDone;
}

}  // namespace

std::unique_ptr<Command> makeTilesCommand()
{
    return std::make_unique<TilesCommand>();
}

}  // namespace armillary::cli
