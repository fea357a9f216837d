#include "data/image_folder.hpp"

#include <gtest/gtest.h>

#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

using testing_support::idx_bytes;
using testing_support::synthetic_set;
using testing_support::TemporaryFolder;
using testing_support::write_file;
using testing_support::write_idx_folder;

TEST(ImageFolder, ReadsIdx) {
  const TemporaryFolder folder;
  const ImageSet made = synthetic_set(12, 600, 60);
  write_idx_folder(made, folder.path());
  const ImageSet read = read_image_folder("folder", folder.path());
  EXPECT_EQ(read.train_pixels, made.train_pixels);
  EXPECT_EQ(read.test_labels, made.test_labels);
  EXPECT_EQ(read.classes, 10);
  EXPECT_EQ(read.checksum.size(), 64U);
}

TEST(ImageFolder, RefusesFilesThatDoNotFit) {
  const auto refused = [](const std::string& name, const std::string& bytes) {
    const TemporaryFolder folder;
    write_idx_folder(synthetic_set(4, 24, 12), folder.path());
    write_file(folder.path() / name, bytes);
    try {
      read_image_folder("folder", folder.path());
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_NE(refused("train-labels-idx1-ubyte", idx_bytes({23}, std::vector<uint8_t>(23)))
                .find("24 images"),
            std::string::npos);
  EXPECT_NE(refused("train-labels-idx1-ubyte", idx_bytes({24}, std::vector<uint8_t>(24, 11)))
                .find("but no training image is of class 1"),
            std::string::npos);
  EXPECT_NE(refused("t10k-images-idx3-ubyte", idx_bytes({12, 5, 4}, std::vector<uint8_t>(240)))
                .find("test images 5x4x1"),
            std::string::npos);
  const TemporaryFolder empty;
  EXPECT_THROW(read_image_folder("folder", empty.path()), Error);
  EXPECT_THROW(read_image_folder("folder", empty.path() / "none"), Error);
}

TEST(ImageFolder, ImagesMayHaveChannels) {
  const TemporaryFolder folder;
  write_idx_folder(synthetic_set(4, 120, 12), folder.path());
  write_file(folder.path() / "train-images-idx3-ubyte",
             idx_bytes({120, 4, 2, 2}, std::vector<uint8_t>(120 * 16)));
  write_file(folder.path() / "t10k-images-idx3-ubyte",
             idx_bytes({12, 4, 2, 2}, std::vector<uint8_t>(12 * 16)));
  const ImageSet set = read_image_folder("folder", folder.path());
  EXPECT_EQ(set.height, 4);
  EXPECT_EQ(set.width, 2);
  EXPECT_EQ(set.channels, 2);
}

// A batch of so many images, their labels 0 to 9 in turn.
std::string cifar_batch(int images, uint8_t value) {
  std::string bytes;
  for (int i = 0; i < images; ++i) {
    bytes += static_cast<char>(i % 10);
    bytes += std::string(3072, static_cast<char>(value));
  }
  return bytes;
}

std::string cifar_refusal(const TemporaryFolder& folder) {
  try {
    read_image_folder("folder", folder.path());
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(ImageFolder, ReadsCifarBatchesInOrder) {
  const TemporaryFolder folder;
  write_file(folder.path() / "data_batch_1.bin", cifar_batch(10, 1));
  write_file(folder.path() / "data_batch_2.bin", cifar_batch(20, 2));
  write_file(folder.path() / "test_batch.bin", cifar_batch(5, 3));
  const ImageSet set = read_image_folder("folder", folder.path());
  EXPECT_EQ(set.channels, 3);
  EXPECT_EQ(set.height, 32);
  EXPECT_EQ(set.classes, 10);
  EXPECT_EQ(set.train_labels.size(), 30U);
  EXPECT_EQ(set.train_pixels[9 * 3072], 1);
  EXPECT_EQ(set.train_pixels[10 * 3072], 2);
  EXPECT_EQ(set.test_labels.size(), 5U);
}

TEST(ImageFolder, SaysWhichCifarFileIsMissingOrDamaged) {
  const TemporaryFolder folder;
  write_file(folder.path() / "test_batch.bin", cifar_batch(5, 3));
  EXPECT_NE(cifar_refusal(folder).find("no data_batch_1.bin"), std::string::npos);
  write_file(folder.path() / "data_batch_1.bin", cifar_batch(10, 1));
  write_file(folder.path() / "data_batch_3.bin", cifar_batch(10, 1));
  EXPECT_NE(cifar_refusal(folder).find("no data_batch_2.bin"), std::string::npos);
  write_file(folder.path() / "data_batch_2.bin", cifar_batch(10, 1) + "x");
  EXPECT_NE(cifar_refusal(folder).find("data_batch_2.bin: 30731 bytes"), std::string::npos);
  write_file(folder.path() / "data_batch_2.bin", cifar_batch(10, 1));
  EXPECT_EQ(cifar_refusal(folder), "none");
  std::filesystem::remove(folder.path() / "test_batch.bin");
  EXPECT_NE(cifar_refusal(folder).find("no test_batch.bin"), std::string::npos);
}

}  // namespace
}  // namespace sweetspot::data
