// What is special to the SQLite file: its marks of identity and version, and a disk that is full.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include "store/open_store.hpp"
#include "store/schema.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

using testing_support::TemporaryFolder;

std::string refusal(const std::filesystem::path& file, Access access) {
  try {
    open_sqlite(file, access);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::study);
    return error.what();
  }
  return "none";
}

void run_sql(const std::filesystem::path& file, const std::string& sql) {
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
}

TEST(SqliteLayout, ANewerVersionIsRefused) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  open_sqlite(file, Access::train);
  run_sql(file, "PRAGMA user_version = 99");
  for (const Access access : {Access::train, Access::read}) {
    EXPECT_NE(refusal(file, access).find("newer sweetspot (layout 99, this one knows 5)"),
              std::string::npos);
  }
}

// As the first released layout wrote it.
constexpr const char* kLayoutOne = R"sql(
CREATE TABLE study(id INTEGER PRIMARY KEY CHECK(id = 1), settings TEXT NOT NULL,
  program_version TEXT NOT NULL, data_checksum TEXT NOT NULL, weights INTEGER NOT NULL,
  operations_per_step REAL NOT NULL, early_stop TEXT NOT NULL);
CREATE TABLE metric(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE trial(number INTEGER PRIMARY KEY, config TEXT NOT NULL, seed INTEGER NOT NULL,
  outcome TEXT, steps INTEGER NOT NULL DEFAULT 0, compute_seconds REAL NOT NULL DEFAULT 0,
  given_up_at INTEGER, note TEXT NOT NULL DEFAULT '', reproducible INTEGER NOT NULL DEFAULT 1);
CREATE TABLE observation(trial INTEGER NOT NULL REFERENCES trial(number), step INTEGER NOT NULL,
  metric INTEGER NOT NULL REFERENCES metric(id), value REAL,
  PRIMARY KEY(trial, step, metric)) WITHOUT ROWID;
CREATE TABLE snapshot(trial INTEGER PRIMARY KEY REFERENCES trial(number), step INTEGER NOT NULL,
  state BLOB NOT NULL);
CREATE TABLE run(id INTEGER PRIMARY KEY, wall_seconds REAL NOT NULL,
  busy_lane_seconds REAL NOT NULL, lane_seconds REAL NOT NULL);
INSERT INTO metric VALUES(0, 'train_accuracy'), (1, 'loss');
INSERT INTO trial(number, config, seed, outcome, steps)
  VALUES(0, '{"learning_rate":0.1,"optimizer":"gd"}', 7, 'reached', 100);
INSERT INTO trial(number, config, seed) VALUES(1, '{"learning_rate":0.2,"optimizer":"gd"}', 7);
INSERT INTO observation VALUES(0, 50, 0, 0.5), (0, 50, 1, 2.0), (0, 100, 0, 0.97), (0, 100, 1, 0.1);
INSERT INTO snapshot VALUES(1, 50, x'010203');
INSERT INTO run VALUES(1, 2.5, 2.0, 4.0);
PRAGMA application_id = 0x53575350;
PRAGMA user_version = 1;
)sql";

void make_layout_one(const std::filesystem::path& file) {
  run_sql(file, kLayoutOne);
  StudyRecord record;
  run_sql(file, "INSERT INTO study VALUES(1, '" + study::to_json(record.settings) +
                    "', '0', 'abc', 3371, 4.1e7, 'on')");
}

void expect_layout_one_study(StudyStore& store) {
  EXPECT_EQ(store.parts(), std::vector<std::string>{"sweep"});
  ASSERT_TRUE(store.record().has_value());
  EXPECT_EQ(store.record()->weights, 3371U);
  EXPECT_TRUE(store.record()->networks.empty());
  const auto trials = store.trials();
  ASSERT_EQ(trials.size(), 2U);
  EXPECT_EQ(trials[0].outcome, study::Outcome::reached);
  EXPECT_EQ(space::number_in(trials[1].config, "learning_rate"), 0.2);
  ASSERT_EQ(store.curve(0).points.size(), 2U);
  EXPECT_EQ(store.curve(0).points[1].values[0], 0.97);
  EXPECT_EQ(store.cost().busy_lane_seconds, 2.0);
}

