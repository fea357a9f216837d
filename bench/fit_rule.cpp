// Fixes the constants of the early-stopping rule on one study, by a procedure and not by eye: of
// all constants on a grid under which no trial that reaches the target is given up, not even when
// every constant is a notch stricter, those that save the most steps of the other trials. Among
// equals the most lenient.
//   fit_rule STUDY.db [OTHER.db...]   trained with --no-early-stop, the first over the whole grid;
//                                     the others are judged by what the first gave
#include <fmt/format.h>

#include <array>

#include "bench/replay.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using search::HopelessConstants;

// From lenient to strict; the last of each is only a neighbour.
constexpr std::array<uint64_t, 5> kStartUps = {200, 150, 100, 50, 0};
constexpr std::array<uint64_t, 5> kRecents = {250, 200, 150, 100, 50};
constexpr std::array<double, 7> kSlacks = {2, 1.5, 1.3, 1.2, 1.1, 1.0, 0.9};
constexpr std::array<double, 6> kPlateauErrors = {1, 0.85, 0.8, 0.75, 0.7, 0.65};
constexpr std::array<double, 5> kPlateauShares = {1.0 / 5, 1.0 / 10, 1.0 / 20, 1.0 / 40, 1.0 / 80};

}  // namespace

int main(int count, char** files) {
  if (count < 2) return 2;
  try {
    const bench::RecordedStudy study = bench::read_study(files[1]);
    HopelessConstants best;
    double most = -1;
    for (size_t a = 0; a + 1 < kStartUps.size(); ++a) {
      for (size_t b = 0; b + 1 < kRecents.size(); ++b) {
        for (size_t c = 0; c + 1 < kSlacks.size(); ++c) {
          for (size_t d = 0; d + 1 < kPlateauErrors.size(); ++d) {
            for (size_t e = 0; e + 1 < kPlateauShares.size(); ++e) {
              const auto notch = [&](size_t n) {
                return HopelessConstants{kStartUps[a + n], kRecents[b + n], kSlacks[c + n],
                                         kPlateauErrors[d + n], kPlateauShares[e + n]};
              };
              if (bench::replay(study, notch(1)).wrong > 0) continue;
              const double saved = bench::replay(study, notch(0)).share_saved();
              if (saved <= most) continue;
              most = saved;
              best = notch(0);
            }
          }
        }
      }
    }
    bench::Tally others;
    for (int i = 2; i < count; ++i) {
      const bench::Tally one = bench::replay(bench::read_study(files[i]), best);
      others.reached += one.reached;
      others.wrong += one.wrong;
      others.failing += one.failing;
      others.saved += one.saved;
    }
    const bench::Tally tally = bench::replay(study, best);
    fmt::print(
        "{}\nstart-up {} recent {} slack {} plateau error {} plateau share {:.4g}: {} of {} "
        "given up wrongly, {:.1f} % of the failing steps saved\n",
        study.name, best.start_up, best.recent, best.slack, best.plateau_error, best.plateau_share,
        tally.wrong, tally.reached, 100 * tally.share_saved());
    if (count > 2) {
      fmt::print("the others: {} of {} given up wrongly, {:.1f} % of the failing steps saved\n",
                 others.wrong, others.reached, 100 * others.share_saved());
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "fit_rule: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
