#include "programs/checkpoints.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "support/temporary_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

namespace fs = std::filesystem;
using testing_support::TemporaryFolder;

const std::string kIdentity(32, 'a');

TEST(Checkpoints, KeepsAFolderAsLongAsSomethingRefersToIt) {
  const TemporaryFolder folder;
  Checkpoints checkpoints(folder.path(), kIdentity);
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
  Checkpoints checkpoints(folder.path(), kIdentity);
  EXPECT_NE(checkpoints.create(7), checkpoints.create(7));
}

TEST(Checkpoints, RemovesWhatAKilledProcessLeftAndNothingElse) {
  const TemporaryFolder folder;
  {
    Checkpoints before(folder.path(), kIdentity);
    before.create(1);
    before.create(2);
  }
  fs::create_directory(folder.path() / "mine");
  Checkpoints checkpoints(folder.path(), kIdentity);
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

TEST(Checkpoints, AnothersFolderIsRefusedAndAnOlderOneKept) {
  const TemporaryFolder folder;
  Checkpoints(folder.path() / "others", std::string(32, 'b')).create(1);
  EXPECT_THROW(Checkpoints(folder.path() / "others", kIdentity), Error);
  EXPECT_TRUE(fs::exists(folder.path() / "others" / "1-1"));
  // Of a version without marks: what the study names goes, and nothing else.
  fs::create_directories(folder.path() / "older" / "1-1");
  fs::create_directories(folder.path() / "older" / "2-1");
  Checkpoints older(folder.path() / "older", kIdentity);
  older.refer("2-1");
  older.remove_unreferenced();
  older.release("2-1");
  older.remove_released();
  EXPECT_TRUE(fs::exists(folder.path() / "older" / "1-1"));
  EXPECT_FALSE(fs::exists(folder.path() / "older" / "2-1"));
}

TEST(Checkpoints, WhatAStudyNamesIsNeverAPath) {
  for (const char* name : {"../1-1", "/abs", ".", "..", "1-1/..", "1", "a-1", "1-1\n", "-", "1-"}) {
    const std::string text = std::string(R"({"checkpoint": ")") + name + "\"}";
    EXPECT_THROW(paused_state_of({text.begin(), text.end()}), Error) << name;
    const std::string earlier = std::string(R"({"checkpoint": "1-1", "earlier": ")") + name + "\"}";
    EXPECT_THROW(paused_state_of({earlier.begin(), earlier.end()}), Error) << name;
  }
  for (const std::string text :
       {R"({"checkpoint": 1})", R"([])", R"({"checkpoint": "1-1", "until": "x"})"}) {
    EXPECT_THROW(paused_state_of({text.begin(), text.end()}), Error) << text;
  }
}

TEST(Checkpoints, SaysWhereNoFolderCanBeMade) {
  EXPECT_THROW(Checkpoints("/proc/none", kIdentity), Error);
}

}  // namespace
}  // namespace sweetspot::programs
