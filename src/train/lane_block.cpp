#include "train/lane_block.hpp"

#include "sweetspot/error.hpp"
#include "train/blocks.hpp"
#include "train/parameter_layout.hpp"
#include "train/stages.hpp"

namespace sweetspot::train {

size_t lanes_for(size_t trials, size_t threads) {
  constexpr size_t kEnough = 12;  // lanes of sixteen
  return has_vectors_of_16() && trials >= kEnough * threads ? 16 : 8;
}

std::unique_ptr<LaneBlock> make_lane_block(const Network& network, int batch_size,
                                           const Images& images, size_t lanes) {
  if (lanes >= 16 && has_vectors_of_16()) return make_block_of_16(network, batch_size, images);
  if (has_vectors_of_8()) return make_block_of_8(network, batch_size, images);
  throw Error(ErrorKind::system,
              "this processor lacks AVX2 and FMA, which the population trainer needs");
}

double lane_block_bytes(const Network& network, int batch_size, int slots, size_t lanes) {
  const size_t pixels =
      static_cast<size_t>(network.input.channels) * network.input.height * network.input.width;
  const std::vector<uint8_t> image(pixels);
  const std::vector<uint8_t> label(1);
  const Images one(network, image, label);
  const auto weights = static_cast<double>(ParameterLayout(stages_of(network)).storage_size());
  const auto block = make_lane_block(network, batch_size, one, lanes);
  const auto blocks = static_cast<double>(lanes) / static_cast<double>(block->lanes());
  return blocks * block->bytes() + weights * slots * static_cast<double>(lanes) * sizeof(float);
}

}  // namespace sweetspot::train
