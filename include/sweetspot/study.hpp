/// \file
/// A study searches a space for the config whose trials come out best. Two ways to use it:
/// optimize() calls a function for each trial, on threads of its own; ask(), report() and tell()
/// leave the loop to the caller. What a trial is, only the caller knows: a number comes back.
///
/// Trials are proposed in rounds, each from what ended in the rounds before it: so a study has the
/// same trials with one thread or many, and, kept in a file, after a kill.
///
/// Thread-safety: a Study's member functions may be called from any thread. All errors are
/// sweetspot::Error. What a full disk keeps from the file is written as soon as there is room.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sweetspot/export.hpp"
#include "sweetspot/outcome.hpp"
#include "sweetspot/space.hpp"

namespace sweetspot {

/// Which values are better.
enum class Direction { minimize, maximize };

/// What a study is. A file that has it already must have been made with the same, but for `trials`,
/// which may grow (unless the method is grid).
struct StudyOptions {
  std::filesystem::path file = {};  ///< that keeps the study; empty: it lives in memory
  std::string metric = "value";     ///< what the values are called
  Direction direction = Direction::minimize;

  /// Where given, trials are judged by how few steps they take until a report is at least as good
  /// as this; they end there. Else by the value that they end with.
  std::optional<double> target = std::nullopt;

  /// A name of search_methods(), except pbt, which copies the state of trainings. `auto` takes gp
  /// or tpe where trials report nothing on their way.
  std::string method = "auto";
  uint64_t seed = 1;      ///< of the search's random numbers
  uint64_t trials = 100;  ///< that the search may start
  uint64_t total_steps =
      0;  ///< that all trials together may take, instead of `trials`; 0: no limit

  /// Trials that are proposed at once, 1 to 1000. At 1 each proposal sees all trials before it;
  /// above it what ended up to the last round but one, and twice as many trials can train side by
  /// side.
  int round = 1;

  uint64_t steps = 1;         ///< of a whole trial; above 1 where trials report on their way
  uint64_t report_every = 1;  ///< steps; a trial reports at each multiple, and at the last step
};

/// A trial to train, from ask().
struct AskedTrial {
  int number = 0;  ///< from 0, in the order in which the search proposed them
  space::Config config;
  uint64_t from = 0;   ///< the step at which it paused; 0 for a new one
  uint64_t until = 0;  ///< the step at which it pauses, unless report() lets it go on
};

/// What is to become of a trial after a report.
enum class Advice {
  go_on,  ///< train on; at the last step: tell its value
  pause,  ///< keep its state: ask() gives it again, if the search goes on with it
  stop,   ///< it has ended: it reached the target, diverged, or was pruned
};

/// A value on a trial's way.
struct Check {
  uint64_t step = 0;
  double value = 0;
  bool operator==(const Check&) const = default;
};

/// What is known of a trial.
struct TrialResult {
  int number = 0;
  space::Config config;
  std::optional<study::Outcome> outcome;  ///< none while it waits, trains or is paused
  uint64_t steps = 0;                     ///< trained so far
  std::optional<double> value;            ///< that it ended with; none unless it worked
  std::vector<Check> curve;               ///< ascending steps
  std::string note;                       ///< why it failed, or was pruned
  double seconds = 0;                     ///< on the clock
  bool operator==(const TrialResult&) const = default;
};

class TrialRun;

/// A trial inside optimize()'s function. Thread-safety: belongs to that call.
class SWEETSPOT_API Trial {
 public:
  int number() const;
  const space::Config& config() const;
  /// A number of its config. Throws Error (usage) where it has none of that name.
  double value_of(const std::string& parameter) const;
  /// A categorical parameter's choice. Throws Error (usage) where it has none of that name.
  const std::string& choice_of(const std::string& parameter) const;

  /// Says how it stands after a step, from 1; waits while the search looks at other trials first.
  /// False: the function is to return, and what it returns does not count. After a kill a trial
  /// begins again, and what it had reported is not looked at a second time. Throws Error (usage)
  /// for a step that was left out or comes twice.
  bool report(uint64_t step, double value);

 private:
  friend class TrialRun;
  explicit Trial(TrialRun& run) : run_(run) {}
  TrialRun& run_;
};

/// How optimize() runs.
struct OptimizeOptions {
  int threads = 1;  ///< calls at a time; those that wait in report() do not count
  /// So many failures in a row with the same message give up the study: a mistake in the function,
  /// not a bad config.
  int equal_failures = 5;
  /// Called after each trial, in the thread that called optimize().
  std::function<void(const TrialResult&)> on_end = {};
};

/// A search over a space, its trials, and the file that may keep them.
class SWEETSPOT_API Study {
 public:
  /// Throws Error: usage for options that mean nothing, study for a file that is foreign, in use,
  /// or has a study made with other options; system where it cannot be written.
  Study(space::Space space, StudyOptions options = {});
  ~Study();
  Study(Study&&) noexcept;
  Study& operator=(Study&&) noexcept;

  /// Calls `function` for each trial that the search proposes, until the search ends or stop() is
  /// called; it returns the trial's value. What it throws fails its trial, with the message as the
  /// trial's note. A value that is not finite is a diverged trial. A trial that waits in report()
  /// keeps its thread.
  ///
  /// Throws Error: usage where the function fails in the same way again and again, or for more
  /// threads than the rounds can employ; study and system as the file does; what on_end throws.
  void optimize(const std::function<double(Trial&)>& function, const OptimizeOptions& options = {});

  /// Ends optimize() as soon as each running call reports or returns; the next optimize() goes on.
  void stop();

  /// The next trial to train; not beside optimize(), which asks, too. None where the search has
  /// come to its end, or waits for trials under way: is_over() tells which.
  std::optional<AskedTrial> ask();
  /// How a trial under way stands after a step: at each multiple of report_every, and at the last.
  /// Throws Error (usage) for a trial that is not under way, and for a step that comes twice, lies
  /// between these or beyond where the trial was to pause.
  Advice report(int trial, uint64_t step, double value);
  /// Ends a trial under way with its value. One that is not finite is a diverged trial.
  void tell(int trial, double value);
  /// Ends a trial under way as failed: a result, which the search takes as one.
  void fail(int trial, const std::string& why);
  /// Whether all trials have ended and none will come.
  bool is_over();

  const space::Space& space() const;
  const StudyOptions& options() const;  ///< with the method that `auto` took

  /// All trials so far, by number.
  std::vector<TrialResult> trials() const;
  /// The one that took the fewest steps to the target, or ended with the best value; of equals the
  /// first. None while no trial worked.
  std::optional<TrialResult> best() const;
  /// In a sentence: the best config, its value, and how many trials of which outcomes it took.
  std::string answer() const;
  /// A row a trial: number, outcome, steps, value, seconds, note, then the space's parameters.
  /// Throws Error (system) where it cannot be written.
  void write_csv(const std::filesystem::path& file) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// A search and what it does, in a line.
struct SearchMethod {
  std::string name;
  std::string about;
};

/// All searches that a study can be asked for by name, `auto` first.
SWEETSPOT_API std::vector<SearchMethod> search_methods();

}  // namespace sweetspot
