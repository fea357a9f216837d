#include "data/image_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "data/idx.hpp"
#include "data/sha256.hpp"

namespace sweetspot::data {
namespace {

std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    std::filesystem::path file = folder / (name + ending);
    if (std::filesystem::is_regular_file(file)) return file;
  }
  throw Error(ErrorKind::data,
              fmt::format("{}: no {} or {}.gz in this folder", folder.string(), name, name));
}

struct Part {
  std::vector<uint8_t> pixels;
  std::vector<uint8_t> labels;
  uint32_t height = 0;
  uint32_t width = 0;
};

Part read_part(const std::filesystem::path& folder, const std::string& prefix) {
  const std::filesystem::path image_file = find_file(folder, prefix + "-images-idx3-ubyte");
  const std::filesystem::path label_file = find_file(folder, prefix + "-labels-idx1-ubyte");
  IdxArray images = read_idx(image_file, 3);
  IdxArray labels = read_idx(label_file, 1);
  if (images.sizes[0] != labels.sizes[0]) {
    throw Error(ErrorKind::data,
                fmt::format("{}: {} images, but {} has {} labels", image_file.string(),
                            images.sizes[0], label_file.string(), labels.sizes[0]));
  }
  return {std::move(images.bytes), std::move(labels.bytes), images.sizes[1], images.sizes[2]};
}

void require_labels_below(const std::vector<uint8_t>& labels, int classes, const char* part) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < classes) continue;
    throw Error(ErrorKind::data, fmt::format("{} label {}: class {} is out of range; the set has "
                                             "classes 0 to {}",
                                             part, i, labels[i], classes - 1));
  }
}

constexpr int kClasses = 10;
constexpr uint32_t kMaxSide = 256;

}  // namespace

Split split(const ImageSet& set) {
  const size_t image = static_cast<size_t>(set.channels) * set.height * set.width;
  const size_t held_out = std::min(kValidationImages, set.train_labels.size() / 12);
  const std::span<const uint8_t> pixels = set.train_pixels;
  const std::span<const uint8_t> labels = set.train_labels;
  return {.training = {pixels.subspan(held_out * image), labels.subspan(held_out)},
          .validation = {pixels.first(held_out * image), labels.first(held_out)}};
}

ImageSet read_idx_folder(const std::string& name, const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    throw Error(ErrorKind::data, fmt::format("{}: is not a folder", folder.string()));
  }
  Part train = read_part(folder, "train");
  Part test = read_part(folder, "t10k");
  if (train.height != test.height || train.width != test.width) {
    throw Error(ErrorKind::data,
                fmt::format("{}: training images are {}x{}, test images {}x{}", folder.string(),
                            train.height, train.width, test.height, test.width));
  }
  if (train.height > kMaxSide || train.width > kMaxSide) {
    throw Error(ErrorKind::data,
                fmt::format("{}: images of {}x{} pixels; at most {}x{} are taken", folder.string(),
                            train.height, train.width, kMaxSide, kMaxSide));
  }
  ImageSet set;
  set.name = name;
  set.height = static_cast<int>(train.height);
  set.width = static_cast<int>(train.width);
  // Sets of this format have ten classes: a label of 11 among digits is damage.
  set.classes = kClasses;
  require_labels_below(train.labels, set.classes, "training");
  require_labels_below(test.labels, set.classes, "test");
  Sha256 hash;
  for (const auto* bytes : {&train.pixels, &train.labels, &test.pixels, &test.labels}) {
    hash.add(*bytes);
  }
  set.checksum = hash.hex();
  set.train_pixels = std::move(train.pixels);
  set.train_labels = std::move(train.labels);
  set.test_pixels = std::move(test.pixels);
  set.test_labels = std::move(test.labels);
  return set;
}

}  // namespace sweetspot::data
