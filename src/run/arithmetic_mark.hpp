// What numbers come out of the trainer here, in short: two machines with the same mark train the
// same trial to the same bits. Thread-safety: pure function.
#pragma once

#include <string>

namespace sweetspot::run {

// A hash of what each optimizer makes of a small network in a few steps; takes milliseconds.
std::string arithmetic_mark();

}  // namespace sweetspot::run
