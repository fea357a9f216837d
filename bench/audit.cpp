// How many trials that reach the target the early-stopping rule would have given up in studies that
// were trained without it, and how many steps of the others it saves.
//   audit STUDY.db...     trained with --no-early-stop (or --audit); pooled in the last line
#include <fmt/format.h>

#include "bench/replay.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using namespace sweetspot::bench;

void print(const std::string& name, const Tally& t) {
  fmt::print("{:<70} {:>7} {:>6} {:>9.2f} % {:>9.1f} %\n", name, t.reached, t.wrong,
             t.reached > 0 ? 100.0 * t.wrong / t.reached : 0.0, 100 * t.share_saved());
}

}  // namespace

int main(int count, char** files) {
  try {
    fmt::print("{:<70} {:>7} {:>6} {:>11} {:>11}\n", "study", "reached", "wrong", "wrong",
               "steps saved");
    Tally all;
    for (int i = 1; i < count; ++i) {
      const RecordedStudy study = read_study(files[i]);
      const Tally one = replay(study, {});
      print(study.name, one);
      for (const RecordedTrial& recorded : study.trials) {
        const uint64_t last = last_step(study.settings, recorded, {});
        if (recorded.trial.outcome == study::Outcome::reached && last < recorded.trial.steps) {
          fmt::print("  given up at {} of {}: {}, seed {}\n", last, recorded.trial.steps,
                     space::text_of(recorded.trial.config), recorded.trial.seed);
        }
      }
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
