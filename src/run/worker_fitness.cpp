#include "run/worker_fitness.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "run/arithmetic_mark.hpp"
#include "sweetspot/error.hpp"
#include "version.hpp"

namespace sweetspot::run {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void require_fit(const store::StudyRecord& record) {
  if (record.program_version != kVersion) {
    throw Error(
        ErrorKind::study,
        fmt::format("the study was made by sweetspot {}, this is {}: workers must be of one "
                    "version",
                    record.program_version, kVersion));
  }
  // A program of one's own does its own arithmetic.
  if (record.settings.command.has_value() || record.arithmetic.empty()) return;
  const std::string here = arithmetic_mark_like(record.arithmetic);
  if (record.arithmetic == here) return;
  throw Error(ErrorKind::study,
              fmt::format("this machine's arithmetic differs from that of the machine which made "
                          "the study (mark {} here, {} there): the results would not be the same",
                          here, record.arithmetic));
}

void require_no_workers(store::StudyStore& store) {
  const std::vector<store::WorkerStanding> workers = store.workers();
  const auto alive = std::count_if(workers.begin(), workers.end(),
                                   [](const auto& worker) { return worker.is_alive; });
  if (alive == 0) return;
  throw Error(
      ErrorKind::study,
      fmt::format("{} workers train on the study: it can be extended when they have ended", alive));
}

std::string worker_name() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  const std::string job = environment("SLURM_JOB_ID");
  if (job.empty()) return fmt::format("{}:{}", host.data(), getpid());
  const std::string array = environment("SLURM_ARRAY_JOB_ID");
  const std::string node = environment("SLURMD_NODENAME");
  const std::string name =
      array.empty() ? job : fmt::format("{}_{}", array, environment("SLURM_ARRAY_TASK_ID"));
  return fmt::format("job {} on {}", name, node.empty() ? host.data() : node);
}

}  // namespace sweetspot::run
