#include "cluster/batch_script.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cluster {
namespace {

constexpr int kWarningSeconds = 60;

std::string option_line(const std::string& option) {
  for (const char character : option) {
    if (static_cast<unsigned char>(character) >= ' ') continue;
    throw Error(ErrorKind::usage, "an option of sbatch's must be one line");
  }
  return "#SBATCH " + option + "\n";
}

std::string optional_line(const char* name, const std::string& value) {
  return value.empty() ? "" : option_line(fmt::format("--{}={}", name, value));
}

std::string worker_command(const BatchJob& job) {
  std::string command =
      fmt::format("{} worker --store {} --study {} --threads {}", shell_word(job.program),
                  shell_word(job.address.store), shell_word(job.address.study), job.threads);
  if (job.lanes) command += fmt::format(" --lanes {}", *job.lanes);
  if (job.lease_seconds) command += " --lease " + shortest(*job.lease_seconds);
  if (job.patience_seconds) command += " --patience " + shortest(*job.patience_seconds);
  return command;
}

// sbatch takes a name apart at spaces, and % in a file's stands for something.
std::string plain_name(const std::string& study) {
  std::string name = study;
  for (char& character : name) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(character)) != 0 ||
                          character == '-' || character == '_' || character == '.';
    if (!is_plain) character = '_';
  }
  return name;
}

}  // namespace

std::string batch_script(const BatchJob& job) {
  const std::string name = plain_name(job.address.study);
  std::string script = "#!/bin/sh\n";
  script += option_line("--job-name=sweetspot-" + name);
  script += option_line(fmt::format("--array=1-{}", job.workers));
  script += option_line("--ntasks=1");
  script += option_line(fmt::format("--cpus-per-task={}", job.threads));
  script += option_line("--output=" + name + "-%A_%a.log");
  script += option_line("--open-mode=append");
  script += option_line("--requeue");
  script += option_line(fmt::format("--signal=B:USR1@{}", kWarningSeconds));
  script += optional_line("partition", job.partition);
  script += optional_line("time", job.time);
  script += optional_line("gpus-per-task", job.gpus);
  for (const std::string& option : job.options) script += option_line(option);
  script += fmt::format(
      R"(
{} &
worker=$!
again=
trap 'again=yes; kill -TERM $worker' USR1
trap 'kill -TERM $worker' TERM
wait $worker
code=$?
# A signal ends the wait, and the worker a little later.
while kill -0 $worker 2>/dev/null; do
  wait $worker
  code=$?
done
# 143: it had not begun to train.
if [ -n "$again" ] && {{ [ "$code" -eq 10 ] || [ "$code" -eq 143 ]; }}; then
  scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
fi
exit $code
)",
      worker_command(job));
  return script;
}

}  // namespace sweetspot::cluster
