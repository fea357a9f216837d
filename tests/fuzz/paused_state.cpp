// What a study keeps of a trial that paused, of any bytes: read or refused. What is read reads back
// the same.
#include <cstdint>

#include "programs/checkpoints.hpp"
#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot::programs;
  PausedState state;
  try {
    state = paused_state_of({bytes, bytes + size});
  } catch (const sweetspot::Error&) {
    return 0;
  }
  const PausedState again = paused_state_of(to_bytes(state));
  if (again.checkpoint != state.checkpoint || again.seconds != state.seconds ||
      again.earlier != state.earlier || again.until != state.until) {
    __builtin_trap();
  }
  return 0;
}