// A user's exception may have said it.
TEST(SqliteLayout, ANoteOfAnyBytesIsShownAndNoReasonToRefuse) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  make_layout_one(file);
  run_sql(file, "UPDATE trial SET note = CAST(x'61ff62' AS TEXT)");
  EXPECT_EQ(open_sqlite(file, Access::read)->trials()[0].note, "a?b");
  run_sql(file, "UPDATE metric SET name = CAST(x'61ff62' AS TEXT) WHERE id = 1");
  EXPECT_THROW(open_sqlite(file, Access::read)->curve(0), Error);
}

TEST(SqliteLayout, LayoutOneIsReadAndLeftAsItIs) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  make_layout_one(file);
  expect_layout_one_study(*open_sqlite(file, Access::read));
  EXPECT_EQ(SQLite::Database(file.string()).execAndGet("PRAGMA user_version").getInt(), 1);
}

TEST(SqliteLayout, LayoutOneIsUpgradedByTraining) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  make_layout_one(file);
  {
    const auto store = open_sqlite(file, Access::train);
    EXPECT_EQ(store->rewind(1), (std::vector<uint8_t>{1, 2, 3}));
    expect_layout_one_study(*store);
  }
  EXPECT_EQ(SQLite::Database(file.string()).execAndGet("PRAGMA user_version").getInt(), kLayout);
  EXPECT_EQ(SQLite::Database(file.string())
                .execAndGet("SELECT count(*) FROM sqlite_master WHERE name LIKE 'old_%'")
                .getInt(),
            0);
  expect_layout_one_study(*open_sqlite(file, Access::read));
}

// As layouts 2 and 3 were written; layout 2 had no lineages.
constexpr const char* kLayoutThree = R"sql(
CREATE TABLE study(id INTEGER PRIMARY KEY, part TEXT NOT NULL UNIQUE, settings TEXT NOT NULL,
  program_version TEXT NOT NULL, data_checksum TEXT NOT NULL, weights INTEGER NOT NULL,
  operations_per_step REAL NOT NULL, early_stop TEXT NOT NULL, networks TEXT NOT NULL);
CREATE TABLE metric(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE trial(part INTEGER NOT NULL REFERENCES study(id), number INTEGER NOT NULL,
  config TEXT NOT NULL, seed INTEGER NOT NULL, outcome TEXT, steps INTEGER NOT NULL DEFAULT 0,
  compute_seconds REAL NOT NULL DEFAULT 0, given_up_at INTEGER, note TEXT NOT NULL DEFAULT '',
  reproducible INTEGER NOT NULL DEFAULT 1, PRIMARY KEY(part, number)) WITHOUT ROWID;
CREATE TABLE observation(part INTEGER NOT NULL, trial INTEGER NOT NULL, step INTEGER NOT NULL,
  metric INTEGER NOT NULL REFERENCES metric(id), value REAL,
  PRIMARY KEY(part, trial, step, metric),
  FOREIGN KEY(part, trial) REFERENCES trial(part, number)) WITHOUT ROWID;
CREATE TABLE snapshot(part INTEGER NOT NULL, trial INTEGER NOT NULL, step INTEGER NOT NULL,
  state BLOB NOT NULL, PRIMARY KEY(part, trial),
  FOREIGN KEY(part, trial) REFERENCES trial(part, number));
CREATE TABLE run(id INTEGER PRIMARY KEY, part INTEGER NOT NULL REFERENCES study(id),
  wall_seconds REAL NOT NULL, busy_lane_seconds REAL NOT NULL, lane_seconds REAL NOT NULL);
CREATE TABLE lineage(part INTEGER NOT NULL, trial INTEGER NOT NULL, origin INTEGER NOT NULL,
  step INTEGER NOT NULL, PRIMARY KEY(part, trial)) WITHOUT ROWID;
INSERT INTO metric VALUES(0, 'train_accuracy'), (1, 'loss');
INSERT INTO trial(part, number, config, seed) VALUES(1, 0, '{"learning_rate":0.1,"scale":2.5}', 7);
INSERT INTO trial(part, number, config, seed) VALUES(2, 0, '{"learning_rate":0.2}', 7);
INSERT INTO observation VALUES(2, 0, 50, 1, 0.25);
INSERT INTO snapshot VALUES(2, 0, 50, x'010203');
PRAGMA application_id = 0x53575350;
)sql";

