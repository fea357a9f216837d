// What numbers come out of the trainer here, in short: two machines with the same mark train the
// same trial to the same bits. Thread-safety: pure function.
#pragma once

#include <string>
#include <string_view>

namespace sweetspot::cohorts {

// A hash of what each optimizer makes of a small network in a few steps; takes milliseconds.
std::string arithmetic_mark();
// The same to compare with one that a study has, which may be of the older form, of eight
// optimizers.
std::string arithmetic_mark_like(std::string_view kept);

}  // namespace sweetspot::cohorts
