// sweetspot export as its users call it.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/process.hpp"
#include "base/read_file.hpp"
#include "exchange/optuna_file.hpp"
#include "store/open_store.hpp"
#include "support/synthetic_data.hpp"

namespace sweetspot {
namespace {

class ExportProgram : public testing::Test {
 protected:
  // A part without trials, then one with two.
  void SetUp() override {
    for (const char* part : {"sweep", "tune"}) {
      const auto store = store::open_sqlite(path("study.db"), store::Access::train, part);
      store::StudyRecord record;
      record.settings.kind = study::kind_of(part);
      record.settings.search.space = {
          {"optimizer", space::Categorical{{"adam", "rmsprop"}}},
          {"learning_rate", space::LogUniform{1e-3, 1}},
          {"decay", space::Uniform{0.5, 1}, space::Condition{"optimizer", {"rmsprop"}}}};
      record.operations_per_step = 10;
      store->write_record(record, {"train_accuracy", "loss"});
      if (record.settings.kind == study::Kind::sweep) continue;
      study::Trial adam;
      adam.config = {{"optimizer", std::string("adam")}, {"learning_rate", 0.1}};
      study::Trial rmsprop = adam;
      rmsprop.number = 1;
      rmsprop.config["optimizer"] = std::string("rmsprop");
      rmsprop.config["decay"] = 0.75;
      rmsprop.origin = study::Origin{0, 50};
      store->add_trials({adam, rmsprop});
      adam.outcome = rmsprop.outcome = study::Outcome::reached;
      adam.steps = rmsprop.steps = 100;
      adam.note = "a, b";
      store::Batch batch;
      batch.observations = {{0, {100, {0.98, 0.25}}}};
      batch.ended = {adam, rmsprop};
      store->write(batch);
    }
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  ProcessResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {SWEETSPOT_PROGRAM, "export"});
    return run_process(arguments, folder_.path().string());
  }

  void expect_refused(const std::vector<std::string>& arguments, int code,
                      const std::string& words) const {
    const ProcessResult result = run(arguments);
    EXPECT_EQ(result.exit_code, code) << result.output;
    EXPECT_NE(result.output.find(words), std::string::npos) << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
  }

  testing_support::TemporaryFolder folder_;
};

TEST_F(ExportProgram, TheFirstPartThatHasTrialsGoesToOptuna) {
  const ProcessResult result = run({"study.db", "--optuna", "optuna.db"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_NE(result.output.find("Optuna's study 'study', 2 trials (2 complete, 0 pruned, 0 failed, "
                               "0 waiting), minimize the steps to train_accuracy=0.97"),
            std::string::npos)
      << result.output;
  const auto read = exchange::read_optuna(path("optuna.db")).study;
  ASSERT_EQ(read.trials.size(), 2U);
  EXPECT_EQ(read.trials[0].value, 100);
  EXPECT_EQ(read.space[2].when, (space::Condition{"optimizer", {"rmsprop"}}));
}

TEST_F(ExportProgram, ATableHasEveryParameter) {
  const std::string table =
      "number,optimizer,learning_rate,decay,seed,outcome,steps,cost_steps,compute_seconds,"
      "given_up_at,train_accuracy,loss,origin,origin_step,note\n"
      "0,adam,0.1,,0,reached,100,100,0,,0.98,0.25,,,\"a, b\"\n"
      "1,rmsprop,0.1,0.75,0,reached,100,50,0,,,,0,50,\n";
  EXPECT_EQ(run({"study.db", "--csv", "-"}).output, table);
  EXPECT_EQ(run({"study.db", "--csv", "trials.csv"}).exit_code, 0);
  EXPECT_EQ(read_text_file(path("trials.csv")), table);
}

TEST_F(ExportProgram, JsonIsThatOfShow) {
  EXPECT_EQ(
      run({"study.db", "--part", "tune", "--json", "-"}).output,
      run_process({SWEETSPOT_PROGRAM, "show", "--json", "--part", "tune", path("study.db")}, "")
          .output);
}

TEST_F(ExportProgram, BadInputIsOneLine) {
  EXPECT_EQ(run({"study.db", "--optuna", "optuna.db"}).exit_code, 0);
  expect_refused({"study.db", "--optuna", "optuna.db"}, 2, "is there already");
  expect_refused({"study.db", "--csv", "./study.db"}, 2, "is the study itself");
  expect_refused({"study.db"}, 2, "Exactly 1 option from [--optuna,--csv,--json] is required");
  expect_refused({"study.db", "--part", "tunes", "--csv", "-"}, 2, "the nearest known is 'tune'");
  expect_refused({"optuna.db", "--csv", "-"}, 4, "is not a sweetspot study");
  expect_refused({"none.db", "--csv", "-"}, 4, "no such study file");
  expect_refused({"study.db", "--csv", "/dev/full"}, 5, "cannot be written");
  expect_refused({"study.db", "--optuna", "none/optuna.db"}, 5, "cannot be written");
}

TEST_F(ExportProgram, AFullDiskLeavesNothing) {
  for (const std::string form : {"--optuna", "--json"}) {
    const ProcessResult result =
        run_process({"sh", "-c",
                     "trap '' XFSZ; ulimit -f 1; exec " + std::string(SWEETSPOT_PROGRAM) +
                         " export study.db " + form + " out"},
                    folder_.path().string());
    EXPECT_EQ(result.exit_code, 5) << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
      EXPECT_TRUE(file.path().filename().string().starts_with("study.db")) << file.path();
    }
  }
}

}  // namespace
}  // namespace sweetspot