void make_layout(int layout, const std::filesystem::path& file) {
  run_sql(file, kLayoutThree);
  const std::string settings = study::to_json(study::Settings{});
  for (const char* part : {"size", "tune"}) {
    run_sql(file, std::string("INSERT INTO study(part, settings, program_version, data_checksum, "
                              "weights, operations_per_step, early_stop, networks) VALUES('") +
                      part + "', '" + settings + "', '0', 'abc', 1, 1, 'on', '[]')");
  }
  if (layout == 2) run_sql(file, "DROP TABLE lineage");
  run_sql(file, "PRAGMA user_version = " + std::to_string(layout));
}

TEST(SqliteLayout, LayoutsTwoAndThreeAreReadAsTheyAreAndUpgradedByTraining) {
  for (const int layout : {2, 3}) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "study.db";
    make_layout(layout, file);
    EXPECT_EQ(open_sqlite(file, Access::read, "tune")->trials().size(), 1U);
    EXPECT_EQ(open_sqlite(file, Access::read, "tune")->curve(0).points[0].values[1], 0.25);
    const auto store = open_sqlite(file, Access::train, "tune");
    EXPECT_EQ(store->snapshot(0), (std::vector<uint8_t>{1, 2, 3}));
    EXPECT_EQ(store->parts(), (std::vector<std::string>{"size", "tune"}));
    study::Trial copy;
    copy.number = 1;
    copy.config = {{"learning_rate", 0.2}};
    copy.origin = study::Origin{0, 300};
    store->add_trials({copy});
    EXPECT_EQ(store->trials()[1].origin, (study::Origin{0, 300}));
    EXPECT_FALSE(store->trials()[0].origin.has_value());
    EXPECT_EQ(store->curve(0).metrics, (std::vector<std::string>{"train_accuracy", "loss"}));
  }
}

// As layout 4 was written.
constexpr const char* kLayoutFour = R"sql(
CREATE TABLE study(id INTEGER PRIMARY KEY, name TEXT NOT NULL, part TEXT NOT NULL,
  settings TEXT NOT NULL, program_version TEXT NOT NULL, arithmetic TEXT NOT NULL,
  data_checksum TEXT NOT NULL, weights BIGINT NOT NULL,
  operations_per_step DOUBLE PRECISION NOT NULL, early_stop TEXT NOT NULL, networks TEXT NOT NULL,
  cancelled BIGINT NOT NULL DEFAULT 0, ender BIGINT, UNIQUE(name, part));
CREATE TABLE metric(part BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY(part, id)) WITHOUT ROWID;
CREATE TABLE worker(id INTEGER PRIMARY KEY, part BIGINT NOT NULL REFERENCES study(id),
  name TEXT NOT NULL, seen_at DOUBLE PRECISION NOT NULL, lease_seconds DOUBLE PRECISION NOT NULL,
  has_left BIGINT NOT NULL DEFAULT 0);
CREATE INDEX worker_lease ON worker(part, (seen_at + lease_seconds)) WHERE has_left = 0;
CREATE TABLE trial(part BIGINT NOT NULL REFERENCES study(id), number BIGINT NOT NULL,
  config TEXT NOT NULL, seed BIGINT NOT NULL, outcome TEXT, steps BIGINT NOT NULL DEFAULT 0,
  compute_seconds DOUBLE PRECISION NOT NULL DEFAULT 0, given_up_at BIGINT,
  note TEXT NOT NULL DEFAULT '', reproducible BIGINT NOT NULL DEFAULT 1,
  scale DOUBLE PRECISION NOT NULL DEFAULT 1, priority BIGINT NOT NULL DEFAULT 0,
  until BIGINT NOT NULL DEFAULT 0, is_last BIGINT NOT NULL DEFAULT 0,
  waiting BIGINT NOT NULL DEFAULT 1, holder BIGINT, PRIMARY KEY(part, number)) WITHOUT ROWID;
CREATE INDEX trial_waiting ON trial(part, scale DESC, priority)
  WHERE waiting = 1 AND holder IS NULL;
CREATE INDEX trial_open ON trial(part, holder) WHERE waiting = 1;
CREATE TABLE lineage(part BIGINT NOT NULL, trial BIGINT NOT NULL, origin BIGINT NOT NULL,
  step BIGINT NOT NULL, PRIMARY KEY(part, trial)) WITHOUT ROWID;
