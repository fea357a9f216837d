#include "data/idx.hpp"

#include <gtest/gtest.h>

#include "support/gzip.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

using testing_support::gzip;
using testing_support::idx_bytes;

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string refusal(const std::string& bytes, int dimensions) {
  try {
    parse_idx("file", bytes_of(bytes), {dimensions, dimensions});
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "none";
}

TEST(Idx, ReadsPlainAndGzipped) {
  const std::string plain = idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 6});
  for (const std::string& bytes : {plain, gzip(plain)}) {
    const IdxArray array = parse_idx("file", bytes_of(bytes), {3, 3});
    EXPECT_EQ(array.sizes, (std::vector<uint32_t>{2, 1, 3}));
    EXPECT_EQ(array.bytes, (std::vector<uint8_t>{1, 2, 3, 4, 5, 6}));
  }
}

TEST(Idx, RefusesDamageInOneLineThatSaysWhat) {
  const std::string good = idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(refusal("", 3), "file: is empty; an IDX file was expected");
  EXPECT_NE(refusal(good.substr(0, 7), 3).find("truncated"), std::string::npos);
  EXPECT_NE(refusal(good.substr(0, good.size() - 1), 3).find("truncated"), std::string::npos);
  EXPECT_NE(refusal(good + "x", 3).find("too long"), std::string::npos);
  EXPECT_NE(refusal("PK" + good, 3).find("wrong magic"), std::string::npos);
  EXPECT_NE(refusal(good, 1).find("wrong magic"), std::string::npos);
  EXPECT_NE(refusal(idx_bytes({0, 1, 3}, {}), 3).find("dimension 1 is 0"), std::string::npos);
  EXPECT_NE(refusal(idx_bytes({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, {}), 3).find("4 GiB"),
            std::string::npos);
  const std::string packed = gzip(good);
  EXPECT_NE(refusal(packed.substr(0, packed.size() - 9), 3).find("truncated"), std::string::npos);
  EXPECT_NE(refusal(gzip(good + "x"), 3).find("too long"), std::string::npos);
  // So large that to inflate it, or to make room for it, would fill the memory.
  EXPECT_NE(refusal(gzip(idx_bytes({4000, 1000, 1000}, {})), 3).find("announces 4000000000 bytes"),
            std::string::npos);
  std::string damaged = packed;
  damaged[12] = static_cast<char>(damaged[12] ^ 0x55);
  EXPECT_NE(refusal(damaged, 3), "none");
}

TEST(Idx, MayHaveEitherNumberOfDimensions) {
  const std::string images = idx_bytes({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(parse_idx("file", bytes_of(images), {3, 4}).sizes, (std::vector<uint32_t>{1, 1, 2, 3}));
  EXPECT_NE(refusal(images, 3).find("wrong magic"), std::string::npos);
  try {
    parse_idx("file", bytes_of(images.substr(0, 18)), {3, 4});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("its header has 20"), std::string::npos);
  }
}

}  // namespace
}  // namespace sweetspot::data
