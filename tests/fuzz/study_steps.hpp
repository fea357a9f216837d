// What is done with a study file that may be damaged, by the targets that make one.
// Thread-safety: one thread at a time.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "cohorts/replay.hpp"
#include "exchange/optuna_export.hpp"
#include "report/all_parts.hpp"
#include "report/claims/claims.hpp"
#include "report/csv.hpp"
#include "report/json.hpp"
#include "report/table.hpp"
#include "report/write_report.hpp"
#include "support/synthetic_data.hpp"

namespace sweetspot::fuzz {

// A folder of this process's own, in memory where there is such a place.
inline const std::filesystem::path& own_folder() {
  static const std::filesystem::path folder = [] {
    const bool has_memory = access("/dev/shm", W_OK) == 0;
    std::string pattern = std::string(has_memory ? "/dev/shm" : "/tmp") + "/sweetspot-fuzz-XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    return pattern;
  }();
  return folder;
}

// Files of a database that was here before.
inline void remove_database(const std::filesystem::path& file) {
  for (const char* ending : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(file.string() + ending);
  }
}

// What the kept studies were trained on.
inline const data::ImageSet& images() {
  static const data::ImageSet set = data::checked(testing_support::synthetic_set());
  return set;
}

// Everything that shows a study; and its trials again, where that is a matter of moments. Refused
// is what throws Error.
inline void read_study(const std::filesystem::path& file, bool draws) {
  constexpr uint64_t kMostSteps = 200;
  constexpr size_t kMostReplays = 2;
  const store::Address address = {file.string(), ""};
  try {
    const std::vector<report::Summary> parts = report::all_parts(address);
    for (const report::Summary& part : parts) {
      report::to_json(part);
      report::table(part);
      report::answer(part);
      report::trials_csv(part);
      report::curves_csv(part);
      exchange::optuna_study(part, "fuzz", 0);
    }
    report::judge_claims(report::article_parts(parts));
    if (draws) {
      report::write_report(parts, own_folder() / "report", true);
      std::filesystem::remove_all(own_folder() / "report");
    }
    for (const report::Summary& part : parts) {
      if (part.record.settings.command.has_value()) continue;
      const auto store = store::open_store(address, store::Access::read, part.part);
      for (size_t i = 0; i < std::min(kMostReplays, part.trials.size()); ++i) {
        const study::Trial& trial = part.trials[part.trials.size() - 1 - i].trial;
        if (trial.steps > kMostSteps) continue;
        cohorts::replay(*store, images(), trial.number, [](uint64_t) {});
      }
    }
  } catch (const Error&) {
  }
}

}  // namespace sweetspot::fuzz
