// The parts of an article on their own, the range test, and reports, as the program's users call
// them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program_fixture.hpp"

namespace sweetspot {
namespace {

using testing_support::Program;

TEST_F(Program, SizesAndTracesAreStudiesOfTheirOwn) {
  const auto size = run({"size", "--data", data(), "--scales", "1,1.1,2,3", "--learning-rates",
                         "1e-2,3e-2", "--batch-size", "10", "--budget", "300", "--check-every",
                         "20", "--target", "train_accuracy=0.7", "--study", path("one.db")});
  EXPECT_EQ(size.exit_code, 0) << size.output;
  EXPECT_NE(size.output.find("scales 1.1: the network rounds to that of a smaller scale"),
            std::string::npos)
      << size.output;
  EXPECT_NE(size.output.find("time = c + k n"), std::string::npos) << size.output;
  const auto trace = run({"trace", "--data", data(), "--configs", "adam:1e-2,gd:0.1",
                          "--batch-size", "10", "--budget", "100", "--study", path("one.db")});
  EXPECT_EQ(trace.exit_code, 0) << trace.output;
  EXPECT_NE(trace.output.find("has the highest validation accuracy"), std::string::npos);
  const auto report = run({"report", path("one.db"), "--output", path("page")});
  EXPECT_EQ(report.exit_code, 0) << report.output;
  for (const char* name : {"index.html", "size-every-rate.png", "accuracy-over-steps.svg",
                           "size-sizes.csv", "trace-curves.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(path("page/") + name)) << name;
  }
  const ProcessResult shown =
      run_process({"sh", "-c",
                   std::string(SWEETSPOT_PROGRAM) + " show --json --part trace " + path("one.db") +
                       " > " + path("trace.json")},
                  "");
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  const auto json = nlohmann::json::parse(std::ifstream(path("trace.json")));
  EXPECT_EQ(json.at("study").at("kind"), "trace");
  expect_refused({"trace", "--from", path("one.db")}, 4,
                 "no sweep in this study, only: size, trace");
  expect_refused({"show", "--json", "--part", "trce", path("one.db")}, 2,
                 "nearest known is 'trace'");
}

TEST_F(Program, SizesAndTracesRefuseWhatTheyCannotTrain) {
  const auto size = [&](const std::string& scales) {
    return std::vector<std::string>{"size", "--data", data(), "--scales", scales};
  };
  expect_refused(size("10:1:0.25"), 2, "reversed");
  expect_refused(size("1:10:0.7"), 2, "do not lead from 1 to 10");
  expect_refused(size("0.1"), 2, "filters become 0");
  expect_refused({"trace", "--data", data()}, 2, "--from SWEEP.db or --configs");
  expect_refused({"trace", "--data", data(), "--configs", "adam"}, 2, "write OPTIMIZER:RATE");
  expect_refused({"trace", "--data", data(), "--configs", "adm:1"}, 2, "nearest known is 'adam'");
  expect_refused({"trace", "--from", path("none.db")}, 4, "no such study file");
  EXPECT_NE(run({"article"}).exit_code, 0);
  expect_refused({"article", "--output", "/proc/none"}, 5, "cannot be made");
}

TEST_F(Program, FindAnswersInWordsAndInJson) {
  const std::string find = fmt::format(
      "{} find --data {} --batch-size 10 --steps 100 --seeds 2 --learning-rates 1e-5:10",
      SWEETSPOT_PROGRAM, data());
  const ProcessResult words = run_process({"sh", "-c", find}, "");
  EXPECT_EQ(words.exit_code, 0) << words.output;
  for (const char* text : {"adam: ", "full trainings of 8,000 steps", "valley", "verified at"}) {
    EXPECT_NE(words.output.find(text), std::string::npos) << words.output;
  }
  const ProcessResult shown =
      run_process({"sh", "-c", find + " --json > " + path("find.json")}, "");
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  const auto json = nlohmann::json::parse(std::ifstream(path("find.json")));
  EXPECT_EQ(json.at("format"), 1);
  EXPECT_EQ(json.at("suggestions").size(), 4U);
  EXPECT_EQ(json.at("seeds").size(), 2U);
}

TEST_F(Program, FindRefusesWhatItCannotTest) {
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"find", "--data", data(), "--batch-size", "10"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  };
  expect_refused(with({"--optimizer", "adm"}), 2, "nearest known is 'adam'");
  expect_refused(with({"--learning-rates", "1:1e-3"}), 2, "0 < low < high");
  expect_refused(with({"--learning-rates", "1e-3"}), 2, "write low:high");
  expect_refused(with({"--learning-rates", "nan:1"}), 2, "write low:high");
  expect_refused(with({"--learning-rates", "0.01:0.02"}), 2, "at least a decade");
  expect_refused(with({"--steps", "0"}), 2, "steps 0: must be from 20 to 10,000");
  expect_refused(with({"--steps=-3"}), 2, "steps -3: must be from 20");
  expect_refused(with({"--seeds", "0"}), 2, "must be from 1 to");
  expect_refused(with({"--seeds", "65"}), 2, "must be from 1 to 64");
  expect_refused(with({"--semantics", "torch"}), 2, "nearest known is 'pytorch'");
  expect_refused(with({"--optimiser", "gd"}), 2, "nearest known is '--optimizer'");
}

TEST_F(Program, ATraceOfWhatDivergedIsRefused) {
  const auto sweep = run({"sweep", "--data", data(), "--optimizers", "gd", "--learning-rates",
                          "0.1,1e30", "--batch-size", "10", "--budget", "200", "--check-every",
                          "20", "--target", "train_accuracy=0.5", "--study", path("sweep.db")});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.output;
  expect_refused({"trace", "--from", path("sweep.db"), "--configs", "gd:1e30"}, 2, "it diverged");
}

TEST_F(Program, AReportIsWrittenFromAStudy) {
  ASSERT_EQ(run(sweep("study.db")).exit_code, 0);
  const ProcessResult report = run({"report", path("study.db"), "--output", path("out")});
  EXPECT_EQ(report.exit_code, 0) << report.output;
  EXPECT_TRUE(std::filesystem::exists(path("out") + "/index.html"));
}

}  // namespace
}  // namespace sweetspot
