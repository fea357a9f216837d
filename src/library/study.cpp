#include "sweetspot/study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/mutex.hpp"
#include "base/write_file.hpp"
#include "library/optimize_loop.hpp"
#include "library/study_engine.hpp"
#include "library/study_text.hpp"
#include "search/methods.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {

int Trial::number() const {
  return run_.asked().number;
}

const space::Config& Trial::config() const {
  return run_.asked().config;
}

double Trial::value_of(const std::string& parameter) const {
  return space::number_in(config(), parameter);
}

const std::string& Trial::choice_of(const std::string& parameter) const {
  return space::choice_in(config(), parameter);
}

bool Trial::report(uint64_t step, double value) {
  return run_.report(step, value);
}

struct Study::Parts {
  Parts(space::Space space, StudyOptions options) : engine(std::move(space), std::move(options)) {}

  StudyEngine engine;
  std::atomic<bool> stop{false};
  Mutex mutex;
  OptimizeLoop* loop GUARDED_BY(mutex) = nullptr;  // under way
};

Study::Study(space::Space space, StudyOptions options)
    : parts_(std::make_unique<Parts>(std::move(space), std::move(options))) {}
Study::~Study() = default;
Study::Study(Study&&) noexcept = default;
Study& Study::operator=(Study&&) noexcept = default;

namespace {

void require_employable(const OptimizeOptions& options, int round) {
  const int most = round == 1 ? 1 : 2 * round;
  if (options.threads < 1 || options.threads > most) {
    throw Error(ErrorKind::usage,
                fmt::format("threads {}: must be from 1 to {}, since a study with rounds of {} "
                            "trains at most so many trials at a time; rounds of {} employ them",
                            options.threads, most, round, std::max(2, options.threads)));
  }
  if (options.equal_failures < 1) {
    throw Error(ErrorKind::usage,
                fmt::format("equal_failures {}: must be at least 1", options.equal_failures));
  }
}

}  // namespace

void Study::optimize(const std::function<double(Trial&)>& function,
                     const OptimizeOptions& options) {
  require_employable(options, parts_->engine.options().round);
  OptimizeLoop loop(parts_->engine, function, options, parts_->stop);
  {
    const Lock lock(parts_->mutex);
    if (parts_->loop != nullptr) {
      throw Error(ErrorKind::usage, "optimize: is under way already; it has threads of its own");
    }
    parts_->stop.store(false);
    parts_->loop = &loop;
  }
  const auto leave = [&] {
    const Lock lock(parts_->mutex);
    parts_->loop = nullptr;
  };
  try {
    loop.run();
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

void Study::stop() {
  const Lock lock(parts_->mutex);
  parts_->stop.store(true);
  if (parts_->loop != nullptr) parts_->loop->wake();
}

std::optional<AskedTrial> Study::ask() {
  return parts_->engine.ask();
}

Advice Study::report(int trial, uint64_t step, double value) {
  return parts_->engine.report(trial, step, value);
}

void Study::tell(int trial, double value) {
  parts_->engine.tell(trial, value);
}

void Study::fail(int trial, const std::string& why) {
  parts_->engine.fail(trial, why);
}

bool Study::is_over() {
  return parts_->engine.is_over();
}

const space::Space& Study::space() const {
  return parts_->engine.space();
}

const StudyOptions& Study::options() const {
  return parts_->engine.options();
}

std::vector<TrialResult> Study::trials() const {
  return parts_->engine.trials();
}

std::optional<TrialResult> Study::best() const {
  return best_of(options(), trials());
}

std::string Study::answer() const {
  return answer_text(options(), trials());
}

void Study::write_csv(const std::filesystem::path& file) const {
  write_file(file, trials_csv(space(), trials()));
}

std::vector<SearchMethod> search_methods() {
  std::vector<SearchMethod> methods;
  for (const std::string& name : search::method_names()) {
    if (name != kPopulationMethod) methods.push_back({name, search::about_method(name)});
  }
  return methods;
}

}  // namespace sweetspot
