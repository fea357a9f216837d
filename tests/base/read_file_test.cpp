#include "base/read_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <thread>

#include "base/write_file.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;

// No two pieces of it are alike.
std::string some_text(size_t length) {
  std::string text(length, ' ');
  for (size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + i * i % 251 % 26);
  return text;
}

TEST(ReadFile, GivesEveryByteOfAnyLength) {
  constexpr size_t kMebibyte = size_t{1} << 20;
  const testing_support::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  for (const size_t length :
       {size_t{0}, size_t{1}, kMebibyte - 1, kMebibyte, kMebibyte + 1, 3 * kMebibyte + 7}) {
    const std::string text = some_text(length);
    write_file(file, text);
    EXPECT_TRUE(read_text_file(file.string()) == text) << length;
  }
}

TEST(ReadFile, ReadsWhatHasNoSize) {
  const testing_support::TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string text = some_text(2'500'000);
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << text; });
  const std::string read = read_text_file(pipe.string());
  writer.join();
  EXPECT_TRUE(read == text) << read.size();
}

TEST(ReadFile, WhatNeverEndsIsNoTextFile) {
  try {
    read_text_file("/dev/zero");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "/dev/zero: is larger than 16 MiB");
  }
}

TEST(ReadFile, SaysWhatCannotBeRead) {
  const testing_support::TemporaryFolder folder;
  const auto refusal = [](const fs::path& file) -> std::string {
    try {
      read_file(file);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(folder.path()), folder.path().string() + ": is a folder, not a file");
  const fs::path missing = folder.path() / "missing";
  EXPECT_EQ(refusal(missing), missing.string() + ": cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace sweetspot
