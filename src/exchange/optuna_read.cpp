#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <limits>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "exchange/optuna_distribution.hpp"
#include "exchange/optuna_file.hpp"
#include "exchange/optuna_schema.hpp"
#include "exchange/optuna_space.hpp"
#include "store/sqlite/sqlite_guard.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyMilliseconds = 10000;
constexpr int64_t kMostSteps = int64_t{1} << 53;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::study, what);
}

// SQLite keeps any type in any column.
std::optional<double> finite(const SQLite::Column& column) {
  if (column.isNull()) return std::nullopt;
  if (!column.isInteger() && !column.isFloat()) {
    refuse(fmt::format("damaged: {} is no number", column.getName()));
  }
  return std::isfinite(column.getDouble()) ? std::optional(column.getDouble()) : std::nullopt;
}

int64_t whole_in(const SQLite::Column& column, int64_t low, int64_t high) {
  const int64_t number = column.getInt64();
  if (!column.isInteger() || number < low || number > high) {
    refuse(fmt::format("damaged: {} must be a whole number from {} to {}", column.getName(), low,
                       high));
  }
  return number;
}

std::string text_in(const SQLite::Column& column) {
  std::string text = column.getString();
  if (!is_utf8(text)) refuse(fmt::format("damaged: {} is no UTF-8", column.getName()));
  return text;
}

std::optional<int64_t> time_in(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : time_of(text_in(column));
}

class Reader {
 public:
  explicit Reader(const fs::path& file)
      : database_(file.string(), SQLite::OPEN_READONLY, kBusyMilliseconds) {
    store::defend(database_);
  }

  ReadOptuna read(const std::string& name) {
    // What another process writes meanwhile is not seen in part.
    SQLite::Transaction transaction(database_);
    check_schema();
    ReadOptuna read;
    choose(name, read.study);
    read_direction(read.study);
    read_attributes(read.study);
    read_trials(read.study);
    read_values(read.study);
    read_parameters(read.study, read.notes);
    note_reversed_times(read);
    return read;
  }

 private:
  void check_schema() {
    for (const char* table : {"studies", "study_directions", "study_user_attributes", "trials",
                              "trial_params", "trial_user_attributes", "trial_system_attributes",
                              "trial_values", "trial_intermediate_values"}) {
      if (!database_.tableExists(table)) {
        refuse(fmt::format("is no Optuna study (there is no table {})", table));
      }
      require_plain(table);
    }
    if (!database_.tableExists("alembic_version")) return;
    require_plain("alembic_version");
    SQLite::Statement query(database_, "SELECT version_num FROM alembic_version");
    if (!query.executeStep()) return;
    const std::string revision = text_in(query.getColumn(0));
    if (is_known_revision(revision)) return;
    if (is_old_revision(revision)) {
      refuse(
          fmt::format("was written by an Optuna before 3.0 (schema {}); `optuna storage upgrade "
                      "--storage URL` brings it up",
                      revision));
    }
    refuse(
        fmt::format("has schema {}, of an Optuna that is newer than this sweetspot knows "
                    "(v3.2.0.a, Optuna 3 and 4)",
                    revision));
  }

  void require_plain(const char* table) {
    const std::string wrong = store::wrong_with_table(database_, table);
    if (wrong.empty()) return;
    refuse(
        fmt::format("is no Optuna study: where its table {} should be there is {}", table, wrong));
  }

  void choose(const std::string& name, OptunaStudy& study) {
    std::vector<std::string> names;
    SQLite::Statement query(database_, "SELECT study_id, study_name FROM studies ORDER BY 1");
    while (query.executeStep()) {
      names.push_back(text_in(query.getColumn(1)));
      if (!name.empty() && names.back() != name) continue;
      id_ = query.getColumn(0).getInt64();
      study.name = names.back();
    }
    if (names.empty()) refuse("holds no study yet");
    if (name.empty() && names.size() > 1) {
      throw Error(ErrorKind::usage,
                  fmt::format("holds several studies, give one by --name: {}", join(names, ", ")));
    }
    if (study.name.empty()) {
      throw Error(ErrorKind::usage, unknown_name("study in this file", name, names));
    }
  }

  // A query's rows of the chosen study.
  template <class Row>
  void each(const char* sql, Row&& row) {
    SQLite::Statement query(database_, sql);
    query.bind(1, id_);
    while (query.executeStep()) row(query);
  }

  void read_direction(OptunaStudy& study) {
    std::vector<std::string> directions;
    each("SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective",
         [&](SQLite::Statement& row) { directions.push_back(text_in(row.getColumn(0))); });
    if (directions.size() != 1) {
      refuse(fmt::format("study '{}' has {} objectives; a study of sweetspot has one", study.name,
                         directions.size()));
    }
    study.maximize = directions.front() == "MAXIMIZE";
    if (!study.maximize && directions.front() != "MINIMIZE") {
      refuse(fmt::format("study '{}' has the direction {}; MINIMIZE or MAXIMIZE is expected",
                         study.name, directions.front()));
    }
  }

  void read_attributes(OptunaStudy& study) {
    each("SELECT key, value_json FROM study_user_attributes WHERE study_id = ?",
         [&](SQLite::Statement& row) {
           study.attributes[text_in(row.getColumn(0))] = text_in(row.getColumn(1));
         });
  }

