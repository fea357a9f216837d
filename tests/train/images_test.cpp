#include "train/images.hpp"

#include <gtest/gtest.h>

#include <random>

namespace sweetspot::train {
namespace {

Network network_of(const ImageShape& shape, int kernel, Padding padding) {
  Network network{.input = shape, .classes = 3, .layers = {}};
  network.layers = {{.kind = LayerKind::conv, .size = 2, .kernel = kernel, .padding = padding},
                    {.kind = LayerKind::relu},
                    {.kind = LayerKind::maxpool, .size = 2},
                    {.kind = LayerKind::flatten},
                    {.kind = LayerKind::dense, .size = 3}};
  return network;
}

TEST(Images, HaveABorderOfZeros) {
  const std::vector<uint8_t> pixels = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<uint8_t> labels = {0, 1};
  const Images images(network_of({1, 2, 2}, 3, Padding::same), pixels, labels);
  const std::vector<uint8_t> second = {0, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0, 0, 0, 0};
  EXPECT_EQ(std::vector<uint8_t>(images.padded(1), images.padded(1) + 16), second);
  EXPECT_EQ(images.label(1), 1);
}

// Against a look at every pixel of every window.
TEST(Images, KnowWhichPlacesSeeInk) {
  for (const Padding padding : {Padding::same, Padding::valid}) {
    const ImageShape shape = {2, 12, 22};
    const Network network = network_of(shape, 3, padding);
    const ConvStage stage = stages_of(network).convolutions.front();
    constexpr size_t kImages = 20;
    std::vector<uint8_t> pixels(kImages * 2 * 12 * 22);
    std::mt19937 random(1);
    for (uint8_t& pixel : pixels) pixel = random() % 60 == 0 ? 200 : 0;
    const std::vector<uint8_t> labels(kImages, 0);
    const Images images(network, pixels, labels);
    const size_t row_bytes = (static_cast<size_t>(stage.out.width) + 7) / 8;
    for (uint32_t image = 0; image < kImages; ++image) {
      for (int y = 0; y < stage.out.height; ++y) {
        for (int x = 0; x < stage.out.width; ++x) {
          bool any = false;
          for (int dy = 0; dy < stage.kernel + 1; ++dy) {
            for (int dx = 0; dx < stage.kernel + 1; ++dx) {
              const int py = 2 * y + dy - stage.padding;
              const int px = 2 * x + dx - stage.padding;
              if (py < 0 || py >= 12 || px < 0 || px >= 22) continue;
              for (int c = 0; c < 2; ++c) {
                any =
                    any ||
                    pixels[((image * 12 + static_cast<size_t>(py)) * 22 + static_cast<size_t>(px)) *
                               2 +
                           static_cast<size_t>(c)] != 0;
              }
            }
          }
          const auto* bytes = reinterpret_cast<const uint8_t*>(images.inked(image));
          const uint8_t byte =
              bytes[static_cast<size_t>(y) * row_bytes + static_cast<size_t>(x) / 8];
          EXPECT_EQ(any, (byte >> (x % 8) & 1) != 0) << image << ' ' << y << ' ' << x;
        }
      }
    }
  }
}

}  // namespace
}  // namespace sweetspot::train
