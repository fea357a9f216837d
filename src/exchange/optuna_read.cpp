#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "exchange/optuna_distribution.hpp"
#include "exchange/optuna_file.hpp"
#include "exchange/optuna_schema.hpp"
#include "exchange/optuna_space.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kBusyMilliseconds = 10000;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::study, what);
}

std::optional<double> finite(const SQLite::Column& column) {
  if (column.isNull() || !std::isfinite(column.getDouble())) return std::nullopt;
  return column.getDouble();
}

std::optional<int64_t> time_in(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : time_of(column.getText());
}

class Reader {
 public:
  explicit Reader(const fs::path& file)
      : database_(file.string(), SQLite::OPEN_READONLY, kBusyMilliseconds) {}

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
    return read;
  }

 private:
  void check_schema() {
    for (const char* table : {"studies", "study_directions", "trials", "trial_params",
                              "trial_values", "trial_intermediate_values"}) {
      if (!database_.tableExists(table)) {
        refuse(fmt::format("is no Optuna study (there is no table {})", table));
      }
    }
    if (!database_.tableExists("alembic_version")) return;
    SQLite::Statement query(database_, "SELECT version_num FROM alembic_version");
    if (!query.executeStep()) return;
    const std::string revision = query.getColumn(0).getText();
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

  void choose(const std::string& name, OptunaStudy& study) {
    std::vector<std::string> names;
    SQLite::Statement query(database_, "SELECT study_id, study_name FROM studies ORDER BY 1");
    while (query.executeStep()) {
      names.push_back(query.getColumn(1).getText());
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
         [&](SQLite::Statement& row) { directions.push_back(row.getColumn(0).getText()); });
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
           study.attributes[row.getColumn(0).getText()] = row.getColumn(1).getText();
         });
  }

  void read_trials(OptunaStudy& study) {
    each(
        "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials "
        "WHERE study_id = ? ORDER BY number",
        [&](SQLite::Statement& row) {
          OptunaTrial trial;
          trial.number = row.getColumn(1);
          const std::string state = row.getColumn(2).getText();
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
          trial_of(study, row).attributes[row.getColumn(1).getText()] = row.getColumn(2).getText();
        });
  }

  OptunaTrial& trial_of(OptunaStudy& study, SQLite::Statement& row) {
    return study.trials[places_.at(row.getColumn(0).getInt64())];
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
          trial_of(study, row).intermediate[row.getColumn(1).getInt64()] = finite(row.getColumn(2));
        });
  }

  void read_parameters(OptunaStudy& study, std::vector<std::string>& notes) {
    SpaceReader space;
    each(
        "SELECT p.trial_id, p.param_name, p.param_value, p.distribution_json FROM trial_params p "
        "JOIN trials t ON t.trial_id = p.trial_id WHERE t.study_id = ? ORDER BY p.param_id",
        [&](SQLite::Statement& row) {
          space.take(trial_of(study, row), row.getColumn(1).getText(), row.getColumn(3).getText(),
                     row.getColumn(2).getDouble());
        });
    // Of a trial that waits only what it shall have is there, where it was enqueued with that.
    each(
        "SELECT a.trial_id, a.value_json FROM trial_system_attributes a JOIN trials t "
        "ON t.trial_id = a.trial_id WHERE t.study_id = ? AND a.key = 'fixed_params'",
        [&](SQLite::Statement& row) {
          OptunaTrial& trial = trial_of(study, row);
          if (trial.state != OptunaState::waiting) return;
          const Json wish = Json::parse(row.getColumn(1).getText());
          for (const auto& [name, value] : wish.items()) {
            space.take_wish(trial, name, value.dump());
          }
        });
    space.finish(study, notes);
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
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::study, in_file(fmt::format("damaged: {}", error.what())));
  }
}

}  // namespace sweetspot::exchange
