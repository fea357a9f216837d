#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json_text.hpp"
#include "base/write_file.hpp"
#include "exchange/optuna_distribution.hpp"
#include "exchange/optuna_file.hpp"
#include "exchange/optuna_schema.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

namespace fs = std::filesystem;

class Writer {
 public:
  explicit Writer(SQLite::Database& database) : database_(database) {}

  void write(const OptunaStudy& study) {
    SQLite::Transaction transaction(database_);
    database_.exec(kOptunaTables);
    insert("INSERT INTO studies VALUES(1, ?)", study.name);
    insert("INSERT INTO study_directions(direction, study_id, objective) VALUES(?, 1, 0)",
           study.maximize ? "MAXIMIZE" : "MINIMIZE");
    for (const auto& [key, json] : study.attributes) {
      insert("INSERT INTO study_user_attributes(study_id, key, value_json) VALUES(1, ?, ?)", key,
             json);
    }
    for (const space::Parameter& parameter : study.space) {
      distributions_.push_back(distribution_json(parameter.distribution));
    }
    for (const OptunaTrial& trial : study.trials) write_trial(study, trial);
    transaction.commit();
  }

 private:
  static void bind(SQLite::Statement& statement, int place, const std::string& text) {
    statement.bind(place, text);
  }
  static void bind(SQLite::Statement& statement, int place, int64_t number) {
    statement.bind(place, number);
  }
  static void bind(SQLite::Statement& statement, int place, double number) {
    statement.bind(place, number);
  }
  template <class T>
  static void bind(SQLite::Statement& statement, int place, const std::optional<T>& value) {
    if (value.has_value()) bind(statement, place, *value);
  }

  // Compiling a statement takes longer than a row.
  template <class... Values>
  void insert(const char* sql, const Values&... values) {
    auto [found, is_new] = statements_.try_emplace(sql, nullptr);
    if (is_new) found->second = std::make_unique<SQLite::Statement>(database_, sql);
    SQLite::Statement& statement = *found->second;
    statement.reset();
    statement.clearBindings();
    int place = 0;
    (bind(statement, ++place, values), ...);
    statement.exec();
  }

  void write_trial(const OptunaStudy& study, const OptunaTrial& trial) {
    const auto text = [](std::optional<int64_t> time) {
      return time.has_value() ? std::optional(time_text(*time)) : std::nullopt;
    };
    // Optuna counts a study's rows for the number of the next trial.
    const int64_t id = trial.number + 1;
    insert("INSERT INTO trials VALUES(?, ?, 1, ?, ?, ?)", id, int64_t{trial.number},
           std::string(name_of(trial.state)), text(trial.started), text(trial.ended));
    for (const auto& [key, json] : trial.attributes) {
      insert("INSERT INTO trial_user_attributes(trial_id, key, value_json) VALUES(?, ?, ?)", id,
             key, json);
    }
    if (trial.value.has_value()) {
      insert(
          "INSERT INTO trial_values(trial_id, objective, value, value_type) "
          "VALUES(?, 0, ?, 'FINITE')",
          id, *trial.value);
    }
    for (const auto& [step, value] : trial.intermediate) {
      insert(
          "INSERT INTO trial_intermediate_values(trial_id, step, intermediate_value, "
          "intermediate_value_type) VALUES(?, ?, ?, ?)",
          id, step, value, std::string(value.has_value() ? "FINITE" : "NAN"));
    }
    if (trial.state == OptunaState::waiting) {
      write_wish(study, trial, id);
    } else {
      write_parameters(study, trial, id);
    }
  }

  void write_parameters(const OptunaStudy& study, const OptunaTrial& trial, int64_t id) {
    for (size_t i = 0; i < study.space.size(); ++i) {
      const space::Parameter& parameter = study.space[i];
      const auto value = trial.config.find(parameter.name);
      if (value == trial.config.end()) continue;
      insert(
          "INSERT INTO trial_params(trial_id, param_name, param_value, distribution_json) "
          "VALUES(?, ?, ?, ?)",
          id, parameter.name, number_of(parameter.distribution, value->second), distributions_[i]);
    }
  }

  // As enqueue_trial does: the next one that asks gets these values.
  void write_wish(const OptunaStudy& study, const OptunaTrial& trial, int64_t id) {
    Json wish = Json::object();
    for (const space::Parameter& parameter : study.space) {
      const auto value = trial.config.find(parameter.name);
      if (value == trial.config.end()) continue;
      if (std::holds_alternative<space::Integer>(parameter.distribution)) {
        wish[parameter.name] = std::llround(std::get<double>(value->second));
      } else {
        std::visit([&](const auto& v) { wish[parameter.name] = v; }, value->second);
      }
    }
    insert(
        "INSERT INTO trial_system_attributes(trial_id, key, value_json) "
        "VALUES(?, 'fixed_params', ?)",
        id, wish.dump());
  }

  SQLite::Database& database_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
  std::vector<std::string> distributions_;  // of the space's parameters
};

}  // namespace

void write_optuna(const OptunaStudy& study, const fs::path& file) {
  if (fs::exists(file)) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: is there already; an Optuna study is written to a new file, and "
                            "Optuna goes on with the one that there is",
                            file.string()));
  }
  const fs::path part = unfinished(file);
  std::error_code error;
  try {
    {
      SQLite::Database database(part.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      // The file is new, and goes where anything fails.
      database.exec("PRAGMA journal_mode = MEMORY");
      Writer(database).write(study);
    }
    put_in_place(part, file);
  } catch (const SQLite::Exception& failure) {
    fs::remove(part, error);
    throw Error(ErrorKind::system,
                fmt::format("{}: cannot be written: {} (is the folder there and writable, and the "
                            "disk not full?)",
                            file.string(), failure.what()));
  }
}

}  // namespace sweetspot::exchange
