// Study files that are damaged, or made to do harm: each command that reads them says so in one
// line and ends with code 4, whatever it is that is wrong.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/process.hpp"
#include "cohorts/prepare_study.hpp"
#include "cohorts/study_runner.hpp"
#include "data/image_folder.hpp"
#include "store/open_store.hpp"
#include "support/synthetic_data.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;

// A population, so that trials descend from one another, trained to its end.
class DamagedStudy : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new testing_support::TemporaryFolder();
    const fs::path images = folder_->path() / "data";
    testing_support::write_idx_folder(testing_support::synthetic_set(), images);
    const data::ImageSet set = data::read_image_folder("folder", images);
    study::Settings s;
    s.kind = study::Kind::tune;
    s.data = images;
    s.model = "tiny";
    s.optimizers = {"gd", "adam"};
    s.search.method = "pbt";
    s.search.cost = "4x";
    s.search.population = {.size = 4, .ready = 40, .validation_images = 30};
    s.search.objective = study::parse_objective("best:validation_accuracy");
    s.search.space = {{"optimizer", space::Categorical{s.optimizers}},
                      {"learning_rate", space::LogUniform{1e-4, 1}}};
    s.target = study::parse_target("none");
    s.budget = 160;
    s.check_every = 20;
    s.batch_size = 10;
    const auto store = store::open_sqlite(whole(), store::Access::train, "tune");
    cohorts::prepare_study(*store, s, set);
    cohorts::StudyRunner(*store, set, {.threads = 1, .lanes = 8}).run({});
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static fs::path whole() { return folder_->path() / "whole.db"; }
  static fs::path damaged() { return folder_->path() / "damaged.db"; }

  // The study after a change that no reader expects.
  static void damage(const std::string& sql) {
    fs::copy_file(whole(), damaged(), fs::copy_options::overwrite_existing);
    for (const char* rest : {"-wal", "-shm"}) fs::remove(damaged().string() + rest);
    SQLite::Database database(damaged().string(), SQLite::OPEN_READWRITE);
    database.exec(sql);
  }

  static ProcessResult run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"timeout", "300", SWEETSPOT_PROGRAM});
    return run_process(arguments, folder_->path().string());
  }

  static std::vector<std::vector<std::string>> commands() {
    const std::string file = damaged();
    return {{"show", file},
            {"show", "--json", file},
            {"report", file, "--output", folder_->path() / "report"},
            {"export", file, "--csv", folder_->path() / "out.csv"},
            {"export", file, "--optuna", folder_->path() / "out.db"},
            {"replay", file, "--trial", "3"},
            {"worker", "--store", file, "--study", "", "--wait", "0", "--threads", "1"}};
  }

  static void expect_refused(const std::string& sql) {
    SCOPED_TRACE(sql);
    damage(sql);
    for (const std::vector<std::string>& command : commands()) {
      fs::remove(folder_->path() / "out.db");
      const ProcessResult result = run(command);
      EXPECT_EQ(result.exit_code, 4) << command.front() << ": " << result.output;
      EXPECT_EQ(lines_with("sweetspot: ", result.output), 1)
          << command.front() << ": " << result.output;
      for (const char* raw : {"json.exception", "map::at", "std::get", "vector::", "bad_"}) {
        EXPECT_EQ(result.output.find(raw), std::string::npos) << result.output;
      }
    }
  }

  // Lines that begin so: what was printed before comes behind the error.
  static int lines_with(const std::string& beginning, const std::string& text) {
    int lines = text.starts_with(beginning) ? 1 : 0;
    for (size_t at = 0; (at = text.find('\n' + beginning, at)) != std::string::npos; ++at) ++lines;
    return lines;
  }

  // Of the settings, where they stand as JSON.
  static std::string set(const std::string& path, const std::string& value) {
    return "update study set settings = json_set(settings, '$." + path + "', json('" + value +
           "'))";
  }

  static testing_support::TemporaryFolder* folder_;
};

testing_support::TemporaryFolder* DamagedStudy::folder_ = nullptr;

TEST_F(DamagedStudy, TheWholeOneIsShownAndTrainedAgain) {
  damage("select 1");
  for (const std::vector<std::string>& command : commands()) {
    const ProcessResult result = run(command);
    EXPECT_EQ(result.exit_code, 0) << command.front() << ": " << result.output;
  }
}

