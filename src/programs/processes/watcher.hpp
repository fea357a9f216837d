// What runs in the process that watches a trial's program (trial_process.hpp). After a fork it
// calls nothing but what is safe there (signal-safety(7)).
#pragma once

#include <cstdint>

namespace sweetspot::programs {

struct WatchedProgram {
  char* const* arguments;
  char* const* environment;
  int grace_milliseconds;
  bool stops_group;
  uint64_t open_files;  // that the program may have; 0: as many as this process
  int lifeline;         // kStopWord comes from here, or its end
  int status;           // a ProcessEnd goes there
  int output;           // of the program
  int errors;
};

constexpr char kStopWord = 's';

// Starts the program, watches it, and exits.
[[noreturn]] void watch(const WatchedProgram& program);

}  // namespace sweetspot::programs
