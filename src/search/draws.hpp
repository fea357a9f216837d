// A search's own random numbers: a stream for each trial that it proposes, by the study's seed and
// the trial's number, so that no proposal depends on who asked before. Thread-safety: one thread at
// a time an object.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sweetspot::search {

class Draws {
 public:
  Draws(uint64_t seed, size_t trial);

  uint32_t word();
  double uniform();  // in (0, 1)
  double normal();   // mean 0, deviation 1 (Box and Muller, 1958)
  size_t below(size_t count);

 private:
  uint64_t seed_;
  uint32_t trial_;
  uint32_t block_ = 0;
  size_t left_ = 0;
  std::array<uint32_t, 4> words_{};
};

}  // namespace sweetspot::search