TEST_F(DamagedStudy, Lineages) {
  expect_refused(
      "delete from lineage; insert into lineage select 1, number, 99999999, 5 from trial");
  expect_refused(
      "delete from lineage; insert into lineage select 1, number, number, 40 from trial");
  expect_refused("delete from lineage; insert into lineage values(1, 3, 2, 40), (1, 2, 3, 40)");
  expect_refused("delete from lineage; insert into lineage values(1, 3, -1, 40)");
  expect_refused("delete from lineage; insert into lineage values(1, 3, 0, 4000)");
  expect_refused("delete from lineage; insert into lineage values(1, 2, 0, 80), (1, 3, 2, 40)");
}

TEST_F(DamagedStudy, RowsThatAreMissing) {
  expect_refused("delete from metric where id > 0");
  expect_refused("delete from metric");
  expect_refused("delete from trial where number = 2");
  expect_refused("delete from trial where number = 0");
  expect_refused("delete from study");
}

TEST_F(DamagedStudy, ValuesOutOfTheirRange) {
  for (const char* value : {"-1", "9223372036854775807", "1e300", "9e999", "'many'", "x'00'"}) {
    expect_refused(std::string("update trial set steps = ") + value);
  }
  expect_refused("update trial set number = -1 where number = 0");
  expect_refused("update trial set number = 4294967296 where number = 3");
  expect_refused("update trial set compute_seconds = 9e999");
  expect_refused("update trial set outcome = 'won'");
  expect_refused("update trial set given_up_at = -5");
  expect_refused("update observation set step = -step");
  expect_refused("update observation set value = 9e999");
  expect_refused("update observation set value = 'text'");
  expect_refused("update observation set metric = 77 where metric = 1");
  expect_refused("update study set operations_per_step = 9e999");
  expect_refused("update study set weights = -1");
  expect_refused("update study set part = '../tune'");
}

TEST_F(DamagedStudy, Configs) {
  for (const char* config : {"", "[]", "{}", "{\"optimizer\":\"gd\"}", "{\"learning_rate\":0.1}",
                             "{\"optimizer\":0.5,\"learning_rate\":0.1}",
                             "{\"optimizer\":\"gd\",\"learning_rate\":\"a\"}",
                             "{\"optimizer\":\"lion\",\"learning_rate\":0.1}",
                             "{\"optimizer\":\"gd\",\"learning_rate\":1e999}",
                             "{\"optimizer\":\"gd\",\"learning_rate\":0.1,\"more\":1}",
                             "{\"optimizer\":\"gd\",\"learning_rate\":0.1,\"proxy\":\"tiny\"}",
                             "{\"optimizer\":\"gd\",\"learning_rate\":0.1,\"scale\":2}",
                             "{\"optimizer\":\"gd\",\"learning_rate\":null}"}) {
    expect_refused(std::string("update trial set config = '") + config + "'");
  }
  const std::string deep = std::string(50000, '[') + std::string(50000, ']');
  expect_refused("update trial set config = '{\"optimizer\":" + deep + "}'");
}

TEST_F(DamagedStudy, Settings) {
  for (const char* settings : {"", "[]", "{}", "7", "{\"kind\":\"tune\"}", "{\"kind\":5}"}) {
    expect_refused(std::string("update study set settings = '") + settings + "'");
  }
  for (const char* field : {"budget", "check_every", "batch_size", "seeds"}) {
    for (const char* value : {"0", "-1", "0.5", "1e300", "\"many\"", "[1]", "null"}) {
      expect_refused(set(field, value));
    }
  }
  expect_refused(set("search.round", "0"));
  expect_refused(set("search.population.size", "-3"));
  expect_refused(set("search.population.size", "1e18"));
  expect_refused(set("search.objective", "\"\""));
  expect_refused(set("search.space", "\"[space.x]\\ntype=\\\"log\\\"\\nlow=0\\nhigh=1\""));
  expect_refused(set("search.space", "\"a" + std::string(50000, '.') + "\""));
  expect_refused(set("semantics", "\"none\""));
  expect_refused(set("target", "\"x\""));
  expect_refused(set("kind", "\"game\""));
  std::string dots = "a";
  for (int i = 0; i < 50000; ++i) dots += ".a";
  expect_refused(set("search.space", "\"" + dots + " = 1\""));
}

TEST_F(DamagedStudy, SqlInTheFileDoesNotRun) {
  const std::string endless =
      "with recursive n(i) as (select 1 union all select i + 1 from n) select ";
  for (const char* table : {"trial", "study", "observation", "metric", "run", "lineage"}) {
    const std::string name = table;
    expect_refused("alter table " + name + " rename to kept; create view " + name + " as " +
                   endless + "* from kept, n");
  }
  expect_refused("create trigger t after update on trial begin select 1; end");
  expect_refused(
      "alter table trial add column more text as (printf('%.*c', 100000000, 'x')) virtual");
  expect_refused("drop table run");
}

}  // namespace
}  // namespace sweetspot
