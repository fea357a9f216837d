// A snapshot of any bytes: read or refused.
#include "train/snapshot.hpp"

#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  try {
    sweetspot::train::snapshot_from_bytes({bytes, bytes + size});
  } catch (const sweetspot::Error&) {
  }
  return 0;
}
