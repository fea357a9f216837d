#include "train/dropout.hpp"

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace sweetspot::train {
namespace {

constexpr size_t kUnitsPerDraw = 8;

void draw_for(const DropoutKey& key, LaneMask lane_bits, uint32_t layer, uint32_t threshold,
              std::span<LaneMask> kept) {
  for (size_t first = 0; first < kept.size(); first += kUnitsPerDraw) {
    const auto words = random_words(key.seed, Purpose::dropout, layer, key.step,
                                    static_cast<uint32_t>(first / kUnitsPerDraw));
    const size_t count = std::min(kUnitsPerDraw, kept.size() - first);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t bits = (words[i / 2] >> (16 * (i % 2))) & 0xFFFFU;
      kept[first + i] =
          static_cast<LaneMask>(kept[first + i] | (bits >= threshold ? lane_bits : 0));
    }
  }
}

}  // namespace

void draw_dropout(const DropoutKeys& lanes, uint32_t layer, double rate, std::span<LaneMask> kept) {
  std::fill(kept.begin(), kept.end(), LaneMask{0});
  const auto threshold = static_cast<uint32_t>(std::lround(rate * 65536));
  unsigned drawn = 0;
  for (size_t lane = 0; lane < lanes.size(); ++lane) {
    if (!lanes[lane].has_value() || (drawn >> lane & 1U) != 0) continue;
    unsigned same = 0;
    for (size_t other = lane; other < lanes.size(); ++other) {
      if (lanes[other] == lanes[lane]) same |= 1U << other;
    }
    drawn |= same;
    draw_for(*lanes[lane], static_cast<LaneMask>(same), layer, threshold, kept);
  }
}

}  // namespace sweetspot::train
