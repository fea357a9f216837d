// An IDX file, plain or gzipped, of any bytes: parsed or refused.
#include "data/idx.hpp"

#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  for (const int dimensions : {1, 3}) {
    try {
      sweetspot::data::parse_idx("fuzz", {bytes, bytes + size}, {dimensions, dimensions + 1});
    } catch (const sweetspot::Error&) {
    }
  }
  return 0;
}
