#include "store/sqlite_store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "store/file_lock.hpp"

namespace sweetspot::store {
namespace {

// "SWSP": tells a study from any other SQLite file.
constexpr int kApplicationId = 0x53575350;
constexpr int kBusyMilliseconds = 10000;

constexpr const char* kSchema = R"sql(
CREATE TABLE study(
  id INTEGER PRIMARY KEY CHECK(id = 1),
  settings TEXT NOT NULL,
  program_version TEXT NOT NULL,
  data_checksum TEXT NOT NULL,
  weights INTEGER NOT NULL,
  operations_per_step REAL NOT NULL,
  early_stop TEXT NOT NULL);
CREATE TABLE metric(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE trial(
  number INTEGER PRIMARY KEY,
  config TEXT NOT NULL,
  seed INTEGER NOT NULL,
  outcome TEXT,
  steps INTEGER NOT NULL DEFAULT 0,
  compute_seconds REAL NOT NULL DEFAULT 0,
  given_up_at INTEGER,
  note TEXT NOT NULL DEFAULT '',
  reproducible INTEGER NOT NULL DEFAULT 1);
CREATE TABLE observation(
  trial INTEGER NOT NULL REFERENCES trial(number),
  step INTEGER NOT NULL,
  metric INTEGER NOT NULL REFERENCES metric(id),
  value REAL,
  PRIMARY KEY(trial, step, metric)) WITHOUT ROWID;
CREATE TABLE snapshot(
  trial INTEGER PRIMARY KEY REFERENCES trial(number),
  step INTEGER NOT NULL,
  state BLOB NOT NULL);
CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  wall_seconds REAL NOT NULL,
  busy_lane_seconds REAL NOT NULL,
  lane_seconds REAL NOT NULL);
)sql";

std::string config_json(const space::Config& config) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : config) {
    std::visit([&, key = name](const auto& v) { json[key] = v; }, value);
  }
  return json.dump();
}

space::Config config_of(const std::string& text) {
  space::Config config;
  const auto json = nlohmann::ordered_json::parse(text);
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) {
      config[name] = value.get<std::string>();
    } else {
      config[name] = value.get<double>();
    }
  }
  return config;
}

class SqliteStore final : public StudyStore {
 public:
  SqliteStore(const std::filesystem::path& file, Access access)
      : file_(file), lock_(access == Access::train ? std::make_unique<FileLock>(file) : nullptr) {
    if (access == Access::read && !std::filesystem::exists(file)) {
      throw Error(ErrorKind::study, fmt::format("{}: no such study file", file.string()));
    }
    guarded([&] {
      const int flags = access == Access::train ? SQLite::OPEN_READWRITE : SQLite::OPEN_READONLY;
      database_ = std::make_unique<SQLite::Database>(file.string(), flags, kBusyMilliseconds);
      const int version = pragma("user_version");
      const int application = pragma("application_id");
      const bool is_new = application == 0 && version == 0 && is_empty();
      if (!is_new && application != kApplicationId) refuse("is not a sweetspot study");
      if (version > kSchemaVersion) {
        refuse(fmt::format("was written by a newer sweetspot (layout {}, this one knows {})",
                           version, kSchemaVersion));
      }
      if (access == Access::read) {
        if (is_new) refuse("holds no study yet");
        return;
      }
      database_->exec("PRAGMA journal_mode = WAL");
      database_->exec("PRAGMA synchronous = NORMAL");
      database_->exec("PRAGMA foreign_keys = ON");
      if (is_new) {
        SQLite::Transaction transaction(*database_);
        database_->exec(kSchema);
        database_->exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
        database_->exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
        transaction.commit();
      }
    });
  }

  std::optional<StudyRecord> record() override {
    return guarded([&]() -> std::optional<StudyRecord> {
      SQLite::Statement query(*database_,
                              "SELECT settings, program_version, data_checksum, weights, "
                              "operations_per_step, early_stop FROM study");
      if (!query.executeStep()) return std::nullopt;
      return StudyRecord{.settings = study::settings_from_json(query.getColumn(0)),
                         .program_version = query.getColumn(1),
                         .data_checksum = query.getColumn(2),
                         .weights = static_cast<uint64_t>(query.getColumn(3).getInt64()),
                         .operations_per_step = query.getColumn(4),
                         .early_stop = query.getColumn(5)};
    });
  }

  void write_record(const StudyRecord& record, const std::vector<std::string>& metrics) override {
    guarded([&] {
      SQLite::Transaction transaction(*database_);
      SQLite::Statement insert(*database_,
                               "INSERT INTO study(id, settings, program_version, data_checksum, "
                               "weights, operations_per_step, early_stop) "
                               "VALUES(1, ?, ?, ?, ?, ?, ?) "
                               "ON CONFLICT(id) DO UPDATE SET settings = excluded.settings");
      insert.bind(1, study::to_json(record.settings));
      insert.bind(2, record.program_version);
      insert.bind(3, record.data_checksum);
      insert.bind(4, static_cast<int64_t>(record.weights));
      insert.bind(5, record.operations_per_step);
      insert.bind(6, record.early_stop);
      insert.exec();
      for (size_t i = 0; i < metrics.size(); ++i) {
        SQLite::Statement metric(*database_, "INSERT OR IGNORE INTO metric(id, name) VALUES(?, ?)");
        metric.bind(1, static_cast<int>(i));
        metric.bind(2, metrics[i]);
        metric.exec();
      }
      transaction.commit();
    });
  }

