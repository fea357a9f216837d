// Replays the early-stopping rule over the curves of studies that were trained without it: how many
// trials that reach the target it would have given up, and how many steps of the others it saves.
// The rule sees nothing but a trial's own curve, so the replay gives what `sweep --audit` reports.
//   audit STUDY.db...     trained with --no-early-stop (or --audit); pooled in the last line
#include <fmt/format.h>

#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "search/hopeless.hpp"
#include "store/sqlite_store.hpp"

namespace {

using namespace sweetspot;

struct Tally {
  int reached = 0;
  int wrong = 0;
  uint64_t failing = 0;
  uint64_t saved = 0;
};

// The step at which the rule gives the trial up, or the trial's last.
uint64_t last_step(const study::Settings& settings, const study::Trial& trial,
                   const study::Curve& curve) {
  const bool running = settings.target.metric == "running_accuracy";
  std::vector<search::CurveCheck> seen;
  for (const study::CurvePoint& point : curve.points) {
    if (point.step >= trial.steps) break;
    seen.push_back({point.step, point.values[running ? 1 : 0].value_or(0)});
    if (!search::hopeless_reason({.target = settings.target.value,
                                  .running = running,
                                  .budget = settings.budget,
                                  .resolution = 1.0 / (50.0 * settings.batch_size),
                                  .curve = seen})
             .empty()) {
      return point.step;
    }
  }
  return trial.steps;
}

Tally audit(const char* file, std::string& name) {
  const auto store = store::open_sqlite(file, store::Access::read);
  const study::Settings settings = store->record()->settings;
  name = fmt::format("{} {} {} budget {} seeds {}..{}", settings.model, settings.data,
                     study::text_of(settings.target), settings.budget, settings.seed,
                     settings.seed + static_cast<uint64_t>(settings.seeds) - 1);
  Tally tally;
  for (const study::Trial& trial : store->trials()) {
    if (!trial.outcome.has_value()) continue;
    const uint64_t last = last_step(settings, trial, store->curve(trial.number));
    if (trial.outcome == study::Outcome::reached) {
      ++tally.reached;
      tally.wrong += last < trial.steps ? 1 : 0;
      if (last < trial.steps) {
        fmt::print("  given up at {} of {}: {}, seed {}\n", last, trial.steps,
                   space::text_of(trial.config), trial.seed);
      }
    } else {
      tally.failing += trial.steps;
      tally.saved += trial.steps - last;
    }
  }
  return tally;
}

void print(const std::string& name, const Tally& t) {
  fmt::print(
      "{:<70} {:>7} {:>6} {:>9.2f} % {:>9.1f} %\n", name, t.reached, t.wrong,
      t.reached > 0 ? 100.0 * t.wrong / t.reached : 0.0,
      t.failing > 0 ? 100.0 * static_cast<double>(t.saved) / static_cast<double>(t.failing) : 0.0);
}

}  // namespace

int main(int count, char** files) {
  try {
    fmt::print("{:<70} {:>7} {:>6} {:>11} {:>11}\n", "study", "reached", "wrong", "wrong",
               "steps saved");
    Tally all;
    for (int i = 1; i < count; ++i) {
      std::string name;
      const Tally one = audit(files[i], name);
      print(name, one);
      all.reached += one.reached;
      all.wrong += one.wrong;
      all.failing += one.failing;
      all.saved += one.saved;
    }
    print("pooled", all);
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "audit: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
