#include "command/checkpoints.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "support/temporary_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::command {
namespace {

namespace fs = std::filesystem;
using testing_support::TemporaryFolder;

TEST(Checkpoints, KeepsAFolderAsLongAsSomethingRefersToIt) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path());
  const std::string name = checkpoints.create(7);
  EXPECT_FALSE(checkpoints.has_content(name));
  std::ofstream(checkpoints.path(name) / "weights") << "w";
  EXPECT_TRUE(checkpoints.has_content(name));
  checkpoints.refer(name);
  checkpoints.release(name);
  EXPECT_TRUE(fs::exists(checkpoints.path(name)));
  checkpoints.release(name);
  EXPECT_TRUE(fs::exists(checkpoints.path(name)));
  checkpoints.remove_released();
  EXPECT_FALSE(fs::exists(checkpoints.path(name)));
}

TEST(Checkpoints, GivesEveryRunItsOwnFolder) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path());
  EXPECT_NE(checkpoints.create(7), checkpoints.create(7));
}

TEST(Checkpoints, RemovesWhatAKilledProcessLeftAndNothingElse) {
  const TemporaryFolder folder;
  {
    Checkpoints before(folder.path());
    before.create(1);
    before.create(2);
  }
  fs::create_directory(folder.path() / "mine");
  Checkpoints checkpoints(folder.path());
  checkpoints.refer("2-1");
  checkpoints.remove_unreferenced();
  EXPECT_FALSE(fs::exists(folder.path() / "1-1"));
  EXPECT_TRUE(fs::exists(folder.path() / "2-1"));
  EXPECT_TRUE(fs::exists(folder.path() / "mine"));
}

TEST(Checkpoints, StateOfAPausedTrialReadsBack) {
  const PausedState state = paused_state_of(to_bytes({"3-1", 1.5}));
  EXPECT_EQ(state.checkpoint, "3-1");
  EXPECT_EQ(state.seconds, 1.5);
  EXPECT_THROW(paused_state_of({1, 2, 3}), Error);
}

TEST(Checkpoints, SaysWhereNoFolderCanBeMade) {
  EXPECT_THROW(Checkpoints("/proc/none"), Error);
}

}  // namespace
}  // namespace sweetspot::command
