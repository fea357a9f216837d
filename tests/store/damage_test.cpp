// Damage that no database sees: whatever is changed, dropped or added behind the store's back is
// named, and never read as if it had been written.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "store/open_store.hpp"
#include "support/any_store.hpp"
#include "support/temporary_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr int kTrials = 40;

study::Trial trial_of(int number) {
  study::Trial trial;
  trial.number = trial.priority = number;
  trial.config = {{"optimizer", std::string("adam")}, {"learning_rate", 0.001 * (number + 1)}};
  trial.seed = 7;
  return trial;
}

void report(Batch& batch, int trial, uint64_t steps) {
  for (uint64_t step = 10; step < steps; step += 10) {
    batch.observations.push_back({trial, {step, {0.5 + 1.0 / static_cast<double>(step), NAN}}});
  }
  batch.observations.push_back({trial, {steps, {NAN, NAN}}});  // kept as one row, without a value
}

// Rows in every table: trials that ended, that wait, that a worker holds, that paused; copies.
void make_study(const std::filesystem::path& file) {
  for (const char* part : {"sweep", "tune"}) {
    const auto store = open_sqlite(file, Access::share, part);
    StudyRecord record;
    record.settings.optimizers = {"adam"};
    record.settings.learning_rates = {0.1, 0.2};
    record.networks = {{.scale = 2, .weights = 100, .operations_per_step = 1, .step_seconds = 1}};
    store->write_record(record, {"accuracy", "loss"});
    std::vector<study::Trial> trials;
    for (int number = 0; number < kTrials; ++number) trials.push_back(trial_of(number));
    store->add_trials(trials);
    store->join({"first", 60});
    std::vector<Claim> claims = store->claim(kTrials - 4, std::nullopt);
    for (const Claim& claim : claims) {
      study::Trial trial = claim.segment.trial;
      Batch batch;
      report(batch, trial.number, 200);
      if (trial.number % 4 == 0) {
        batch.snapshots.push_back({trial.number, 200, std::vector<uint8_t>(500, 7)});
        batch.paused.push_back({trial.number, 200, 1.5});
      } else {
        trial.outcome = study::Outcome::reached;
        trial.steps = 200;
        trial.compute_seconds = 0.25;
        trial.note = "why";
        if (trial.number % 4 == 1) trial.given_up_at = 100;
        batch.ended.push_back(trial);
      }
      batch.cost = {1.5, 1, 2};
      store->write(batch);
    }
    study::Trial copy = trial_of(kTrials);
    copy.origin = study::Origin{0, 200};
    store->publish({{.trial = copy, .until = 400, .is_new = true}});
    store->join({"second", 60});
    store->claim(2, std::nullopt);
  }
}

// All that can be read, as one text.
std::string all_of(const std::filesystem::path& file) {
  std::string text;
  for (const std::string& part : open_sqlite(file, Access::read)->parts()) {
    const auto store = open_sqlite(file, Access::read, part);
    const StudyRecord record = store->record().value();
    text += fmt::format("{} {} {} {} {}\n", part, record.identity, study::to_json(record.settings),
                        record.program_version, record.networks.size());
    const Cost cost = store->cost();
    text += fmt::format("{} {} {}\n", cost.wall_seconds, cost.busy_lane_seconds, cost.lane_seconds);
    const Standing standing = store->standing();
    text += fmt::format("{} {} {} {} {} {} {}\n", standing.trials, standing.ended, standing.reached,
                        standing.waiting, standing.training, standing.trial_steps,
                        standing.is_cancelled);
    for (const WorkerStanding& worker : store->workers()) {
      text += fmt::format("{} {} {}\n", worker.name, worker.training, worker.ended);
    }
    for (const study::Trial& t : store->trials()) {
      text +=
          fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}\n", t.number, space::text_of(t.config),
                      t.seed, t.outcome.has_value() ? study::name_of(*t.outcome) : "open", t.steps,
                      t.compute_seconds, t.given_up_at.value_or(0), t.note, t.reproducible,
                      t.origin.has_value() ? t.origin->trial : 999,
                      t.origin.has_value() ? t.origin->step : 0, t.worker);
      const study::Curve curve = store->curve(t.number);
      for (const std::string& metric : curve.metrics) text += metric + " ";
      for (const study::CurvePoint& point : curve.points) {
        text += fmt::format("{}:", point.step);
        for (const auto& value : point.values) text += fmt::format("{} ", value.value_or(-1));
      }
      const auto snapshot = store->snapshot(t.number);
      text += fmt::format("snapshot {}\n", snapshot.has_value() ? (*snapshot)[0] : 0);
    }
  }
  return text;
}

