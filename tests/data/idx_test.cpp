#include "data/idx.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/error.hpp"
#include "data/image_set.hpp"
#include "support/synthetic_data.hpp"

namespace sweetspot::data {
namespace {

using testing_support::idx_bytes;
using testing_support::synthetic_set;
using testing_support::TemporaryFolder;
using testing_support::write_file;
using testing_support::write_idx_folder;

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string refusal(const std::string& bytes, int dimensions) {
  try {
    parse_idx("file", bytes_of(bytes), dimensions);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    return error.what();
  }
  return "none";
}

TEST(Idx, ReadsPlainAndGzipped) {
  const std::string plain = idx_bytes({2, 1, 3}, {1, 2, 3, 4, 5, 6});
  for (const std::string& bytes : {plain, gzip(plain)}) {
    const IdxArray array = parse_idx("file", bytes_of(bytes), 3);
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
  std::string damaged = packed;
  damaged[12] = static_cast<char>(damaged[12] ^ 0x55);
  EXPECT_NE(refusal(damaged, 3), "none");
}

TEST(ImageSet, ReadsAFolderAndSplitsIt) {
  const TemporaryFolder folder;
  const ImageSet made = synthetic_set(12, 600, 60);
  write_idx_folder(made, folder.path());
  const ImageSet read = read_idx_folder("folder", folder.path());
  EXPECT_EQ(read.train_pixels, made.train_pixels);
  EXPECT_EQ(read.test_labels, made.test_labels);
  EXPECT_EQ(read.classes, 10);
  EXPECT_EQ(read.checksum.size(), 64U);
  const Split parts = split(read);
  EXPECT_EQ(parts.validation.labels.size(), 50U);
  EXPECT_EQ(parts.training.labels.size(), 550U);
  EXPECT_EQ(parts.validation.pixels.data(), read.train_pixels.data());
  EXPECT_EQ(parts.training.pixels.data(), read.train_pixels.data() + 50 * 144);
}

TEST(ImageSet, RefusesFilesThatDoNotFit) {
  const auto refused = [](const std::string& name, const std::string& bytes) {
    const TemporaryFolder folder;
    write_idx_folder(synthetic_set(4, 24, 12), folder.path());
    write_file(folder.path() / name, bytes);
    try {
      read_idx_folder("folder", folder.path());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_NE(refused("train-labels-idx1-ubyte", idx_bytes({23}, std::vector<uint8_t>(23)))
                .find("24 images"),
            std::string::npos);
  EXPECT_NE(refused("train-labels-idx1-ubyte", idx_bytes({24}, std::vector<uint8_t>(24, 11)))
                .find("class 11 is out of range"),
            std::string::npos);
  EXPECT_NE(refused("t10k-images-idx3-ubyte", idx_bytes({12, 5, 4}, std::vector<uint8_t>(240)))
                .find("test images 5x4"),
            std::string::npos);
  const TemporaryFolder empty;
  EXPECT_THROW(read_idx_folder("folder", empty.path()), Error);
}

}  // namespace
}  // namespace sweetspot::data
