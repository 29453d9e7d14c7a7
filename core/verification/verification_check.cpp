#include "verification/verification_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace armillary::verification {
namespace {

// "a, b ,c" -> {"a", "b", "c"}; empty parts are left out.
std::vector<std::string> partsOf(const std::string& text)
{
    std::vector<std::string> out;
    std::string part;
    for (const char letter : text + ",") {
        if (letter == ',') {
            if (!part.empty())
                out.push_back(std::exchange(part, {}));
        } else if (letter != ' ') {
            part += letter;
        }
    }
    return out;
}

tl::unexpected<Error> failUnknown(const std::string& id)
{
    return fail(ErrorCode::InvalidInput,
                fmt::format("there is no check '{}': the checks are V1 to V7 and W1 to W16", id));
}

}  // namespace

const std::vector<CheckRule>& checkRules()
{
    // W12 allows a cell: the encoder's strided convolutions look past the edge of a cell.
    static const std::vector<CheckRule> kRules = {
        {"V1", "Image positions hold picture features", "largest difference from the placeholder embedding", 0,
         "above {}"},
        {"V2", "Image tokens vary inside a picture", "share of pairs of different patches that are bit-equal", 0.01,
         "at most {}"},
        {"V3", "Another picture gives other image tokens", "mean relative L2 difference of a token", 0.001, "above {}"},
        {"V4", "Image tokens have the size of text tokens",
         "median image norm / median text norm, scaled as layer 0 receives them", 20, "within a factor of {}"},
        {"V5", "Every picture and crop has its image tokens", "largest deviation from the tokens of a crop", 0,
         "at most {}"},
        {"V6", "The image block sees both ways", "share of earlier tokens of the block that the last one reaches", 1,
         "at least {}"},
        {"V7", "Image tokens stand where their pixels are", "tokens between the spot and the token it moves most", 0,
         "at most {}"},
        {"W1", "World positions hold world features",
         "smallest difference of a slot from zero and from the placeholder", 0, "above {}"},
        {"W2", "World tokens vary in space and time", "share of pairs of world tokens that are bit-equal", 0.01,
         "at most {}"},
        {"W3", "Another picture gives another world", "mean relative L2 difference of a world token", 0.001,
         "above {}"},
        {"W4", "World tokens have the size of the others", "median world norm / median norm of text and image tokens",
         10, "within a factor of {}"},
        {"W5", "Latents have the autoencoder's statistics",
         "farthest channel from the VAE's own statistics: mean in sigmas or spread in octaves", 2, "at most {}"},
        {"W6", "Latents can be decoded back", "PSNR of decode(encode(picture)) in dB", 25, "at least {}"},
        {"W7", "The number of world tokens follows the law",
         "tokens beside T x rows x columns with T = (F - 1) / 4 + 1", 0, "at most {}"},
        {"W8", "The length of the sequence follows the law",
         "positions beside (start + 1) + world tokens + (prompt - end)", 0, "at most {}"},
        {"W9", "Who sees whom is as the mask says", "violations of the mask found by perturbing positions", 0,
         "at most {}"},
        {"W10", "Equal frames differ by their time vector", "smallest difference between tokens of equal latent frames",
         0, "above {}"},
        {"W11", "The same seed gives the same latents", "largest difference between two runs", 0, "at most {}"},
        {"W12", "World tokens stand where their pixels are",
         "latent cells between the spot and the token it moves most", 1, "at most {}"},
        {"W13", "The world projector is not saturated", "share of coordinates in [-0.17, 0]", 0.95, "at most {}"},
        {"W14", "Without the world it is plain Gemma", "largest difference of the last position's logits", 1e-3,
         "at most {}"},
        {"W15", "The world moves the answer", "KL of the first answer token, with the world from without it, in bits",
         1e-4, "above {}"},
        {"W16", "Decoding uses the world", "keys and values after prefill minus the fused length", 0, "at most {}"},
    };
    return kRules;
}

const CheckRule* checkRule(std::string_view id)
{
    const auto& rules = checkRules();
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const CheckRule& rule) { return rule.id == id; });
    return found == rules.end() ? nullptr : &*found;
}

Result<std::map<std::string, double>> readThresholds(const std::string& text)
{
    std::map<std::string, double> out;
    for (const CheckRule& rule : checkRules())
        out[rule.id] = rule.threshold;
    for (const std::string& part : partsOf(text)) {
        const std::size_t equals = part.find('=');
        const std::string id = part.substr(0, equals);
        if (checkRule(id) == nullptr)
            return failUnknown(id);
        const std::string number = equals == std::string::npos ? std::string() : part.substr(equals + 1);
        double value = 0;
        const auto read = std::from_chars(number.data(), number.data() + number.size(), value);
        if (number.empty() || read.ec != std::errc() || read.ptr != number.data() + number.size() ||
            !std::isfinite(value) || value < 0)
            return fail(ErrorCode::InvalidInput,
                        fmt::format("'{}' is no threshold: write the check, =, and a number from 0 on, such as {}=2",
                                    part, id));
        out[id] = value;
    }
    return out;
}

Result<std::set<std::string>> readCheckIds(const std::string& text)
{
    std::set<std::string> out;
    for (const std::string& part : partsOf(text)) {
        if (part == "all") {
            for (const CheckRule& rule : checkRules())
                out.insert(rule.id);
        } else if (checkRule(part) != nullptr) {
            out.insert(part);
        } else {
            return failUnknown(part);
        }
    }
    if (out.empty())
        return fail(ErrorCode::InvalidInput, "no check was named: write all, or ids such as V1,W5");
    return out;
}

}  // namespace armillary::verification
