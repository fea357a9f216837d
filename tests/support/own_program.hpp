// The program as its users call it with a program of their own, in a folder of its own.
// Thread-safety: one thread at a time, but for run().
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/process.hpp"
#include "support/temporary_folder.hpp"

namespace sweetspot::testing_support {

namespace fs = std::filesystem;
using nlohmann::json;

// Reaches 0.9 after 30 steps at a rate of 0.01, later beside it; saves and goes on, and stops where
// it is told to.
inline constexpr const char* kTrainer = R"(
report() {
  awk -v r=$rate -v s=$step -v seed=$SWEETSPOT_SEED 'BEGIN { d = log(r / 0.01) / log(10);
    printf "{\"step\": %d, \"accuracy\": %.6f, \"seed\": %d}\n", s, 1 - exp(-0.08 * s * exp(-d * d)), seed }'
}
rate=$1; step=0
[ -n "$SWEETSPOT_RESUME" ] && step=$(cat "$SWEETSPOT_RESUME/step") && report
while [ $step -lt ${SWEETSPOT_STEPS:-100} ]; do
  step=$((step + 10))
  [ -n "$SWEETSPOT_CHECKPOINT" ] && echo $step > "$SWEETSPOT_CHECKPOINT/step"
  report
done
)";

// The same, and saves nothing.
inline constexpr const char* kForgetfulTrainer = R"(step=0
while [ $step -lt ${SWEETSPOT_STEPS:-100} ]; do step=$((step + 10))
awk -v r=$1 -v s=$step 'BEGIN { d = log(r / 0.01) / log(10);
  printf "{\"step\": %d, \"accuracy\": %.6f}\n", s, 1 - exp(-0.08 * s * exp(-d * d)) }'; done)";

class Command : public testing::Test {
 protected:
  void SetUp() override { write("train.sh", kTrainer); }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }

  bool appears(const std::string& name) const {
    for (int look = 0; look < 6000 && !fs::exists(path(name)); ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return fs::exists(path(name));
  }

  ProcessResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), SWEETSPOT_PROGRAM);
    return run_process(arguments, folder_.path().string());
  }

  // A sweep of a script over two rates.
  std::vector<std::string> sweep(const std::string& script,
                                 std::vector<std::string> more = {}) const {
    fs::remove(path("own.db"));
    write("own.sh", script);
    std::vector<std::string> words = {"sweep",         "--command",     "sh own.sh {rate}",
                                      "--grid",        "rate=0.01,0.1", "--target",
                                      "accuracy>=0.9", "--study",       path("own.db")};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  json shown(const std::string& study) const {
    const std::string file = path(study) + ".json";
    const ProcessResult result = run({"export", path(study), "--json", file});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return json::parse(std::ifstream(file));
  }
  json trials(const std::string& script, const std::vector<std::string>& more = {},
              int exit_code = 0) const {
    const ProcessResult result = run(sweep(script, more));
    EXPECT_EQ(result.exit_code, exit_code) << result.output;
    return shown("own.db").at("trials");
  }
  // Why the first trial of a script that always fails failed.
  std::string failure(const std::string& script, const std::vector<std::string>& more = {}) const {
    constexpr int kFailed = 6;
    const json all = trials(script, more, kFailed);
    EXPECT_EQ(all[0]["outcome"], "failed");
    return all[0]["note"];
  }

  // Progress has lines where a study takes longer than some seconds, as on a slow machine.
  static std::string without_progress(const std::string& output) {
    std::istringstream lines(output);
    std::string others;
    for (std::string line; std::getline(lines, line);) {
      if (line.find(" trials ended, ") == std::string::npos) others += line + '\n';
    }
    return others;
  }

  void expect_refused(const std::vector<std::string>& arguments, const std::string& words) const {
    const ProcessResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.output;
    EXPECT_NE(result.output.find(words), std::string::npos) << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
  }

  // What of a study no clock decides.
  json results(const std::string& study) const {
    json all = shown(study);
    for (json& trial : all.at("trials")) trial.erase("compute_seconds");
    return {{"trials", all.at("trials")}, {"config", all.at("answer").at("config")}};
  }

  std::vector<std::string> tune(const std::string& study, std::vector<std::string> more) const {
    std::vector<std::string> words = {
        "tune",    "--command", "sh train.sh {learning_rate}", "--learning-rates", "1e-4:1",
        "--study", path(study)};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  TemporaryFolder folder_;
};

}  // namespace sweetspot::testing_support
