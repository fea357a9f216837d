// The program on a folder of synthetic data, for tests of what its users see.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "support/synthetic_data.hpp"

namespace sweetspot::testing_support {

class Program : public testing::Test {
 protected:
  void SetUp() override { write_idx_folder(synthetic_set(), data()); }

  std::string data() const { return (folder_.path() / "data").string(); }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  ProcessResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), SWEETSPOT_PROGRAM);
    return run_process(arguments, folder_.path().string());
  }

  // A study that takes a second or two.
  std::vector<std::string> sweep(const std::string& study) const {
    return {"sweep",
            "--data",
            data(),
            "--batch-size",
            "10",
            "--learning-rates",
            "1e-4:10:2",
            "--budget",
            "600",
            "--check-every",
            "20",
            "--target",
            "train_accuracy=0.999",
            "--no-early-stop",
            "--study",
            path(study),
            "--threads",
            "2"};
  }

  void expect_refused(const std::vector<std::string>& arguments, int code,
                      const std::string& words) const {
    const ProcessResult result = run(arguments);
    EXPECT_EQ(result.exit_code, code) << result.output;
    EXPECT_NE(result.output.find(words), std::string::npos) << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << result.output;
  }

  // How long that study takes on this machine, whose results are in whole.db then.
  std::chrono::steady_clock::duration time_of_whole() const {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(run(sweep("whole.db")).exit_code, 0);
    return std::chrono::steady_clock::now() - begin;
  }

  // The study as JSON without what a clock or the number of calls decides.
  nlohmann::json results(const std::string& study) const {
    const std::string file = path(study) + ".json";
    const ProcessResult shown = run_process(
        {"sh", "-c", std::string(SWEETSPOT_PROGRAM) + " show --json " + path(study) + " > " + file},
        "");
    EXPECT_EQ(shown.exit_code, 0) << shown.output;
    nlohmann::json json = nlohmann::json::parse(std::ifstream(file));
    json.erase("cost");
    json.at("study").erase("answer");
    for (nlohmann::json& trial : json.at("trials")) trial.erase("compute_seconds");
    return json;
  }

  TemporaryFolder folder_;
};

}  // namespace sweetspot::testing_support
