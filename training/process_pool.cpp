#include "training/process_pool.h"

#include <fmt/format.h>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <thread>

namespace armillary::training {
namespace {

pid_t startProcess(std::vector<std::string> arguments)
{
    std::string program = "armillary-train-demo";
    std::vector<char*> pointers{program.data()};
    for (std::string& argument : arguments)
        pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t child = fork();
    if (child == 0) {
        execv("/proc/self/exe", pointers.data());
        _exit(127);
    }
    return child;
}

}  // namespace

int runStagesInProcesses(const TrainingPlan& plan, int processes,
                         const std::function<std::vector<std::string>(const std::string& stage)>& arguments,
                         const std::function<bool()>& isStopped, const std::function<void(const std::string&)>& say)
{
    std::map<pid_t, std::string> running;
    int code = 0;
    bool isTold = false;
    const auto canStart = [&](const PlannedStage& stage) {
        const bool isRunning =
            std::any_of(running.begin(), running.end(), [&](const auto& each) { return each.second == stage.name; });
        return !isRunning && !isFinished(plan, stage.name) &&
               std::all_of(stage.needs.begin(), stage.needs.end(),
                           [&](const std::string& need) { return isFinished(plan, need); });
    };
    while (true) {
        if (code == 0 && !isStopped()) {
            for (const PlannedStage& stage : plannedStages()) {
                if (static_cast<int>(running.size()) >= processes || !canStart(stage))
                    continue;
                const pid_t child = startProcess(arguments(stage.name));
                if (child < 0)
                    return 1;
                running[child] = stage.name;
                say(fmt::format("all: {} begins, about {:.0f} min left for all stages", stage.name,
                                minutesLeft(plan, processes)));
            }
        }
        if (running.empty())
            break;
        if ((isStopped() || code != 0) && !isTold) {
            for (const auto& [child, stage] : running)
                kill(child, SIGTERM);
            isTold = true;
        }
        int status = 0;
        const pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended <= 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
            continue;
        }
        running.erase(ended);
        const int own = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        code = code == 0 ? own : code;
    }
    const auto& stages = plannedStages();
    const bool isDone = std::all_of(stages.begin(), stages.end(),
                                    [&](const PlannedStage& stage) { return isFinished(plan, stage.name); });
    return code != 0 || isDone ? code : 3;
}

}  // namespace armillary::training
