// Optuna's file: what was written is read again, and what is no such file is refused.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "exchange/optuna_file.hpp"
#include "exchange/optuna_schema.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::exchange {
namespace {

using testing_support::TemporaryFolder;

space::Config config(const std::string& optimizer, double rate) {
  return {{"optimizer", optimizer}, {"learning_rate", rate}};
}

// With everything that a file can hold.
OptunaStudy whole_study() {
  OptunaStudy study{
      .name = "mine",
      .maximize = true,
      .space = {{"optimizer", space::Categorical{{"gd", "adam"}}},
                {"learning_rate", space::LogUniform{1e-3, 1}},
                {"units", space::Integer{4, 64, true}},
                {"momentum", space::Uniform{0, 0.9}, space::Condition{"optimizer", {"gd"}}}}};
  study.attributes = {{"part", "\"tune\""}};
  study.trials.resize(5);
  for (size_t i = 0; i < study.trials.size(); ++i) {
    OptunaTrial& trial = study.trials[i];
    trial.number = static_cast<int>(i);
    trial.state = OptunaState::complete;
    trial.config = config(i == 0 ? "gd" : "adam", 0.1);
    trial.config["units"] = 8.0;
    trial.attributes = {{"seed", "7"}};
    trial.started = 1700000000123456;
    trial.ended = 1700000001000000;
  }
  study.trials[0].config["momentum"] = 0.5;
  study.trials[0].value = 0.75;
  study.trials[0].intermediate = {{50, 2.5}, {100, std::nullopt}};
  study.trials[1].value = -3;
  study.trials[2].state = OptunaState::pruned;
  study.trials[3].state = OptunaState::fail;
  study.trials[4].state = OptunaState::waiting;
  study.trials[4].started = study.trials[4].ended = std::nullopt;
  return study;
}

class OptunaFile : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

  std::filesystem::path written(const OptunaStudy& study) const {
    write_optuna(study, path("optuna.db"));
    return path("optuna.db");
  }

  void run_sql(const std::string& sql) const {
    SQLite::Database(path("optuna.db").string(), SQLite::OPEN_READWRITE).exec(sql);
  }

  std::string refusal(const std::filesystem::path& file, ErrorKind kind,
                      const std::string& name = "") const {
    try {
      read_optuna(file, name);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      EXPECT_TRUE(std::string(error.what()).starts_with(file.string() + ": ")) << error.what();
      return error.what();
    }
    return "none";
  }

  TemporaryFolder folder_;
};

TEST_F(OptunaFile, WhatWasWrittenIsRead) {
  const OptunaStudy study = whole_study();
  const ReadOptuna read = read_optuna(written(study));
  EXPECT_EQ(read.study, study);
  EXPECT_TRUE(read.notes.empty());
}

