// How the learning rate changes over a training: a factor of a config's learning rate for each
// step. Thread-safety: plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "train/schedules/cosine.hpp"
#include "train/schedules/exponential.hpp"
#include "train/schedules/one_cycle.hpp"
#include "train/schedules/rise.hpp"
#include "train/schedules/triangular.hpp"
#include "train/schedules/warm_up.hpp"

namespace sweetspot::train {

using SchedulePart =
    std::variant<ExponentialDecay, CosineRestarts, Triangular, WarmUp, OneCycle, Rise>;

// The product of its parts; none is a fixed rate.
struct Schedule {
  std::vector<SchedulePart> parts;

  // For the update number `step`, from 0; in [0, 1].
  double factor(uint64_t step) const;
  bool is_fixed() const { return parts.empty(); }
  // Steps until a warm-up, where there is one, has ended.
  uint64_t warm_up() const;
};

// "fixed", "cosine:period=2000,floor=0.1", "warm-up:steps=500+exponential". Numbers that are left
// out take their standard, or the budget. Throws Error (usage): an unknown schedule or number, with
// the nearest known one; a number out of its range.
Schedule parse_schedule(std::string_view text, uint64_t budget);

// With every number written out, so that it means the same whatever the budget.
std::string text_of(const Schedule& schedule);

// "fixed" and the names of the parts, each with its numbers and their standards, for people.
std::string schedules_help();

}  // namespace sweetspot::train