  std::vector<study::Trial> trials() override {
    return guarded([&] {
      std::vector<study::Trial> trials;
      SQLite::Statement query(*database_,
                              "SELECT number, config, seed, outcome, steps, compute_seconds, "
                              "given_up_at, note, reproducible FROM trial ORDER BY number");
      while (query.executeStep()) {
        study::Trial trial;
        trial.number = query.getColumn(0);
        trial.config = config_of(query.getColumn(1));
        trial.seed = static_cast<uint64_t>(query.getColumn(2).getInt64());
        if (!query.isColumnNull(3)) trial.outcome = study::outcome_of(query.getColumn(3).getText());
        trial.steps = static_cast<uint64_t>(query.getColumn(4).getInt64());
        trial.compute_seconds = query.getColumn(5);
        if (!query.isColumnNull(6)) {
          trial.given_up_at = static_cast<uint64_t>(query.getColumn(6).getInt64());
        }
        trial.note = query.getColumn(7).getText();
        trial.reproducible = query.getColumn(8).getInt() != 0;
        trials.push_back(std::move(trial));
      }
      return trials;
    });
  }

  void add_trials(const std::vector<study::Trial>& trials) override {
    guarded([&] {
      SQLite::Transaction transaction(*database_);
      SQLite::Statement insert(*database_,
                               "INSERT INTO trial(number, config, seed) VALUES(?, ?, ?)");
      for (const study::Trial& trial : trials) {
        insert.reset();
        insert.bind(1, trial.number);
        insert.bind(2, config_json(trial.config));
        insert.bind(3, static_cast<int64_t>(trial.seed));
        insert.exec();
      }
      transaction.commit();
    });
  }

  void reset_trials(const std::vector<int>& numbers) override {
    guarded([&] {
      SQLite::Transaction transaction(*database_);
      for (const int number : numbers) {
        run("UPDATE trial SET outcome = NULL, steps = 0, compute_seconds = 0, given_up_at = NULL, "
            "note = '', reproducible = 1 WHERE number = ?",
            number);
        run("DELETE FROM observation WHERE trial = ?", number);
        run("DELETE FROM snapshot WHERE trial = ?", number);
      }
      transaction.commit();
    });
  }

  void write(const Batch& batch) override {
    guarded([&] {
      SQLite::Transaction transaction(*database_);
      write_observations(batch.observations);
      for (const study::Trial& trial : batch.ended) write_end(trial);
      for (const Batch::Snapshot& snapshot : batch.snapshots) {
        SQLite::Statement insert(*database_,
                                 "INSERT OR REPLACE INTO snapshot(trial, step, state) "
                                 "VALUES(?, ?, ?)");
        insert.bind(1, snapshot.trial);
        insert.bind(2, static_cast<int64_t>(snapshot.step));
        insert.bindNoCopy(3, snapshot.bytes.data(), static_cast<int>(snapshot.bytes.size()));
        insert.exec();
      }
      write_cost(batch.cost);
      transaction.commit();
    });
  }

  study::Curve curve(int trial) override {
    return guarded([&] {
      study::Curve curve;
      SQLite::Statement names(*database_, "SELECT name FROM metric ORDER BY id");
      while (names.executeStep()) curve.metrics.push_back(names.getColumn(0).getText());
      SQLite::Statement query(*database_,
                              "SELECT step, metric, value FROM observation WHERE trial = ? "
                              "ORDER BY step, metric");
      query.bind(1, trial);
      while (query.executeStep()) {
        const auto step = static_cast<uint64_t>(query.getColumn(0).getInt64());
        if (curve.points.empty() || curve.points.back().step != step) {
          curve.points.push_back({.step = step, .values = {}});
          curve.points.back().values.resize(curve.metrics.size());
        }
        const auto metric = static_cast<size_t>(query.getColumn(1).getInt());
        if (!query.isColumnNull(2) && metric < curve.metrics.size()) {
          curve.points.back().values[metric] = query.getColumn(2).getDouble();
        }
      }
      return curve;
    });
  }

  Cost cost() override {
    return guarded([&] {
      SQLite::Statement query(*database_,
                              "SELECT total(wall_seconds), total(busy_lane_seconds), "
                              "total(lane_seconds) FROM run");
      query.executeStep();
      return Cost{query.getColumn(0), query.getColumn(1), query.getColumn(2)};
    });
  }

