#include "base/process.hpp"

#include <gtest/gtest.h>

namespace sweetspot {
namespace {

TEST(Process, GivesExitCodeAndOutput) {
  const ProcessResult result = run_process({"sh", "-c", "pwd; echo wrong >&2; exit 3"}, "/");
  EXPECT_TRUE(result.started);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "/\nwrong\n");
}

TEST(Process, TellsASignalFromAnExit) {
  EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"}, "").exit_code, 128 + 9);
}

TEST(Process, SaysThatThereIsNoSuchProgram) {
  EXPECT_FALSE(run_process({"no-such-program-anywhere"}, "").started);
}

TEST(Process, KeepsTheEndOfLongOutput) {
  const ProcessResult result = run_process({"sh", "-c", "seq 1 100000"}, "");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_LE(result.output.size(), 4096U);
  EXPECT_TRUE(result.output.ends_with("100000\n"));
}

}  // namespace
}  // namespace sweetspot
