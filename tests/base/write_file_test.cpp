#include "base/write_file.hpp"

#include <gtest/gtest.h>

#include "base/read_file.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;

TEST(WriteFile, ReplacesWhatIsThereAndLeavesNothingElse) {
  const testing_support::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  write_file(file, "first");
  write_file(file, "second");
  EXPECT_EQ(read_text_file(file.string()), "second");
  const fs::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(WriteFile, ALinkStaysOne) {
  const testing_support::TemporaryFolder folder;
  write_file(folder.path() / "file", "first");
  fs::create_symlink("file", folder.path() / "link");
  write_file(folder.path() / "link", "second");
  EXPECT_TRUE(fs::is_symlink(folder.path() / "link"));
  EXPECT_EQ(read_text_file((folder.path() / "file").string()), "second");
}

TEST(WriteFile, ADeviceIsWrittenInto) {
  write_file("/dev/null", "bytes");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  EXPECT_THROW(write_file("/dev/full", "bytes"), Error);
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST(WriteFile, AFolderIsRefused) {
  const testing_support::TemporaryFolder folder;
  EXPECT_THROW(write_file(folder.path(), "bytes"), Error);
  EXPECT_THROW(write_file(folder.path() / "none" / "file", "bytes"), Error);
}

}  // namespace
}  // namespace sweetspot
