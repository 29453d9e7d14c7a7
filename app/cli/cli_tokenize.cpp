// armillary-cli tokenize: the ids of a text or a chat.

#include "cli_command.h"
#include "cli_terminal.h"
#include "io/json_file.h"
#include "text/chat_prompt.h"
#include "text/snapshot_tokenizer.h"
#include "text/tokenizer.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <iterator>
#include <optional>

namespace armillary::cli {
namespace {

using nlohmann::json;

// The content of a chat message: a string, or a list of {"type": "text"|"image", ...}.
Result<std::vector<text::ChatMessage>> chatFromJson(const json& chat, const std::string& path)
{
    const json& list = chat.is_object() && chat.contains("messages") ? chat["messages"] : chat;
    if (!list.is_array())
        return fail(ErrorCode::InvalidInput, "a chat is a list of messages with role and content: " + path);
    std::vector<text::ChatMessage> out;
    for (const json& entry : list) {
        if (!entry.is_object() || !entry.contains("role") || !entry["role"].is_string() || !entry.contains("content"))
            return fail(ErrorCode::InvalidInput, "a chat message needs a role and a content: " + path);
        text::ChatMessage message;
        message.role = entry["role"];
        const json& content = entry["content"];
        if (content.is_string()) {
            message.isPlainString = true;
            message.parts.push_back({false, content});
        } else if (content.is_array()) {
            for (const json& part : content) {
                const bool isImage = part.is_object() && part.value("type", json()) == "image";
                if (!isImage && !(part.is_object() && part.contains("text") && part["text"].is_string()))
                    return fail(ErrorCode::InvalidInput,
                                "a part of a chat message is neither a text nor an image: " + path);
                message.parts.push_back({isImage, isImage ? std::string() : part["text"].get<std::string>()});
            }
        } else {
            return fail(ErrorCode::InvalidInput,
                        "the content of a chat message is neither a string nor a list: " + path);
        }
        out.push_back(std::move(message));
    }
    return out;
}

class TokenizeCommand final : public Command {
public:
    std::string_view name() const override { return "tokenize"; }
    std::string_view summary() const override { return "Show the ids of a text or a chat"; }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    [[nodiscard]] Result<std::string> rendered() const;

    std::string m_model;
    std::string m_chatPath;
    std::optional<std::string> m_text;
    bool m_addGenerationPrompt = true;
    bool m_json = false;
};

void TokenizeCommand::addTo(CLI::App& command)
{
    command.add_option("--model", m_model, "snapshot folder")->required();
    auto* const chat = command.add_option("--chat", m_chatPath, "a JSON list of messages");
    command.add_option("TEXT", m_text, "default: standard input")->excludes(chat);
    command.add_flag("!--no-generation-prompt", m_addGenerationPrompt, "do not open the model's turn after a chat");
    command.add_flag("--json", m_json, "print one JSON object");
}

Result<std::string> TokenizeCommand::rendered() const
{
    if (m_chatPath.empty())
        return m_text ? *m_text : std::string(std::istreambuf_iterator<char>(std::cin), {});
    const auto file = io::readJsonFile(m_chatPath);
    if (!file)
        return tl::unexpected(file.error());
    const auto chat = chatFromJson(*file, m_chatPath);
    if (!chat)
        return tl::unexpected(chat.error());
    return text::addsTokens(m_model) ? text::renderChatMl(*chat, m_addGenerationPrompt)
                                     : text::renderChat(*chat, m_addGenerationPrompt);
}

CommandResult<int> TokenizeCommand::run()
{
    const auto tokenizer = text::loadSnapshotTokenizer(m_model);
    if (!tokenizer)
        return tl::unexpected<Failure>(tokenizer.error());
    const auto prompt = rendered();
    if (!prompt)
        return tl::unexpected<Failure>(prompt.error());
    const std::vector<std::int64_t> ids = (*tokenizer)->encode(*prompt);
    std::vector<std::string> pieces;
    for (const std::int64_t id : ids)
        pieces.push_back((*tokenizer)->piece(id));
    if (m_json) {
        printJson({{"text", *prompt}, {"ids", ids}, {"pieces", pieces}});
        return kDone;
    }
    for (std::size_t i = 0; i < ids.size(); ++i)
        fmt::print("{:>6}  {}\n", ids[i], json(pieces[i]).dump(-1, ' ', false, json::error_handler_t::replace));
    return kDone;
}

}  // namespace

std::unique_ptr<Command> makeTokenizeCommand()
{
    return std::make_unique<TokenizeCommand>();
}

}  // namespace armillary::cli
