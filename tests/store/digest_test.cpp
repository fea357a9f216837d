#include "store/digest.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <limits>

namespace sweetspot::store {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

TEST(Digest, WhatIsAddedCanBeTakenAwayWhateverTheNumbers) {
  for (const int64_t a : {int64_t{0}, int64_t{1}, kDigestMask, kMost, kLeast, int64_t{-7}}) {
    for (const int64_t b : {int64_t{0}, int64_t{5}, kDigestMask, kMost, kLeast}) {
      EXPECT_EQ(difference_of_digests(sum_of_digests(a, b), b), a & kDigestMask) << a << ' ' << b;
    }
  }
  EXPECT_EQ(sum_of_digests(kMost, kMost), kDigestMask - 1);
}

TEST(Digest, ADatabaseAddsTheSame) {
  SQLite::Database database(":memory:");
  for (const int64_t a : {int64_t{0}, int64_t{123456789}, kDigestMask}) {
    for (const int64_t b : {int64_t{0}, int64_t{987654321012345}, kDigestMask}) {
      const std::string sql = sum_in_sql(fmt::format("{}", a), fmt::format("{}", b));
      EXPECT_EQ(database.execAndGet("SELECT " + sql).getInt64(), sum_of_digests(a, b)) << sql;
    }
  }
}

TEST(Digest, TellsKindsTypesAndOrderApart) {
  const SqlRow row = {int64_t{1}, 2.0, std::string("3")};
  EXPECT_EQ(digest_of(Digested::run, row), digest_of(Digested::run, row));
  EXPECT_NE(digest_of(Digested::run, row), digest_of(Digested::worker, row));
  EXPECT_NE(digest_of(Digested::run, row), digest_of(Digested::run, {2.0, int64_t{1}, row[2]}));
  EXPECT_NE(digest_of(Digested::run, {int64_t{1}}), digest_of(Digested::run, {1.0}));
  EXPECT_NE(digest_of(Digested::run, {std::string("1")}), digest_of(Digested::run, {int64_t{1}}));
}

}  // namespace
}  // namespace sweetspot::store
