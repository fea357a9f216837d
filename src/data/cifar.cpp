#include "data/cifar.hpp"

#include <fmt/format.h>

#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

constexpr size_t kPlane = static_cast<size_t>(kCifarSide) * kCifarSide;
constexpr size_t kPixels = kPlane * kCifarChannels;
constexpr size_t kRecord = 1 + kPixels;
constexpr uint8_t kLargestLabel = 9;

}  // namespace

CifarBatch parse_cifar_batch(const std::string& name, const std::vector<uint8_t>& bytes) {
  if (bytes.empty()) {
    throw Error(ErrorKind::data, name + ": is empty; CIFAR-10 records were expected");
  }
  if (bytes.size() % kRecord != 0) {
    throw Error(
        ErrorKind::data,
        fmt::format("{}: {} bytes are no whole number of records of {} bytes: {} are left "
                    "after {} records",
                    name, bytes.size(), kRecord, bytes.size() % kRecord, bytes.size() / kRecord));
  }
  const size_t images = bytes.size() / kRecord;
  CifarBatch batch;
  batch.labels.resize(images);
  batch.pixels.resize(images * kPixels);
  for (size_t image = 0; image < images; ++image) {
    const uint8_t* record = bytes.data() + image * kRecord;
    if (record[0] > kLargestLabel) {
      throw Error(ErrorKind::data, fmt::format("{}: record {} has label {}; labels are 0 to {}",
                                               name, image, record[0], kLargestLabel));
    }
    batch.labels[image] = record[0];
    uint8_t* pixels = batch.pixels.data() + image * kPixels;
    for (size_t place = 0; place < kPlane; ++place) {
      for (size_t channel = 0; channel < kCifarChannels; ++channel) {
        pixels[place * kCifarChannels + channel] = record[1 + channel * kPlane + place];
      }
    }
  }
  return batch;
}

}  // namespace sweetspot::data
