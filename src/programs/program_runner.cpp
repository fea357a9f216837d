#include "programs/program_runner.hpp"

#include "programs/program_executor.hpp"
#include "run/study_loop.hpp"

namespace sweetspot::programs {

ProgramRunner::ProgramRunner(store::StudyStore& store, const ProgramOptions& options)
    : store_(store), options_(options) {}

run::RunEnd ProgramRunner::run(const std::function<void(const run::RunProgress&)>& on_progress) {
  ProgramExecutor executor(store_, options_, pause_);
  const run::LoopOptions loop = {.max_seconds = options_.max_seconds,
                                 .shared = options_.shared,
                                 .rescue_file = options_.rescue_file,
                                 .enough_ended = options_.parallel};
  run::RunEnd end = run::run_study(store_, executor, loop, pause_, on_progress);
  end.logs = executor.logs();
  return end;
}

}  // namespace sweetspot::programs