class DamagedStudy : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new testing_support::TemporaryFolder;
    make_study(whole());
    SQLite::Database(whole().string(), SQLite::OPEN_READWRITE).exec("PRAGMA journal_mode = DELETE");
    text_ = new std::string(all_of(whole()));
  }
  static void TearDownTestSuite() {
    delete folder_;
    delete text_;
  }
  static std::filesystem::path whole() { return folder_->path() / "whole.db"; }
  static const std::string& text() { return *text_; }
  std::filesystem::path copy() {
    const auto file = folder_->path() / "copy.db";
    for (const char* also : {"", "-wal", "-shm"}) {
      std::filesystem::remove(file.string() + also);
    }
    std::filesystem::copy_file(whole(), file);
    return file;
  }
  std::filesystem::path with(const std::string& sql) {
    const auto file = copy();
    SQLite::Database(file.string(), SQLite::OPEN_READWRITE).exec(sql);
    return file;
  }
  static std::vector<std::string> wrong_with(const std::filesystem::path& file) {
    return open_sqlite(file, Access::read)->verify();
  }

 private:
  static testing_support::TemporaryFolder* folder_;
  static std::string* text_;
};
testing_support::TemporaryFolder* DamagedStudy::folder_ = nullptr;
std::string* DamagedStudy::text_ = nullptr;

TEST_F(DamagedStudy, IsWholeBefore) {
  for (const char* part : {"sweep", "tune"}) {
    EXPECT_EQ(open_sqlite(whole(), Access::read, part)->verify(), std::vector<std::string>{});
  }
  EXPECT_EQ(check_store(whole().string()).wrong, std::vector<std::string>{});
  EXPECT_EQ(all_of(copy()), text());
}

