#include "programs/program_slot.hpp"

#include <algorithm>
#include <utility>

#include "study/command_settings.hpp"

namespace sweetspot::programs {

std::unique_ptr<TrialRun> begun(const RunsOfStudy& runs, const ProgramTrial& open,
                                const std::string& gpu) {
  const study::Settings& settings = runs.settings;
  const std::string number = std::to_string(open.number);
  const std::string seed = std::to_string(open.open->trial.seed);
  const std::string steps = settings.command->own_budget ? "" : std::to_string(open.open->until);
  const std::string saving = runs.checkpoints.path(open.saving).string();
  ProcessRequest request;
  space::Config values = study::as_written(*settings.command, open.open->trial.config);
  values["trial"] = number;
  values["seed"] = seed;
  values["steps"] = steps;
  values["checkpoint"] = saving;
  request.arguments = runs.arguments.filled(values);
  request.grace_seconds = runs.options.grace_seconds;
  request.stops_group = settings.command->shell;
  request.open_files = runs.open_files;
  request.withheld = runs.options.withheld_environment;
  request.environment = {{"SWEETSPOT_TRIAL", number},
                         {"SWEETSPOT_SEED", seed},
                         {"SWEETSPOT_CHECKPOINT", saving},
                         {"SWEETSPOT_STEPS", steps},
                         {"SWEETSPOT_RESUME", ""},
                         // Python would keep what it prints until its buffer is full.
                         {"PYTHONUNBUFFERED", "1"}};
  if (runs.checkpoints.has_content(open.state.checkpoint)) {
    request.environment.emplace_back("SWEETSPOT_RESUME",
                                     runs.checkpoints.path(open.state.checkpoint).string());
  }
  if (!gpu.empty()) request.environment.emplace_back("CUDA_VISIBLE_DEVICES", gpu);
  double left = 0;
  if (settings.max_trial_seconds > 0) {
    left = std::max(settings.max_trial_seconds - open.state.seconds, 1e-3);
  }
  return std::make_unique<TrialRun>(std::move(request),
                                    std::filesystem::absolute(runs.reports) / number, runs.pattern,
                                    TrialRunLimits{left, runs.options.stall_seconds});
}

}  // namespace sweetspot::programs
