// A compressed snapshot of any bytes: unpacked or refused. Any bytes that are packed come back.
#include "store/snapshot_box.hpp"

#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot::store;
  const std::vector<uint8_t> given(bytes, bytes + size);
  try {
    unpacked(given);
  } catch (const sweetspot::Error&) {
  }
  if (unpacked(packed(given)) != given) __builtin_trap();
  return 0;
}