TEST_F(DamagedStudy, WhateverColumnChangesItIsNamed) {
  const char* const changes[] = {
      "UPDATE study SET settings = replace(settings, '0.2', '0.3') WHERE id = 1",
      "UPDATE study SET program_version = 'x' WHERE id = 1",
      "UPDATE study SET arithmetic = 'x' WHERE id = 1",
      "UPDATE study SET data_checksum = 'x' WHERE id = 1",
      "UPDATE study SET weights = 1 WHERE id = 1",
      "UPDATE study SET operations_per_step = 2 WHERE id = 1",
      "UPDATE study SET early_stop = 'x' WHERE id = 1",
      "UPDATE study SET networks = '[]' WHERE id = 1",
      "UPDATE study SET identity = 'x' WHERE id = 1",
      "UPDATE study SET cancelled = 1 WHERE id = 1",
      "UPDATE study SET ender = 1 WHERE id = 1",
      "UPDATE study SET trial_count = 7 WHERE id = 1",
      "UPDATE study SET digest = digest + 1 WHERE id = 1",
      "DELETE FROM study WHERE id = 2",
      "UPDATE metric SET name = 'x' WHERE part = 1 AND id = 1",
      "DELETE FROM metric WHERE part = 1 AND id = 1",
      "INSERT INTO metric VALUES(1, 2, 'x')",
      "UPDATE worker SET name = 'x' WHERE id = 1",
      "UPDATE worker SET lease_seconds = 61 WHERE id = 1",
      "UPDATE worker SET seen_at = seen_at + 1 WHERE id = 1",
      "UPDATE worker SET has_left = 1 - has_left WHERE id = 1",
      "DELETE FROM worker WHERE id = 2",
      "UPDATE trial SET config = replace(config, 'adam', 'adan') WHERE part = 1 AND number = 3",
      "UPDATE trial SET seed = 8 WHERE part = 1 AND number = 3",
      "UPDATE trial SET outcome = 'exhausted' WHERE part = 1 AND number = 3",
      "UPDATE trial SET outcome = NULL WHERE part = 1 AND number = 3",
      "UPDATE trial SET steps = 201 WHERE part = 1 AND number = 3",
      "UPDATE trial SET compute_seconds = 0.5 WHERE part = 1 AND number = 3",
      "UPDATE trial SET given_up_at = 101 WHERE part = 1 AND number = 3",
      "UPDATE trial SET note = 'whz' WHERE part = 1 AND number = 3",
      "UPDATE trial SET reproducible = 0 WHERE part = 1 AND number = 3",
      "UPDATE trial SET scale = 2 WHERE part = 1 AND number = 3",
      "UPDATE trial SET priority = 1 WHERE part = 1 AND number = 3",
      "UPDATE trial SET until = 1 WHERE part = 1 AND number = 3",
      "UPDATE trial SET is_last = 1 WHERE part = 1 AND number = 3",
      "UPDATE trial SET waiting = 1 WHERE part = 1 AND number = 3",
      "UPDATE trial SET holder = 2 WHERE part = 1 AND number = 3",
      "UPDATE trial SET outcome_digest = 0 WHERE part = 1 AND number = 3",
      "UPDATE trial SET curve_digest = 0 WHERE part = 1 AND number = 3",
      "UPDATE trial SET number = 99 WHERE part = 1 AND number = 3",
      "DELETE FROM trial WHERE part = 1 AND number = 3",
      "DELETE FROM trial WHERE part = 1",
      "UPDATE lineage SET origin = 1 WHERE part = 1",
      "UPDATE lineage SET step = 1 WHERE part = 1",
      "DELETE FROM lineage WHERE part = 1",
      "INSERT INTO lineage VALUES(1, 3, 0, 1)",
      "UPDATE observation SET value = value + 1e-12 WHERE part = 1 AND trial = 3 AND step = 50",
      "UPDATE observation SET value = 0 WHERE part = 1 AND trial = 3 AND value IS NULL",
      "UPDATE observation SET value = NULL WHERE part = 1 AND trial = 3 AND step = 50",
      "UPDATE observation SET step = 51 WHERE part = 1 AND trial = 3 AND step = 50",
      "UPDATE observation SET trial = 77 WHERE part = 1 AND trial = 3 AND step = 50",
      "DELETE FROM observation WHERE part = 1 AND trial = 3 AND step = 50",
      "DELETE FROM observation WHERE part = 1 AND trial = 3",
      "INSERT INTO observation VALUES(1, 3, 55, 0, 1)",
      "UPDATE snapshot SET step = 1 WHERE part = 1 AND trial = 4",
      "UPDATE snapshot SET state = x'00' WHERE part = 1 AND trial = 4",
      "DELETE FROM snapshot WHERE part = 1 AND trial = 4",
      "UPDATE run SET wall_seconds = 1 WHERE part = 1",
      "UPDATE run SET busy_lane_seconds = 2 WHERE part = 1",
      "UPDATE run SET lane_seconds = 1 WHERE part = 1",
      "DELETE FROM run WHERE part = 1",
  };
  for (const char* change : changes) {
    const auto file = with(change);
    EXPECT_FALSE(wrong_with(file).empty()) << change;
    try {
      EXPECT_EQ(all_of(file), text()) << change;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::study);
    }
  }
}

TEST_F(DamagedStudy, ATrialIsNamedWithWhatIsWrongOfIt) {
  const auto file = with(
      "UPDATE trial SET note = 'x' WHERE part = 1 AND number = 3; UPDATE observation SET value = 1 "
      "WHERE part = 1 AND trial = 5 AND step = 50 AND metric = 0; DELETE FROM snapshot WHERE part "
      "= "
      "1 AND trial = 4; DELETE FROM trial WHERE part = 1 AND number = 7");
  EXPECT_EQ(wrong_with(file),
            (std::vector<std::string>{"how its trials stand is not what was written",
                                      "20 rows of observation are of trials that it has not",
                                      "trial 3: its row is not what was written",
                                      "trial 4: its snapshot is not what was written",
                                      "trial 5: its curve is not what was written",
                                      "trial 7: its row is missing"}));
}