TEST_F(OptunaFile, NothingElseIsLeftInTheFolder) {
  written(whole_study());
  const std::filesystem::directory_iterator files(folder_.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(OptunaFile, WhatIsThereIsLeftAlone) {
  std::ofstream(path("optuna.db")) << "mine";
  EXPECT_THROW(written(whole_study()), Error);
  EXPECT_EQ(std::filesystem::file_size(path("optuna.db")), 4U);
}

TEST_F(OptunaFile, AFolderThatIsNotThereIsSaid) {
  try {
    write_optuna(whole_study(), path("none") / "optuna.db");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::system);
  }
}

TEST_F(OptunaFile, NoStampAndThoseOfThreeAndFourAreRead) {
  const auto file = written(whole_study());
  for (const char* stamp : {"v3.0.0.d", "v3.2.0.a"}) {
    run_sql(fmt::format("DELETE FROM alembic_version; INSERT INTO alembic_version VALUES('{}')",
                        stamp));
    EXPECT_EQ(read_optuna(file).study, whole_study()) << stamp;
  }
}

TEST_F(OptunaFile, OlderAndNewerSchemasAreRefused) {
  const auto file = written(whole_study());
  run_sql("INSERT INTO alembic_version VALUES('v2.6.0.a')");
  EXPECT_NE(refusal(file, ErrorKind::study).find("optuna storage upgrade"), std::string::npos);
  run_sql("UPDATE alembic_version SET version_num = 'v9.0.0.a'");
  EXPECT_NE(refusal(file, ErrorKind::study).find("has schema v9.0.0.a, of an Optuna that is newer"),
            std::string::npos);
}

TEST_F(OptunaFile, WhatIsNoOptunaStudyIsRefused) {
  std::ofstream(path("empty")).flush();
  EXPECT_NE(refusal(path("empty"), ErrorKind::study).find("is no Optuna study"), std::string::npos);
  std::ofstream(path("text")) << std::string(2000, 'x');
  EXPECT_NE(refusal(path("text"), ErrorKind::study).find("is not a SQLite file"),
            std::string::npos);
  EXPECT_NE(refusal(path("none"), ErrorKind::study).find("no such file"), std::string::npos);
  const auto file = written(whole_study());
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  EXPECT_NE(refusal(file, ErrorKind::study).find("damaged"), std::string::npos);
}

TEST_F(OptunaFile, DamagedRowsAreRefused) {
  const auto file = written(whole_study());
  for (const char* damage :
       {"UPDATE trial_params SET distribution_json = '{'",
        "UPDATE trial_params SET distribution_json = '{\"name\": \"Odd\", "
        "\"attributes\": {}}'",
        "UPDATE trial_params SET param_value = 99 "
        "WHERE param_name = 'optimizer'",
        "UPDATE trials SET state = 'ODD'", "UPDATE study_directions SET direction = 'NOT_SET'",
        "DELETE FROM study_directions", "DELETE FROM studies"}) {
    std::filesystem::copy_file(file, path("kept"));
    run_sql(damage);
    EXPECT_NE(refusal(file, ErrorKind::study), "none") << damage;
    std::filesystem::rename(path("kept"), file);
  }
}

TEST_F(OptunaFile, ValuesThatTheirDistributionHasNotAreRefused) {
  const auto file = written(whole_study());
  const std::string deep = std::string(50'000, '[') + std::string(50'000, ']');
  for (const std::string& damage : std::vector<std::string>{
           "UPDATE trial_params SET param_value = 0 WHERE param_name = 'learning_rate'",
           "UPDATE trial_params SET param_value = -1 WHERE param_name = 'learning_rate'",
           "UPDATE trial_params SET param_value = 9e999 WHERE param_name = 'learning_rate'",
           "UPDATE trial_params SET param_value = NULL WHERE param_name = 'learning_rate'",
           "UPDATE trial_params SET param_value = 'text' WHERE param_name = 'learning_rate'",
           "UPDATE trial_params SET param_value = 8.5 WHERE param_name = 'units'",
           "UPDATE trial_params SET param_value = 0 WHERE param_name = 'units'",
           "UPDATE trial_params SET param_value = -1 WHERE param_name = 'optimizer'",
           "UPDATE trial_params SET distribution_json = replace(distribution_json, ':64', "
           "':9007199254740994')",
           "UPDATE trial_params SET distribution_json = replace(distribution_json, ':64', "
           "':1e300')",
           "UPDATE trial_params SET distribution_json = replace(distribution_json, '\"gd\"', '" +
               deep + "')",
           "UPDATE trial_params SET distribution_json = '" + deep + "'",
           "UPDATE trial_params SET distribution_json = '[]'",
           "UPDATE trial_params SET distribution_json = replace(distribution_json, '0.001', '0')",
           "UPDATE trial_intermediate_values SET step = 9223372036854775807 WHERE step = 50",
           "UPDATE trial_intermediate_values SET intermediate_value = 'text'",
           "UPDATE trial_values SET value = 'text'",
           "UPDATE trials SET number = 1e18 WHERE number = 1",
           "UPDATE trials SET number = -1 WHERE number = 1",
           "UPDATE trial_system_attributes SET value_json = '" + deep + "'",
           "UPDATE trial_params SET param_name = CAST(x'ff' AS TEXT) WHERE trial_id = 1 AND "
           "param_name = 'units'"}) {
    std::filesystem::copy_file(file, path("kept"));
    run_sql(damage);
    const std::string what = refusal(file, ErrorKind::study);
    EXPECT_NE(what, "none") << damage.substr(0, 200);
    for (const char* raw : {"json.exception", "map::at", "std::get"}) {
      EXPECT_EQ(what.find(raw), std::string::npos) << what;
    }
    std::filesystem::rename(path("kept"), file);
  }
}

TEST_F(OptunaFile, SqlInTheFileDoesNotRun) {
  const auto file = written(whole_study());
  run_sql(
      "ALTER TABLE trials RENAME TO kept; CREATE VIEW trials AS WITH RECURSIVE n(i) AS (SELECT "
      "1 UNION ALL SELECT i + 1 FROM n) SELECT kept.* FROM kept, n");
  EXPECT_NE(refusal(file, ErrorKind::study).find("there is no table trials"), std::string::npos);
}

TEST_F(OptunaFile, ATrialThatEndedBeforeItBeganIsSaid) {
  const auto file = written(whole_study());
  run_sql("UPDATE trials SET datetime_complete = '2001-01-01 00:00:00' WHERE number = 2");
  const ReadOptuna read = read_optuna(file);
  ASSERT_EQ(read.notes.size(), 1U);
  EXPECT_TRUE(read.notes[0].starts_with("by the clock trial 2 ended before beginning"))
      << read.notes[0];
}

TEST_F(OptunaFile, ANumberMayHaveSeveralRangesButNoSecondKind) {
  OptunaStudy study = whole_study();
  const auto file = written(study);
  const std::string range =
      R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.01, "high": 5, "log": )";
  const std::string change = "UPDATE trial_params SET distribution_json = '" + range;
  const std::string where = "}}' WHERE trial_id = 2 AND param_name = 'learning_rate'";
  run_sql(change + "true" + where);
  study.space[1].distribution = space::LogUniform{1e-3, 5};
  EXPECT_EQ(read_optuna(file).study, study);
  run_sql(change + "false" + where);
  EXPECT_NE(refusal(file, ErrorKind::study).find("parameter 'learning_rate': has distributions of"),
            std::string::npos);
}

TEST_F(OptunaFile, AnInfiniteValueIsNone) {
  const auto file = written(whole_study());
  run_sql("UPDATE trial_values SET value = NULL, value_type = 'INF_POS' WHERE trial_id = 1");
  const OptunaTrial trial = read_optuna(file).study.trials[0];
  EXPECT_FALSE(trial.value.has_value());
  EXPECT_EQ(outcome_of(trial), study::Outcome::diverged);
}

TEST(OptunaTime, ReadsWhatItWrites) {
  for (const int64_t time : {int64_t{1700000000000001}, int64_t{1689590000999999}}) {
    EXPECT_EQ(time_of(time_text(time)), time);
  }
  EXPECT_EQ(time_of(time_text(-1)), -1);
  EXPECT_EQ(*time_of("2023-02-25 13:21:00.5") - *time_of("2023-02-25 13:21:00"), 500000);
  EXPECT_FALSE(time_of("yesterday").has_value());
  EXPECT_FALSE(time_of("2023-02-25 13:21:00 or so").has_value());
}

}  // namespace
}  // namespace sweetspot::exchange
