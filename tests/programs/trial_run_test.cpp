#include "programs/trial_run.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "support/temporary_folder.hpp"

namespace sweetspot::programs {
namespace {

ProcessRequest shell(const std::string& script) {
  ProcessRequest request;
  request.arguments = {"sh", "-c", script};
  return request;
}

class TrialRunTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  bool appears(const std::string& name) const {
    for (int look = 0; look < 6000 && !std::filesystem::exists(path(name)); ++look) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return std::filesystem::exists(path(name));
  }
  testing_support::TemporaryFolder folder_;
};

constexpr int kFlood = 200'000;

std::string flood(const std::string& then) {
  return "awk 'BEGIN { for (i = 1; i <= " + std::to_string(kFlood) +
         "; ++i) printf \"{\\\"step\\\": %d, \\\"accuracy\\\": 0.5}\\n\", i }' "
         ">> \"$SWEETSPOT_REPORT\"; touch written; " +
         then;
}

// So that limits and other trials have their turn.
TEST_F(TrialRunTest, ReadsNoMoreAtOneLookThanABoundedAmountOfAReportFile) {
  ProcessRequest request = shell("cd " + folder_.path().string() + "; " + flood("sleep 1000"));
  TrialRun run(std::move(request), path("report"), nullptr, {});
  ASSERT_TRUE(appears("written"));
  const size_t first = run.read().size();
  EXPECT_GT(first, 0U);
  EXPECT_LT(first, kFlood / 2U);
}

TEST_F(TrialRunTest, ReadsAllOfAReportFileWhenItsProgramHasEnded) {
  for (const StopReason reason : {StopReason::none, StopReason::interrupted}) {
    std::filesystem::remove(path("written"));
    const std::string then = reason == StopReason::none ? "exit 0" : "sleep 1000";
    ProcessRequest request = shell("cd " + folder_.path().string() + "; " + flood(then));
    request.stops_group = true;
    TrialRun run(std::move(request), path("report"), nullptr, {});
    ASSERT_TRUE(appears("written"));
    if (reason != StopReason::none) run.stop(reason);
    size_t reports = 0;
    while (!run.has_ended()) reports += run.read().size();
    EXPECT_EQ(reports, static_cast<size_t>(kFlood));
  }
}

}  // namespace
}  // namespace sweetspot::programs
