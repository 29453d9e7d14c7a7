#include "training/demo_template.h"

#include "io/json_file.h"

namespace armillary::training {

Result<DemoTemplate> readDemoTemplate(const std::string& folder)
{
    const std::string gemmaFolder = folder + "/gemma";
    const std::string gemmaPath = gemmaFolder + "/config.json";
    const std::string vaePath = folder + "/cosmos/vae/config.json";
    const std::string transformerPath = folder + "/cosmos/transformer/config.json";
    const auto gemmaJson = io::readJsonFile(gemmaPath);
    const auto vaeJson = io::readJsonFile(vaePath);
    const auto transformerJson = io::readJsonFile(transformerPath);
    for (const auto* json : {&gemmaJson, &vaeJson, &transformerJson}) {
        if (!*json)
            return tl::unexpected(json->error());
    }
    DemoTemplate out;
    out.folder = folder;
    auto gemma = gemma::readGemmaConfig(*gemmaJson, gemmaPath, gemmaFolder);
    if (!gemma)
        return tl::unexpected(gemma.error());
    out.gemma = std::move(*gemma);
    auto siglip = vision::readSiglipConfig(gemmaJson->at("vision_config"), gemmaPath, out.gemma.tokensPerImage);
    if (!siglip)
        return tl::unexpected(siglip.error());
    out.siglip = *siglip;
    auto vae = cosmos::readVaeConfig(*vaeJson, vaePath);
    if (!vae)
        return tl::unexpected(vae.error());
    out.vae = std::move(*vae);
    auto transformer = cosmos::readTransformerConfig(*transformerJson, transformerPath);
    if (!transformer)
        return tl::unexpected(transformer.error());
    out.transformer = *transformer;
    auto tokenizer = text::loadTokenizer(gemmaFolder);
    if (!tokenizer)
        return tl::unexpected(tokenizer.error());
    out.tokenizer = (*tokenizer)->withAddedTokens({"<start_of_world>", "<end_of_world>"});
    return out;
}

}  // namespace armillary::training
