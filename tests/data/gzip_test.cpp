#include "data/gzip.hpp"

#include <gtest/gtest.h>

#include "data/image_folder.hpp"
#include "support/gzip.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

using testing_support::gzip;
using testing_support::TemporaryFolder;
using testing_support::write_file;

std::string read(const std::string& bytes) {
  const std::vector<uint8_t> whole = gunzip("file", {bytes.begin(), bytes.end()});
  return {whole.begin(), whole.end()};
}

std::string refusal(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "none";
}

TEST(Gzip, AllMembersAreRead) {
  const std::string zeros(700, '\0');
  EXPECT_EQ(read(gzip("one,") + gzip("two")), "one,two");
  EXPECT_EQ(read(gzip("") + gzip("one,") + gzip("") + gzip("two") + gzip("")), "one,two");
  EXPECT_EQ(read(gzip("one") + zeros), "one");
  EXPECT_EQ(read(gzip("one,") + zeros + gzip("two") + zeros), "one,two");
  EXPECT_EQ(read("plain"), "plain");
  const std::string large(3'000'000, 'x');
  EXPECT_TRUE(read(gzip(large) + gzip(large)) == large + large);
}

TEST(Gzip, AMemberThatIsCutOrDamagedIsRefusedWhereverItStands) {
  const std::string first = gzip("the first of two");
  const std::string second = gzip("the second of two");
  for (size_t kept = 1; kept < second.size(); ++kept) {
    EXPECT_EQ(refusal(first + second.substr(0, kept)),
              "file: gzip stream is truncated, in its member 2")
        << kept;
  }
  for (size_t at = second.size() - 8; at < second.size(); ++at) {
    std::string damaged = second;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_EQ(refusal(first + damaged), "file: gzip stream is damaged, in its member 2") << at;
  }
  EXPECT_NE(refusal(first + "rest").find("4 bytes behind the end"), std::string::npos);
  EXPECT_NE(refusal(first + std::string(5, '\0') + "rest").find("4 bytes behind the end"),
            std::string::npos);
}

// Of 18 MB that inflate to gigabytes the last limit was 4 GiB, by which time they were in memory.
TEST(Gzip, WhatIsMadeToFillTheMemoryIsRefusedEarly) {
  std::string bomb;
  const std::string member = gzip(std::string(size_t{1} << 25, '\0'));
  while (bomb.size() < 400'000) bomb += member;
  EXPECT_NE(refusal(bomb).find("inflates from"), std::string::npos);
  const Inflated some = inflated("file", {bomb.begin(), bomb.end()}, 10);
  EXPECT_EQ(some.bytes.size(), 10U);
  EXPECT_FALSE(some.is_all);
}

TEST(Gzip, ABatchOfTwoMembersHasAllOfItsImages) {
  const TemporaryFolder folder;
  const auto batch = [](int images) {
    std::string bytes;
    for (int i = 0; i < images; ++i) bytes += static_cast<char>(i % 10) + std::string(3072, 'p');
    return bytes;
  };
  write_file(folder.path() / "data_batch_1.bin.gz", gzip(batch(10)) + gzip(batch(20)));
  write_file(folder.path() / "test_batch.bin", batch(5));
  EXPECT_EQ(read_image_folder("folder", folder.path()).train_labels.size(), 30U);
}

}  // namespace
}  // namespace sweetspot::data
