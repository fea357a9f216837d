#include "data/image_folder.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/read_file.hpp"
#include "data/cifar.hpp"
#include "data/gzip.hpp"
#include "data/idx.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> plain_or_gzipped(const fs::path& folder, const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    fs::path file = folder / (name + ending);
    if (fs::is_regular_file(file)) return file;
  }
  return std::nullopt;
}

fs::path find_file(const fs::path& folder, const std::string& name) {
  if (const std::optional<fs::path> file = plain_or_gzipped(folder, name); file.has_value()) {
    return *file;
  }
  throw Error(ErrorKind::data,
              fmt::format("{}: no {} or {}.gz in this folder", folder.string(), name, name));
}

ImageSet checked_folder(ImageSet set, const fs::path& folder) {
  try {
    return checked(std::move(set));
  } catch (const Error& error) {
    throw Error(ErrorKind::data, fmt::format("{}: {}", folder.string(), error.what()));
  }
}

struct IdxPart {
  IdxArray images;  // [image][y][x][channel]
  IdxArray labels;
};

IdxPart read_idx_part(const fs::path& folder, const std::string& prefix) {
  const fs::path image_file = find_file(folder, prefix + "-images-idx3-ubyte");
  const fs::path label_file = find_file(folder, prefix + "-labels-idx1-ubyte");
  IdxPart part = {read_idx(image_file, {3, 4}), read_idx(label_file, {1, 1})};
  if (part.images.sizes[0] != part.labels.sizes[0]) {
    throw Error(ErrorKind::data,
                fmt::format("{}: {} images, but {} has {} labels", image_file.string(),
                            part.images.sizes[0], label_file.string(), part.labels.sizes[0]));
  }
  part.images.sizes.resize(4, 1);
  return part;
}

std::string batch_name(int number) {
  return fmt::format("data_batch_{}.bin", number);
}

void add_batch(const fs::path& file, std::vector<uint8_t>& pixels, std::vector<uint8_t>& labels) {
  const CifarBatch batch = parse_cifar_batch(file.string(), gunzip(file.string(), read_file(file)));
  pixels.insert(pixels.end(), batch.pixels.begin(), batch.pixels.end());
  labels.insert(labels.end(), batch.labels.begin(), batch.labels.end());
}

}  // namespace

ImageSet read_idx_folder(const std::string& name, const fs::path& folder) {
  IdxPart train = read_idx_part(folder, "train");
  IdxPart test = read_idx_part(folder, "t10k");
  const auto shape = [](const IdxPart& part) {
    return fmt::format("{}x{}x{}", part.images.sizes[1], part.images.sizes[2],
                       part.images.sizes[3]);
  };
  if (shape(train) != shape(test)) {
    throw Error(ErrorKind::data, fmt::format("{}: training images are {}, test images {}",
                                             folder.string(), shape(train), shape(test)));
  }
  constexpr uint32_t kMost = 1 << 20;  // far more than checked() lets pass
  ImageSet set;
  set.name = name;
  set.height = static_cast<int>(std::min(train.images.sizes[1], kMost));
  set.width = static_cast<int>(std::min(train.images.sizes[2], kMost));
  set.channels = static_cast<int>(std::min(train.images.sizes[3], kMost));
  set.train_pixels = std::move(train.images.bytes);
  set.train_labels = std::move(train.labels.bytes);
  set.test_pixels = std::move(test.images.bytes);
  set.test_labels = std::move(test.labels.bytes);
  return checked_folder(std::move(set), folder);
}

ImageSet read_cifar_folder(const std::string& name, const fs::path& folder) {
  ImageSet set;
  set.name = name;
  set.channels = kCifarChannels;
  set.height = kCifarSide;
  set.width = kCifarSide;
  int batches = 0;
  while (const auto file = plain_or_gzipped(folder, batch_name(batches + 1))) {
    add_batch(*file, set.train_pixels, set.train_labels);
    ++batches;
  }
  // A batch that is not there would go unnoticed where a later one is.
  constexpr int kMostBatches = 100;
  for (int later = batches + 2; later <= kMostBatches; ++later) {
    if (batches == 0 || plain_or_gzipped(folder, batch_name(later)).has_value()) {
      find_file(folder, batch_name(batches + 1));
    }
  }
  add_batch(find_file(folder, "test_batch.bin"), set.test_pixels, set.test_labels);
  return checked_folder(std::move(set), folder);
}

ImageSet read_image_folder(const std::string& name, const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw Error(ErrorKind::data, fmt::format("{}: is not a folder", folder.string()));
  }
  if (plain_or_gzipped(folder, "test_batch.bin") || plain_or_gzipped(folder, batch_name(1))) {
    return read_cifar_folder(name, folder);
  }
  if (!plain_or_gzipped(folder, "train-images-idx3-ubyte")) {
    throw Error(ErrorKind::data,
                fmt::format("{}: neither train-images-idx3-ubyte (IDX) nor data_batch_1.bin "
                            "(CIFAR-10), plain or .gz, is in this folder",
                            folder.string()));
  }
  return read_idx_folder(name, folder);
}

}  // namespace sweetspot::data