  void read_trials(OptunaStudy& study) {
    each(
        "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials "
        "WHERE study_id = ? ORDER BY number",
        [&](SQLite::Statement& row) {
          OptunaTrial trial;
          trial.number =
              static_cast<int>(whole_in(row.getColumn(1), 0, std::numeric_limits<int>::max() - 1));
          const std::string state = text_in(row.getColumn(2));
          const std::optional<OptunaState> known = state_of(state);
          if (!known.has_value()) {
            refuse(fmt::format("trial {} has the state {}, which is unknown", trial.number, state));
          }
          trial.state = *known;
          trial.started = time_in(row.getColumn(3));
          trial.ended = time_in(row.getColumn(4));
          places_[row.getColumn(0).getInt64()] = study.trials.size();
          study.trials.push_back(std::move(trial));
        });
    each(
        "SELECT a.trial_id, a.key, a.value_json FROM trial_user_attributes a "
        "JOIN trials t ON t.trial_id = a.trial_id WHERE t.study_id = ?",
        [&](SQLite::Statement& row) {
          trial_of(study, row).attributes[text_in(row.getColumn(1))] = text_in(row.getColumn(2));
        });
  }

  OptunaTrial& trial_of(OptunaStudy& study, SQLite::Statement& row) {
    const auto place = places_.find(row.getColumn(0).getInt64());
    if (place == places_.end()) refuse("damaged: there are rows of a trial that there is not");
    return study.trials[place->second];
  }

  void read_values(OptunaStudy& study) {
    each(
        "SELECT v.trial_id, v.value FROM trial_values v JOIN trials t ON t.trial_id = v.trial_id "
        "WHERE t.study_id = ?",
        [&](SQLite::Statement& row) {
          // A pruned one has its last intermediate value again.
          OptunaTrial& trial = trial_of(study, row);
          if (trial.state == OptunaState::complete) trial.value = finite(row.getColumn(1));
        });
    each(
        "SELECT v.trial_id, v.step, v.intermediate_value FROM trial_intermediate_values v "
        "JOIN trials t ON t.trial_id = v.trial_id WHERE t.study_id = ?",
        [&](SQLite::Statement& row) {
          const int64_t step = whole_in(row.getColumn(1), -kMostSteps, kMostSteps);
          trial_of(study, row).intermediate[step] = finite(row.getColumn(2));
        });
  }

  void read_parameters(OptunaStudy& study, std::vector<std::string>& notes) {
    SpaceReader space;
    each(
        "SELECT p.trial_id, p.param_name, p.param_value, p.distribution_json FROM trial_params p "
        "JOIN trials t ON t.trial_id = p.trial_id WHERE t.study_id = ? ORDER BY p.param_id",
        [&](SQLite::Statement& row) {
          OptunaTrial& trial = trial_of(study, row);
          const std::string name = text_in(row.getColumn(1));
          const std::optional<double> value = finite(row.getColumn(2));
          if (!value.has_value()) {
            refuse(fmt::format("damaged: trial {} has no number for its parameter '{}'",
                               trial.number, printable(name)));
          }
          space.take(trial, name, text_in(row.getColumn(3)), *value);
        });
    // Of a trial that waits only what it shall have is there, where it was enqueued with that.
    each(
        "SELECT a.trial_id, a.value_json FROM trial_system_attributes a JOIN trials t "
        "ON t.trial_id = a.trial_id WHERE t.study_id = ? AND a.key = 'fixed_params'",
        [&](SQLite::Statement& row) {
          OptunaTrial& trial = trial_of(study, row);
          if (trial.state != OptunaState::waiting) return;
          const Json wish = parse_json(text_in(row.getColumn(1)));
          if (!wish.is_object()) refuse("damaged: what a waiting trial shall have is no object");
          for (const auto& [name, value] : wish.items()) {
            space.take_wish(trial, name, value.dump());
          }
        });
    space.finish(study, notes);
  }

  // Optuna keeps local time: a trial that runs while the clock is set back may end before it began.
  static void note_reversed_times(ReadOptuna& read) {
    std::vector<std::string> numbers;
    for (const OptunaTrial& trial : read.study.trials) {
      if (!trial.started.has_value() || !trial.ended.has_value()) continue;
      if (*trial.ended < *trial.started) numbers.push_back(std::to_string(trial.number));
    }
    if (numbers.empty()) return;
    read.notes.push_back(
        fmt::format("by the clock {} {} ended before beginning (was it set "
                    "back?); the time is taken as 0 s",
                    numbers.size() == 1 ? "trial" : "trials", join(numbers, ", ")));
  }

  SQLite::Database database_;
  int64_t id_ = 0;
  std::map<int64_t, size_t> places_;  // of trials, by Optuna's id
};

}  // namespace

ReadOptuna read_optuna(const fs::path& file, const std::string& name) {
  const auto in_file = [&](const std::string& what) {
    return fmt::format("{}: {}", file.string(), what);
  };
  if (!fs::exists(file)) throw Error(ErrorKind::study, in_file("no such file"));
  try {
    return Reader(file).read(name);
  } catch (const Error& error) {
    throw Error(error.kind(), in_file(error.what()));
  } catch (const SQLite::Exception& error) {
    switch (error.getErrorCode()) {
      case SQLITE_NOTADB:
        throw Error(ErrorKind::study, in_file("is not a SQLite file, so no Optuna study"));
      case SQLITE_CANTOPEN:
      case SQLITE_IOERR:
      case SQLITE_PERM:
        throw Error(ErrorKind::system, in_file(fmt::format("cannot be read: {}", error.what())));
      default:
        throw Error(ErrorKind::study,
                    in_file(fmt::format("damaged, or no Optuna study: {}", error.what())));
    }
  }
}

}  // namespace sweetspot::exchange
