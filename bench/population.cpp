// What a population costs beside a sweep's lanes: processor seconds a trial-step of 16 trainings
// that only train, and of a population of 16, interleaved; and of a population that is judged by
// 1,000 validation images, so that the evaluation stands on its own line. Everything is kept in a
// study file, as always.
//   population REPEATS MODEL STEPS
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "cohorts/prepare_study.hpp"
#include "cohorts/study_runner.hpp"
#include "data/fetch.hpp"
#include "store/open_store.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Kind {
  const char* name;
  const char* method;
  const char* objective;
};
constexpr Kind kKinds[] = {{"16 trainings", "random", "best:train_accuracy"},
                           {"population of 16", "pbt", "best:train_accuracy"},
                           {"and its evaluation", "pbt", "best:validation_accuracy"}};

double milliseconds_a_step(const Kind& kind, const std::string& model, uint64_t steps,
                           const data::ImageSet& set, const std::filesystem::path& folder) {
  study::Settings settings;
  settings.kind = study::Kind::tune;
  settings.model = model;
  settings.optimizers = {"adam"};
  settings.search.method = kind.method;
  settings.search.objective = study::parse_objective(kind.objective);
  settings.target = study::parse_target("none");
  settings.search.cost = "16x";
  settings.search.space = {{"optimizer", space::Categorical{{"adam"}}},
                           {"learning_rate", space::LogUniform{1e-4, 1e-2}}};
  settings.budget = steps;
  // A population is judged every fortieth of the budget; at other times there is nothing to look
  // at.
  settings.check_every = std::max<uint64_t>(1, steps / 40);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto store = store::open_sqlite(folder / "study.db", store::Access::train, "tune");
  cohorts::prepare_study(*store, settings, set);
  cohorts::StudyRunner runner(*store, set, {.threads = 2, .lanes = 8});
  const double start = processor_seconds();
  uint64_t trained = 0;
  runner.run([&](const run::RunProgress& progress) { trained = progress.trial_steps; });
  return 1e3 * (processor_seconds() - start) / static_cast<double>(trained);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  try {
    const data::ImageSet set = data::load_image_set(
        "mnist",
        data::real_fetch_tools([](const std::string& text) { fmt::print(stderr, "{}\n", text); }));
    const auto folder = std::filesystem::temp_directory_path() / "sweetspot-bench-population";
    std::vector<std::vector<double>> times(std::size(kKinds));
    for (int repeat = 0; repeat < std::atoi(arguments[1]); ++repeat) {
      for (size_t i = 0; i < std::size(kKinds); ++i) {
        times[i].push_back(milliseconds_a_step(
            kKinds[i], arguments[2], static_cast<uint64_t>(std::atoi(arguments[3])), set, folder));
      }
    }
    std::filesystem::remove_all(folder);
    const auto median_ratio = [&](size_t a, size_t b) {
      std::vector<double> ratios;
      for (size_t i = 0; i < times[a].size(); ++i) ratios.push_back(times[a][i] / times[b][i]);
      std::nth_element(ratios.begin(),
                       ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2),
                       ratios.end());
      return ratios[ratios.size() / 2];
    };
    fmt::print("{}, processor time a trial-step\n", arguments[2]);
    fmt::print("{:<20}{:>10}\n", kKinds[0].name, "1.000");
    fmt::print("{:<20}{:>10.3f}\n", kKinds[1].name, median_ratio(1, 0));
    fmt::print("{:<20}{:>+10.3f}\n", kKinds[2].name, median_ratio(2, 0) - median_ratio(1, 0));
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "population: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