  std::optional<std::vector<uint8_t>> rewind(int trial) override {
    return guarded([&]() -> std::optional<std::vector<uint8_t>> {
      SQLite::Statement query(*database_, "SELECT step, state FROM snapshot WHERE trial = ?");
      query.bind(1, trial);
      int64_t step = 0;
      std::optional<std::vector<uint8_t>> state;
      if (query.executeStep()) {
        step = query.getColumn(0).getInt64();
        const auto* bytes = static_cast<const uint8_t*>(query.getColumn(1).getBlob());
        state.emplace(bytes, bytes + query.getColumn(1).getBytes());
      }
      SQLite::Statement drop(*database_, "DELETE FROM observation WHERE trial = ? AND step > ?");
      drop.bind(1, trial);
      drop.bind(2, step);
      drop.exec();
      return state;
    });
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw Error(ErrorKind::study, fmt::format("{}: {}", file_.string(), what));
  }

  // Runs a piece of work; SQLite's errors come out as the project's.
  template <class Work>
  auto guarded(Work&& work) -> decltype(work()) {
    try {
      return work();
    } catch (const SQLite::Exception& error) {
      switch (error.getErrorCode()) {
        case SQLITE_FULL:
          throw Error(ErrorKind::system,
                      fmt::format("{}: the disk is full; all that was kept stands, free some space "
                                  "and give the same command again",
                                  file_.string()));
        case SQLITE_IOERR:
        case SQLITE_READONLY:
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
          throw Error(ErrorKind::system,
                      fmt::format("{}: cannot be written or read: {} (is the folder writable and "
                                  "the disk not full?)",
                                  file_.string(), error.what()));
        case SQLITE_NOTADB:
          refuse("is not a SQLite file, so no sweetspot study");
        default:
          refuse(fmt::format("damaged or not a sweetspot study: {}", error.what()));
      }
    } catch (const nlohmann::json::exception& error) {
      refuse(fmt::format("damaged: {}", error.what()));
    }
  }

  int pragma(const std::string& name) { return database_->execAndGet("PRAGMA " + name).getInt(); }

  bool is_empty() {
    return database_->execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0;
  }

  void run(const char* sql, int number) {
    SQLite::Statement statement(*database_, sql);
    statement.bind(1, number);
    statement.exec();
  }

  void write_observations(const std::vector<Observation>& observations) {
    SQLite::Statement insert(*database_,
                             "INSERT OR REPLACE INTO observation(trial, step, metric, value) "
                             "VALUES(?, ?, ?, ?)");
    for (const Observation& observation : observations) {
      for (size_t metric = 0; metric < observation.point.values.size(); ++metric) {
        const std::optional<double>& value = observation.point.values[metric];
        insert.reset();
        insert.bind(1, observation.trial);
        insert.bind(2, static_cast<int64_t>(observation.point.step));
        insert.bind(3, static_cast<int>(metric));
        if (value.has_value() && std::isfinite(*value)) {
          insert.bind(4, *value);
        } else {
          insert.bind(4);
        }
        insert.exec();
      }
    }
  }

  void write_end(const study::Trial& trial) {
    SQLite::Statement update(*database_,
                             "UPDATE trial SET outcome = ?, steps = ?, compute_seconds = ?, "
                             "given_up_at = ?, note = ?, reproducible = ? WHERE number = ?");
    update.bind(1, std::string(study::name_of(*trial.outcome)));
    update.bind(2, static_cast<int64_t>(trial.steps));
    update.bind(3, trial.compute_seconds);
    if (trial.given_up_at.has_value()) {
      update.bind(4, static_cast<int64_t>(*trial.given_up_at));
    } else {
      update.bind(4);
    }
    update.bind(5, trial.note);
    update.bind(6, trial.reproducible ? 1 : 0);
    update.bind(7, trial.number);
    update.exec();
    run("DELETE FROM snapshot WHERE trial = ?", trial.number);
  }

  void write_cost(const Cost& cost) {
    if (run_id_ == 0) {
      database_->exec(
          "INSERT INTO run(wall_seconds, busy_lane_seconds, lane_seconds) "
          "VALUES(0, 0, 0)");
      run_id_ = database_->getLastInsertRowid();
    }
    SQLite::Statement update(*database_,
                             "UPDATE run SET wall_seconds = ?, busy_lane_seconds = ?, "
                             "lane_seconds = ? WHERE id = ?");
    update.bind(1, cost.wall_seconds);
    update.bind(2, cost.busy_lane_seconds);
    update.bind(3, cost.lane_seconds);
    update.bind(4, run_id_);
    update.exec();
  }

  std::filesystem::path file_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<SQLite::Database> database_;
  int64_t run_id_ = 0;
};

}  // namespace

std::unique_ptr<StudyStore> open_sqlite(const std::filesystem::path& file, Access access) {
  return std::make_unique<SqliteStore>(file, access);
}

}  // namespace sweetspot::store
