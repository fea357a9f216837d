#include "store/sqlite_store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "store/file_lock.hpp"
#include "store/json_columns.hpp"
#include "store/sqlite_schema.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr int kBusyMilliseconds = 10000;

class SqliteStore final : public StudyStore {
 public:
  SqliteStore(const std::filesystem::path& file, Access access, std::string part)
      : file_(file),
        part_(std::move(part)),
        lock_(access == Access::train ? std::make_unique<FileLock>(file) : nullptr) {
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
        if (version < kSchemaVersion) read_as_upgraded(*database_, version);
        find_part();
        return;
      }
      database_->exec("PRAGMA journal_mode = WAL");
      database_->exec("PRAGMA synchronous = NORMAL");
      if (is_new) {
        create_schema(*database_);
      } else if (version < kSchemaVersion) {
        upgrade_schema(*database_, version);
      }
      database_->exec("PRAGMA foreign_keys = ON");
      find_part();
    });
  }

  std::optional<StudyRecord> record() override {
    return guarded([&]() -> std::optional<StudyRecord> {
      SQLite::Statement query(*database_,
                              "SELECT settings, program_version, data_checksum, weights, "
                              "operations_per_step, early_stop, networks FROM study WHERE id = ?");
      query.bind(1, part_id_);
      if (!query.executeStep()) return std::nullopt;
      return StudyRecord{.settings = study::settings_from_json(query.getColumn(0)),
                         .program_version = query.getColumn(1),
                         .data_checksum = query.getColumn(2),
                         .weights = static_cast<uint64_t>(query.getColumn(3).getInt64()),
                         .operations_per_step = query.getColumn(4),
                         .early_stop = query.getColumn(5),
                         .networks = networks_of(query.getColumn(6))};
    });
  }

  void write_record(const StudyRecord& record, const std::vector<std::string>& metrics) override {
    guarded([&] {
      SQLite::Transaction transaction(*database_);
      SQLite::Statement insert(*database_,
                               "INSERT INTO study(settings, program_version, data_checksum, "
                               "weights, operations_per_step, early_stop, networks, part) "
                               "VALUES(?, ?, ?, ?, ?, ?, ?, ?) "
                               "ON CONFLICT(part) DO UPDATE SET settings = excluded.settings, "
                               "networks = excluded.networks");
      insert.bind(1, study::to_json(record.settings));
      insert.bind(2, record.program_version);
      insert.bind(3, record.data_checksum);
      insert.bind(4, static_cast<int64_t>(record.weights));
      insert.bind(5, record.operations_per_step);
      insert.bind(6, record.early_stop);
      insert.bind(7, networks_json(record.networks));
      insert.bind(8, part_);
      insert.exec();
      for (size_t i = 0; i < metrics.size(); ++i) {
        SQLite::Statement metric(*database_, "INSERT OR IGNORE INTO metric(id, name) VALUES(?, ?)");
        metric.bind(1, static_cast<int>(i));
        metric.bind(2, metrics[i]);
        metric.exec();
      }
      transaction.commit();
      find_part();
    });
  }

  std::string part() const override { return part_; }

  std::vector<std::string> parts() override {
    return guarded([&] {
      std::vector<std::string> names;
      SQLite::Statement query(*database_, "SELECT part FROM study ORDER BY id");
      while (query.executeStep()) names.push_back(query.getColumn(0).getText());
      return names;
    });
  }

  std::vector<study::Trial> trials() override {
    return guarded([&] {
      std::vector<study::Trial> trials;
      SQLite::Statement query(*database_,
                              "SELECT number, config, seed, outcome, steps, compute_seconds, "
                              "given_up_at, note, reproducible, "
                              "(SELECT origin FROM lineage l WHERE l.part = trial.part AND "
                              "l.trial = number), "
                              "(SELECT step FROM lineage l WHERE l.part = trial.part AND "
                              "l.trial = number) FROM trial WHERE part = ? ORDER BY number");
      query.bind(1, part_id_);
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
        if (!query.isColumnNull(9)) {
          trial.origin = study::Origin{static_cast<size_t>(query.getColumn(9).getInt64()),
                                       static_cast<uint64_t>(query.getColumn(10).getInt64())};
        }
        trials.push_back(std::move(trial));
      }
      return trials;
    });
  }

  void add_trials(const std::vector<study::Trial>& trials) override {
    guarded([&] {
      SQLite::Transaction transaction(*database_);
      insert_trials(trials);
      transaction.commit();
    });
  }

  void reset_trials(const std::vector<int>& numbers) override {
    guarded([&] {
      SQLite::Transaction transaction(*database_);
      for (const int number : numbers) {
        run("UPDATE trial SET outcome = NULL, steps = 0, compute_seconds = 0, given_up_at = NULL, "
            "note = '', reproducible = 1 WHERE number = ? AND part = ?",
            number);
        run("DELETE FROM observation WHERE trial = ? AND part = ?", number);
        run("DELETE FROM snapshot WHERE trial = ? AND part = ?", number);
      }
      transaction.commit();
    });
  }

  void write(const Batch& batch) override {
    guarded([&] {
      SQLite::Transaction transaction(*database_);
      insert_trials(batch.added);
      write_observations(batch.observations);
      for (const study::Trial& trial : batch.ended) write_end(trial);
      for (const Batch::Snapshot& snapshot : batch.snapshots) {
        SQLite::Statement insert(*database_,
                                 "INSERT OR REPLACE INTO snapshot(trial, step, state, part) "
                                 "VALUES(?, ?, ?, ?)");
        insert.bind(1, snapshot.trial);
        insert.bind(2, static_cast<int64_t>(snapshot.step));
        insert.bindNoCopy(3, snapshot.bytes.data(), static_cast<int>(snapshot.bytes.size()));
        insert.bind(4, part_id_);
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
                              "AND part = ? ORDER BY step, metric");
      query.bind(1, trial);
      query.bind(2, part_id_);
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
                              "total(lane_seconds) FROM run WHERE part = ?");
      query.bind(1, part_id_);
      query.executeStep();
      return Cost{query.getColumn(0), query.getColumn(1), query.getColumn(2)};
    });
  }

  std::optional<std::vector<uint8_t>> snapshot(int trial) override {
    return guarded([&] { return step_and_snapshot(trial).second; });
  }

  std::optional<std::vector<uint8_t>> rewind(int trial) override {
    return guarded([&] {
      auto [step, state] = step_and_snapshot(trial);
      SQLite::Statement drop(*database_,
                             "DELETE FROM observation WHERE trial = ? AND step > ? AND part = ?");
      drop.bind(1, trial);
      drop.bind(2, step);
      drop.bind(3, part_id_);
      drop.exec();
      return std::move(state);
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

  // 0 and none where there is none.
  std::pair<int64_t, std::optional<std::vector<uint8_t>>> step_and_snapshot(int trial) {
    SQLite::Statement query(*database_,
                            "SELECT step, state FROM snapshot WHERE trial = ? AND part = ?");
    query.bind(1, trial);
    query.bind(2, part_id_);
    if (!query.executeStep()) return {0, std::nullopt};
    const auto* bytes = static_cast<const uint8_t*>(query.getColumn(1).getBlob());
    return {query.getColumn(0).getInt64(),
            std::vector<uint8_t>(bytes, bytes + query.getColumn(1).getBytes())};
  }

  void run(const char* sql, int number) {
    SQLite::Statement statement(*database_, sql);
    statement.bind(1, number);
    statement.bind(2, part_id_);
    statement.exec();
  }

  void insert_trials(const std::vector<study::Trial>& trials) {
    SQLite::Statement insert(*database_,
                             "INSERT INTO trial(number, config, seed, part) VALUES(?, ?, ?, ?)");
    SQLite::Statement edge(*database_,
                           "INSERT INTO lineage(trial, origin, step, part) VALUES(?, ?, ?, ?)");
    for (const study::Trial& trial : trials) {
      insert.reset();
      insert.bind(1, trial.number);
      insert.bind(2, config_json(trial.config));
      insert.bind(3, static_cast<int64_t>(trial.seed));
      insert.bind(4, part_id_);
      insert.exec();
      if (!trial.origin.has_value()) continue;
      edge.reset();
      edge.bind(1, trial.number);
      edge.bind(2, static_cast<int64_t>(trial.origin->trial));
      edge.bind(3, static_cast<int64_t>(trial.origin->step));
      edge.bind(4, part_id_);
      edge.exec();
    }
  }

  void write_observations(const std::vector<Observation>& observations) {
    SQLite::Statement insert(*database_,
                             "INSERT OR REPLACE INTO observation(trial, step, metric, value, part) "
                             "VALUES(?, ?, ?, ?, ?)");
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
        insert.bind(5, part_id_);
        insert.exec();
      }
    }
  }

  void write_end(const study::Trial& trial) {
    SQLite::Statement update(*database_,
                             "UPDATE trial SET outcome = ?, steps = ?, compute_seconds = ?, "
                             "given_up_at = ?, note = ?, reproducible = ? WHERE number = ? "
                             "AND part = ?");
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
    update.bind(8, part_id_);
    update.exec();
    run("DELETE FROM snapshot WHERE trial = ? AND part = ?", trial.number);
  }

  void write_cost(const Cost& cost) {
    if (run_id_ == 0) {
      database_->exec(
          fmt::format("INSERT INTO run(part, wall_seconds, busy_lane_seconds, lane_seconds) "
                      "VALUES({}, 0, 0, 0)",
                      part_id_));
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

  // 0 while the file has no such part.
  void find_part() {
    SQLite::Statement query(*database_, "SELECT id FROM study WHERE part = ?");
    query.bind(1, part_);
    part_id_ = query.executeStep() ? query.getColumn(0).getInt64() : 0;
  }

  std::filesystem::path file_;
  std::string part_;
  int64_t part_id_ = 0;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<SQLite::Database> database_;
  int64_t run_id_ = 0;
};

}  // namespace

std::unique_ptr<StudyStore> open_sqlite(const std::filesystem::path& file, Access access,
                                        const std::string& part) {
  return std::make_unique<SqliteStore>(file, access, part);
}

}  // namespace sweetspot::store
