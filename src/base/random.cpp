#include "base/random.hpp"

#include <Random123/philox.h>

namespace sweetspot {

std::array<uint32_t, 4> random_words(uint64_t seed, Purpose purpose, uint32_t layer, uint32_t step,
                                     uint32_t index) {
  r123::Philox4x32 philox;
  const r123::Philox4x32::ctr_type counter = {{index, step, static_cast<uint32_t>(purpose), layer}};
  const r123::Philox4x32::key_type key = {
      {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)}};
  const r123::Philox4x32::ctr_type words = philox(counter, key);
  return {words[0], words[1], words[2], words[3]};
}

}  // namespace sweetspot
