// armillary-cli evaluate-demo: how well the loaded demo answers about fresh scenes, asked one by one through the engine.

#include "cli_command.h"
#include "cli_engine.h"
#include "cli_options.h"
#include "scenes/scene_exam.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

namespace armillary::cli {
namespace {

class EvaluateCommand final : public Command {
public:
    std::string_view name() const override { return "evaluate-demo"; }
    std::string_view summary() const override { return "Measure the demo model on fresh scenes whose truth is known"; }
    void addTo(CLI::App& command) override;
    CommandResult<int> run() override;

private:
    // Failures: those of Engine::ask.
    [[nodiscard]] Result<void> examine(EngineDesk& desk, scenes::ExamTally& tally) const;
    void print(const std::vector<scenes::ExamTally::Row>& rows) const;

    ModelArguments m_model;
    std::int64_t m_scenes = 100;
    std::uint64_t m_seed = 2024;
    bool m_isJson = false;
};

void EvaluateCommand::addTo(CLI::App& command)
{
    m_model.addTo(command);
    command.add_option("--scenes", m_scenes, "fresh scenes")->capture_default_str()->check(CLI::Range(2, 1000000));
    command.add_option("--seed", m_seed, "what the scenes follow from")->capture_default_str();
    command.add_flag("--json", m_isJson, "print JSON");
}

Result<void> EvaluateCommand::examine(EngineDesk& desk, scenes::ExamTally& tally) const
{
    for (std::int64_t index = 0; index < m_scenes; ++index) {
        const scenes::ExamScene scene = scenes::examScene(m_seed, index);
        const scenes::ExamScene other = scenes::examScene(m_seed, (index + 1) % m_scenes);
        for (const scenes::SceneQuestion& question : scene.questions)
            tally.ask(question, scenes::bestFromStill(scene.scene, question, {}));
        // All questions of one world in a row: the engine computes what they share once.
        for (const scenes::WorldGiven world : scenes::kWorldsGiven) {
            for (const scenes::SceneQuestion& question : scene.questions) {
                const auto record = desk.engine().ask(scenes::engineQuestion(scene, question, world, other),
                                                      desk.observer(), desk.stop());
                if (!record)
                    return tl::unexpected(record.error());
                if ((*record)->outcome == RunOutcome::Cancelled)
                    return failCancelled();
                tally.answer(question, world, (*record)->answer);
            }
        }
    }
    return {};
}

void EvaluateCommand::print(const std::vector<scenes::ExamTally::Row>& rows) const
{
    if (!m_isJson) {
        std::cout << fmt::format("{:<12}{:>7}{:>9}{:>9}", "question", "asked", "chance", "still");
        for (const scenes::WorldGiven world : scenes::kWorldsGiven)
            std::cout << fmt::format("{:>9}", scenes::worldName(world));
        std::cout << "\n";
        for (const scenes::ExamTally::Row& row : rows) {
            std::cout << fmt::format("{:<12}{:>7}{:>8.1f}%{:>8.1f}%", scenes::kindName(row.kind), row.asked,
                                     100 * row.chance, 100 * row.bestFromStill);
            for (const scenes::WorldGiven world : scenes::kWorldsGiven)
                std::cout << fmt::format("{:>8.1f}%", 100 * row.accuracy(world));
            std::cout << "\n";
        }
        return;
    }
    nlohmann::json questions = nlohmann::json::array();
    for (const scenes::ExamTally::Row& row : rows) {
        nlohmann::json accuracy;
        for (const scenes::WorldGiven world : scenes::kWorldsGiven)
            accuracy[std::string(scenes::worldName(world))] = row.accuracy(world);
        questions.push_back({{"kind", std::string(scenes::kindName(row.kind))},
                             {"asked", row.asked},
                             {"chance", row.chance},
                             {"best_from_still", row.bestFromStill},
                             {"accuracy", accuracy}});
    }
    std::cout << nlohmann::json{{"scenes", m_scenes}, {"seed", m_seed}, {"questions", questions}}.dump(2) << "\n";
}

CommandResult<int> EvaluateCommand::run()
{
    if (const auto options = m_model.loadOptions(); !options)
        return tl::unexpected(options.error());
    EngineDesk desk(false);
    if (const auto report = desk.load(m_model); !report)
        return tl::unexpected(report.error());
    scenes::ExamTally tally;
    const auto done = examine(desk, tally);
    desk.observer().finish();
    if (!done)
        return tl::unexpected<Failure>(done.error());
    print(tally.rows());
    return kDone;
}

}  // namespace

std::unique_ptr<Command> makeEvaluateCommand()
{
    return std::make_unique<EvaluateCommand>();
}

}  // namespace armillary::cli
