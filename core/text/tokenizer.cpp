#include "text/tokenizer.h"

#include "text/bpe_model.h"
#include "text/pipeline_tokenizer.h"
#include "text/sentencepiece_model.h"
#include "text/tokenizer_config.h"
#include "text/tokenizer_file.h"
#include "text/unigram_model.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace armillary::text {
namespace {

Result<std::shared_ptr<const TokenModel>> makeModel(TokenizerFile& file)
{
    const nlohmann::json model =
        file.settings.is_object() ? file.settings.value("model", nlohmann::json()) : nlohmann::json();
    if (!model.is_object())
        return fail(ErrorCode::FileRead,
                    fmt::format("the tokenizer cannot be used because it has no \"model\"; fetch the file "
                                "again: {}",
                                file.path));
    const nlohmann::json named = model.value("type", nlohmann::json());
    // Files of early versions do not say the type; the two forms of the vocabulary tell it.
    const std::string type = named.is_string()               ? named.get<std::string>()
                             : file.scoredVocabulary.empty() ? "BPE"
                                                             : "Unigram";
    if (type == "BPE")
        return BpeModel::make(file);
    if (type == "Unigram")
        return UnigramModel::make(file);
    return fail(ErrorCode::FileRead,
                fmt::format("the tokenizer's model is of type \"{}\", but only BPE and Unigram are known; use "
                            "a Gemma, T5 or nanoVLM tokenizer: {}",
                            type, file.path));
}

Result<std::shared_ptr<const Tokenizer>> finish(TokenizerParts parts, std::vector<AddedToken> added,
                                                const std::string& folder)
{
    if (const Result<void> read = addTokensOfConfig(added, *parts.model, folder); !read)
        return tl::unexpected(read.error());
    return std::make_shared<PipelineTokenizer>(std::make_shared<const TokenizerParts>(std::move(parts)),
                                               std::move(added));
}

Result<std::shared_ptr<const Tokenizer>> loadTokenizerJson(const std::string& folder)
{
    const std::string path = folder + "/tokenizer.json";
    Result<TokenizerFile> file = readTokenizerFile(path);
    if (!file)
        return tl::unexpected(file.error());
    TokenizerParts parts;
    Result<std::shared_ptr<const TokenModel>> model = makeModel(*file);
    if (!model)
        return tl::unexpected(model.error());
    parts.model = std::move(*model);
    const auto entry = [&](const char* key) { return file->settings.value(key, nlohmann::json()); };
    Result<Normalizer> normalizer = Normalizer::fromJson(entry("normalizer"), path);
    if (!normalizer)
        return tl::unexpected(normalizer.error());
    parts.normalizer = std::move(*normalizer);
    Result<PreTokenizer> preTokenizer = PreTokenizer::fromJson(entry("pre_tokenizer"), path);
    if (!preTokenizer)
        return tl::unexpected(preTokenizer.error());
    parts.preTokenizer = std::move(*preTokenizer);
    Result<Decoder> decoder = Decoder::fromJson(entry("decoder"), path);
    if (!decoder)
        return tl::unexpected(decoder.error());
    parts.decoder = std::move(*decoder);
    Result<std::vector<AddedToken>> added = addedTokensFromJson(entry("added_tokens"), *parts.model, path);
    if (!added)
        return tl::unexpected(added.error());
    return finish(std::move(parts), std::move(*added), folder);
}

Result<std::shared_ptr<const Tokenizer>> loadSentencePiece(const std::string& folder, const std::string& name)
{
    Result<std::shared_ptr<const SentencePieceModel>> model = SentencePieceModel::load(folder + "/" + name);
    if (!model)
        return tl::unexpected(model.error());
    TokenizerParts parts;
    parts.decoder = (*model)->decoder();
    parts.model = std::move(*model);
    return finish(std::move(parts), {}, folder);
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> loadTokenizer(const std::string& path)
{
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored))
        return fail(ErrorCode::FileRead, fmt::format("there is no such folder of a tokenizer: {}", path));
    if (std::filesystem::exists(path + "/tokenizer.json", ignored))
        return loadTokenizerJson(path);
    for (const std::string name : {"tokenizer.model", "spiece.model"}) {
        if (std::filesystem::exists(std::filesystem::path(path) / name, ignored))
            return loadSentencePiece(path, name);
    }
    return fail(ErrorCode::FileRead,
                fmt::format("the folder has none of tokenizer.json, tokenizer.model and spiece.model; copy one "
                            "of them from the snapshot: {}",
                            path));
}

}  // namespace armillary::text
