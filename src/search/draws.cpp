#include "search/draws.hpp"

#include <cmath>
#include <numbers>

#include "base/random.hpp"

namespace sweetspot::search {

Draws::Draws(uint64_t seed, size_t trial) : seed_(seed), trial_(static_cast<uint32_t>(trial)) {}

uint32_t Draws::word() {
  if (left_ == 0) {
    words_ = random_words(seed_, Purpose::search, 0, trial_, block_++);
    left_ = words_.size();
  }
  return words_[--left_];
}

double Draws::uniform() {
  constexpr double kWords = 4294967296.0;
  return (word() + 0.5) / kWords;
}

double Draws::normal() {
  const double radius = std::sqrt(-2 * std::log(uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

size_t Draws::below(size_t count) {
  return static_cast<size_t>(uniform() * static_cast<double>(count));
}

}  // namespace sweetspot::search