CREATE TABLE observation(part BIGINT NOT NULL, trial BIGINT NOT NULL, step BIGINT NOT NULL,
  metric BIGINT NOT NULL, value DOUBLE PRECISION,
  PRIMARY KEY(part, trial, step, metric)) WITHOUT ROWID;
CREATE TABLE snapshot(part BIGINT NOT NULL, trial BIGINT NOT NULL, step BIGINT NOT NULL,
  state BLOB NOT NULL, PRIMARY KEY(part, trial));
CREATE TABLE run(id INTEGER PRIMARY KEY, part BIGINT NOT NULL REFERENCES study(id),
  wall_seconds DOUBLE PRECISION NOT NULL, busy_lane_seconds DOUBLE PRECISION NOT NULL,
  lane_seconds DOUBLE PRECISION NOT NULL);
INSERT INTO metric VALUES(1, 0, 'loss'), (3, 0, 'error');
INSERT INTO worker VALUES(5, 1, 'host 1', 1000, 20, 0);
INSERT INTO trial(part, number, config, seed, outcome, steps, waiting, holder)
  VALUES(1, 0, '{"learning_rate":0.1}', 7, 'reached', 50, 0, 5);
INSERT INTO trial(part, number, config, seed, holder) VALUES(1, 1, '{"learning_rate":0.2}', 7, 5);
INSERT INTO lineage VALUES(1, 1, 0, 50);
INSERT INTO observation VALUES(1, 0, 50, 0, 0.25);
INSERT INTO snapshot VALUES(1, 1, 50, x'010203');
INSERT INTO run VALUES(1, 1, 2.5, 2.0, 4.0);
PRAGMA application_id = 0x53575350;
PRAGMA user_version = 4;
)sql";

void make_layout_four(const std::filesystem::path& file) {
  run_sql(file, kLayoutFour);
  const std::string settings = study::to_json(study::Settings{});
  for (const char* name_and_part : {"'a', 'sweep'", "'a', 'tune'", "'b', 'sweep'"}) {
    run_sql(file, std::string("INSERT INTO study(name, part, settings, program_version, "
                              "arithmetic, data_checksum, weights, operations_per_step, "
                              "early_stop, networks) VALUES(") +
                      name_and_part + ", '" + settings + "', '0', '', 'abc', 1, 1, 'on', '[]')");
  }
}

void expect_layout_four_study(StudyStore& store) {
  EXPECT_EQ(store.parts(), (std::vector<std::string>{"sweep", "tune"}));
  const auto trials = store.trials();
  ASSERT_EQ(trials.size(), 2U);
  EXPECT_EQ(trials[0].worker, "host 1");
  EXPECT_EQ(trials[1].origin, (study::Origin{0, 50}));
  EXPECT_EQ(store.curve(0).metrics, std::vector<std::string>{"loss"});
  EXPECT_EQ(store.curve(0).points[0].values[0], 0.25);
  EXPECT_EQ(store.snapshot(1), (std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(store.cost().busy_lane_seconds, 2.0);
}

TEST(SqliteLayout, LayoutFourIsReadAsItIsAndUpgradedByTraining) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  make_layout_four(file);
  {
    const auto store = open_sqlite(file, Access::read, "sweep", "a");
    expect_layout_four_study(*store);
    EXPECT_EQ(store->identity(), "");
  }
  EXPECT_EQ(SQLite::Database(file.string()).execAndGet("PRAGMA user_version").getInt(), 4);
  const auto store = open_sqlite(file, Access::share, "sweep", "a");
  expect_layout_four_study(*store);
  EXPECT_EQ(store->identity().size(), 32U);
  EXPECT_EQ(open_sqlite(file, Access::share, "tune", "a")->identity(), store->identity());
  EXPECT_NE(open_sqlite(file, Access::share, "sweep", "b")->identity(), store->identity());
  store->join({"host 2", 60});
  EXPECT_EQ(store->claim(2, std::nullopt).size(), 1U);
}

// They would write into its tables as their own layout wants it.
TEST(SqliteLayout, WhileWorkersOfAnOlderLayoutTrainItIsNotUpgraded) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  make_layout_four(file);
  run_sql(file,
          "UPDATE worker SET seen_at = (julianday('now') - 2440587.5) * 86400.0, "
          "lease_seconds = 600");
  EXPECT_NE(refusal(file, Access::share).find("workers of an older sweetspot train in this store"),
            std::string::npos);
  expect_layout_four_study(*open_sqlite(file, Access::read, "sweep", "a"));
}