TEST_F(DamagedStudy, WhatIsIntactIsReadWhereDamageIsSkipped) {
  const auto file = with(
      "UPDATE trial SET note = 'x' WHERE part = 1 AND number = 3; UPDATE observation SET value = 1 "
      "WHERE part = 1 AND trial = 5 AND step = 50 AND metric = 0");
  try {
    open_sqlite(file, Access::read)->trials();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), file.string() +
                                ": trial 3 of part 'sweep' is damaged: its row is not what was "
                                "written; 'sweetspot verify' names all that is damaged, and "
                                "--skip-damaged reads the rest");
  }
  const auto store = open_sqlite(file, Access::read, "sweep", "", Damaged::skipped);
  const auto trials = store->trials();
  ASSERT_EQ(trials.size(), static_cast<size_t>(kTrials));
  EXPECT_EQ(trials[3].number, 4);
  EXPECT_EQ(store->curves({4, 5, 6}).size(), 2U);
  EXPECT_EQ(store->damaged(), (std::vector<int>{3, 5}));
}

// The file's header is no row: its number of the layout has no digest, but its tables tell.
TEST_F(DamagedStudy, AnotherNumberOfTheLayoutIsNotBelieved) {
  for (const int layout : {1, 4}) {
    const auto file = with(fmt::format("PRAGMA user_version = {}", layout));
    for (const Access access : {Access::read, Access::train}) {
      EXPECT_THROW(open_sqlite(file, access), Error) << layout;
    }
  }
}

TEST_F(DamagedStudy, AWorkerTakesNoTrialThatIsDamaged) {
  for (const char* change : {"UPDATE trial SET until = 1 WHERE part = 1 AND waiting = 1",
                             "UPDATE trial SET seed = 8 WHERE part = 1 AND waiting = 1",
                             "INSERT INTO observation VALUES(1, 40, 50, 0, 1)",
                             "UPDATE snapshot SET step = 1 WHERE part = 1",
                             "UPDATE snapshot SET state = x'00' WHERE part = 1"}) {
    const auto store = open_sqlite(with(change), Access::share);
    store->join({"third", 60});
    EXPECT_THROW(store->claim(kTrials, std::nullopt), Error) << change;
  }
}

// Bytes of pages that are in use.
TEST_F(DamagedStudy, NoDamageOfAFileIsReadAsSomethingElse) {
  std::ifstream stream(whole(), std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
  std::mt19937_64 random(20);
  const auto below = [&](size_t count) { return static_cast<size_t>(random() % count); };
  int refused = 0;
  constexpr int kDamages = 300;
  for (int damage = 0; damage < kDamages; ++damage) {
    const auto file = copy();
    std::vector<char> other = bytes;
    const size_t at = below(bytes.size());
    const size_t length = std::min(bytes.size() - at, size_t{1} << below(10));
    switch (damage % 5) {
      case 0:
      case 1:
        other[at] = static_cast<char>(other[at] ^ (1 << below(8)));
        break;
      case 2:
        for (size_t i = 0; i < length; ++i) other[at + i] = static_cast<char>(random());
        break;
      case 3:
        std::fill_n(other.begin() + static_cast<std::ptrdiff_t>(at / 512 * 512),
                    std::min<size_t>(512, bytes.size() - at / 512 * 512), '\0');
        break;
      default:
        other.resize(at);
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc)
        .write(other.data(), static_cast<std::streamsize>(other.size()));
    try {
      EXPECT_EQ(all_of(file), text()) << "damage " << damage << " at " << at;
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::study || error.kind() == ErrorKind::system);
      ++refused;
    }
  }
  EXPECT_GT(refused, kDamages / 3);
}

}  // namespace
}  // namespace sweetspot::store
