#include "cluster/worker_fitness.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "cohorts/arithmetic_mark.hpp"
#include "sweetspot/error.hpp"
#include "version.hpp"

namespace sweetspot::cluster {
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
  const std::string here = cohorts::arithmetic_mark_like(record.arithmetic);
  if (record.arithmetic == here) return;
  throw Error(ErrorKind::study,
              fmt::format("this machine's arithmetic differs from that of the machine which made "
                          "the study (mark {} here, {} there): the results would not be the same",
                          here, record.arithmetic));
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

}  // namespace sweetspot::cluster