// What a search had asked for is not a worker's to take before the search asks again.
TEST(SqliteLayout, AnOlderSearchsTrialsWaitForNoWorker) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  make_layout(3, file);
  open_sqlite(file, Access::train);
  const auto search = open_sqlite(file, Access::share, "tune");
  search->join({"a", 60});
  EXPECT_TRUE(search->claim(1, std::nullopt).empty());
  const auto sizes = open_sqlite(file, Access::share, "size");
  sizes->join({"a", 60});
  ASSERT_EQ(sizes->claim(1, std::nullopt).size(), 1U);
}

TEST(SqliteLayout, AFileWhoseTablesAreNotThoseOfItsLayoutIsRefused) {
  for (const int layout : {1, 2, 3, 4, 5}) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "study.db";
    run_sql(file,
            "CREATE TABLE study(id INTEGER PRIMARY KEY, name TEXT, part TEXT); CREATE TABLE "
            "trial(part, number); PRAGMA application_id = 0x53575350; PRAGMA user_version = " +
                std::to_string(layout));
    for (const Access access : {Access::read, Access::train}) {
      EXPECT_THROW(open_sqlite(file, access)->trials(), Error) << layout;
    }
  }
}

TEST(SqliteLayout, AValueOfAnotherTypeIsDamage) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  for (const char* damage : {"config = x'00'", "config = '{\"a\": []}'", "seed = 'many'"}) {
    std::filesystem::remove(file);
    {
      const auto store = open_sqlite(file, Access::train);
      store->write_record({}, {});
      store->add_trials({study::Trial()});
    }
    run_sql(file, std::string("UPDATE trial SET ") + damage);
    try {
      open_sqlite(file, Access::read)->trials();
      ADD_FAILURE() << damage;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("damaged"), std::string::npos) << error.what();
    }
  }
}

TEST(SqliteLayout, AForeignDatabaseIsRefusedAndLeftAlone) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "other.db";
  run_sql(file, "CREATE TABLE trial(number INTEGER); INSERT INTO trial VALUES(1)");
  EXPECT_NE(refusal(file, Access::train).find("is not a sweetspot study"), std::string::npos);
  SQLite::Database database(file.string());
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM sqlite_master").getInt(), 1);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 0);
}

TEST(SqliteLayout, AnEmptyFileBecomesAStudyOnlyByTraining) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  testing_support::write_file(file, "");
  EXPECT_NE(refusal(file, Access::read).find("holds no study yet"), std::string::npos);
  EXPECT_EQ(refusal(file, Access::train), "none");
}

TEST(SqliteLayout, OneTrainsWhileOthersRead) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  const auto store = open_sqlite(file, Access::train);
  store->write_record({}, {"loss"});
  EXPECT_NE(refusal(file, Access::train).find("another process is training"), std::string::npos);
  EXPECT_NE(refusal(file, Access::share).find("another process is training"), std::string::npos);
  EXPECT_EQ(refusal(file, Access::read), "none");
}

TEST(SqliteLayout, SharersAllowForOneAnother) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  const auto store = open_sqlite(file, Access::share);
  EXPECT_EQ(refusal(file, Access::share), "none");
  EXPECT_NE(refusal(file, Access::train).find("another process is training"), std::string::npos);
}

TEST(SqliteLayout, RefusesWhatIsNoStudy) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  EXPECT_NE(refusal(file, Access::read).find("no such study file"), std::string::npos);
  testing_support::write_file(
      file, "this is no database, but long enough to look like a file of some kind");
  EXPECT_NE(refusal(file, Access::train).find("not a SQLite file"), std::string::npos);
  EXPECT_NE(refusal(file, Access::read).find("not a SQLite file"), std::string::npos);
  try {
    open_sqlite("/proc/no/study.db", Access::train);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("cannot be opened"), std::string::npos);
  }
}

}  // namespace
}  // namespace sweetspot::store
