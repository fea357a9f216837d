#include "sweetspot/image_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/sha256.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

constexpr int kMaxSide = 256;
constexpr int kMaxChannels = 64;

// Some sets count their classes from 1: then class 0 has no image.
int count_classes(const std::vector<uint8_t>& labels) {
  std::array<size_t, 256> images{};
  for (const uint8_t label : labels) ++images[label];
  const int classes = 1 + *std::max_element(labels.begin(), labels.end());
  for (int label = 1; label < classes; ++label) {
    if (images[static_cast<size_t>(label)] > 0) continue;
    const size_t at =
        static_cast<size_t>(std::find(labels.begin(), labels.end(), classes - 1) - labels.begin());
    throw Error(ErrorKind::data,
                fmt::format("training label {} is {}, but no training image is of class {}; every "
                            "class from 1 to the largest label needs one",
                            at, classes - 1, label));
  }
  return classes;
}

void require_whole(const ImageSet& set, const char* what, const std::vector<uint8_t>& pixels,
                   const std::vector<uint8_t>& labels) {
  const size_t image = static_cast<size_t>(set.channels) * set.height * set.width;
  if (pixels.size() == labels.size() * image) return;
  throw Error(ErrorKind::data,
              fmt::format("{} pixels: {} bytes, where {} labels of {}x{}x{} images need {}", what,
                          pixels.size(), labels.size(), set.height, set.width, set.channels,
                          labels.size() * image));
}

}  // namespace

Split split(const ImageSet& set) {
  const size_t image = static_cast<size_t>(set.channels) * set.height * set.width;
  const size_t held_out = std::min(kValidationImages, set.train_labels.size() / 12);
  const std::span<const uint8_t> pixels = set.train_pixels;
  const std::span<const uint8_t> labels = set.train_labels;
  return {.training = {pixels.subspan(held_out * image), labels.subspan(held_out)},
          .validation = {pixels.first(held_out * image), labels.first(held_out)}};
}

ImageSet checked(ImageSet set) {
  if (set.height < 1 || set.width < 1 || set.channels < 1 || set.train_labels.empty()) {
    throw Error(ErrorKind::data,
                fmt::format("{} training images of {}x{} pixels and {} channels; at least one of "
                            "each is needed",
                            set.train_labels.size(), set.height, set.width, set.channels));
  }
  if (set.height > kMaxSide || set.width > kMaxSide || set.channels > kMaxChannels) {
    throw Error(ErrorKind::data,
                fmt::format("images of {}x{} pixels and {} channels; at most {}x{} pixels and {} "
                            "channels are taken",
                            set.height, set.width, set.channels, kMaxSide, kMaxSide, kMaxChannels));
  }
  require_whole(set, "training", set.train_pixels, set.train_labels);
  require_whole(set, "test", set.test_pixels, set.test_labels);
  set.classes = count_classes(set.train_labels);
  if (set.classes < 2) {
    throw Error(ErrorKind::data,
                "all training images are of class 0; at least 2 classes are needed");
  }
  for (size_t i = 0; i < set.test_labels.size(); ++i) {
    if (set.test_labels[i] < set.classes) continue;
    throw Error(ErrorKind::data,
                fmt::format("test label {} is {}; the training images have classes 0 to {}", i,
                            set.test_labels[i], set.classes - 1));
  }
  Sha256 hash;
  for (const auto* bytes :
       {&set.train_pixels, &set.train_labels, &set.test_pixels, &set.test_labels}) {
    hash.add(*bytes);
  }
  set.checksum = hash.hex();
  return set;
}

}  // namespace sweetspot::data
