#include "run/no_workers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sweetspot/error.hpp"

namespace sweetspot::run {

void require_no_workers(store::StudyStore& store) {
  const std::vector<store::WorkerStanding> workers = store.workers();
  const auto alive = std::count_if(workers.begin(), workers.end(),
                                   [](const auto& worker) { return worker.is_alive; });
  if (alive == 0) return;
  throw Error(
      ErrorKind::study,
      fmt::format("{} workers train on the study: it can be extended when they have ended", alive));
}

}  // namespace sweetspot::run
