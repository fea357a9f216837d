// The report of a study file of the program, by the public header.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sweetspot/sweetspot.hpp>

#include "support/synthetic_data.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;

class Report : public ::testing::Test {
 protected:
  Report() : folder_(fs::temp_directory_path() / ("sweetspot-report-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~Report() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(Report, IsThatOfTheProgram) {
  if (!fs::exists(SWEETSPOT_PROGRAM)) GTEST_SKIP() << "built without the program";
  testing_support::write_idx_folder(testing_support::synthetic_set(), folder_ / "images");
  const fs::path file = folder_ / "study.db";
  const std::string sweep = std::string(SWEETSPOT_PROGRAM) + " sweep --data " +
                            (folder_ / "images").string() +
                            " --optimizers adam --learning-rates 1e-3,1e-2 --budget 100 "
                            "--batch-size 20 --target train_accuracy=0.5 --study " +
                            file.string() + " > " + (folder_ / "output").string() + " 2>&1";
  ASSERT_EQ(std::system(sweep.c_str()), 0) << sweep;
  const std::vector<std::string> answers = study_answers(file);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_NE(answers[0].find("adam"), std::string::npos) << answers[0];
  EXPECT_EQ(study_json(file, "sweep").front(), '{');
  EXPECT_THROW(study_json(file, "size"), Error);
  const std::vector<std::string> files = write_report(file, folder_ / "report");
  for (const std::string name : {"index.html", "trials.csv", "time-to-train.svg"}) {
    EXPECT_NE(std::find(files.begin(), files.end(), name), files.end()) << name;
    EXPECT_TRUE(fs::exists(folder_ / "report" / name)) << name;
  }
}

TEST_F(Report, DrawsAStudyOfOnesOwn) {
  const fs::path file = folder_ / "own.db";
  {
    Study study(
        space::Space({{"rule", space::Categorical{{"a", "b"}}}, {"x", space::Uniform{0, 1}}}),
        {.file = file, .trials = 12});
    study.optimize([](Trial& trial) { return 1 + trial.value_of("x"); });
  }
  EXPECT_NE(study_answers(file).front().find("Best: "), std::string::npos);
  const std::vector<std::string> files = write_report(file, folder_ / "report");
  for (const std::string name : {"index.html", "trials.csv", "search-history.svg"}) {
    EXPECT_NE(std::find(files.begin(), files.end(), name), files.end()) << name;
  }
  EXPECT_THROW(study_answers(folder_ / "none.db"), Error);
}

}  // namespace
}  // namespace sweetspot
