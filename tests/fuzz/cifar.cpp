// A CIFAR-10 batch of any bytes: parsed or refused.
#include "data/cifar.hpp"
#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  try {
    sweetspot::data::parse_cifar_batch("fuzz", {bytes, bytes + size});
  } catch (const sweetspot::Error&) {
  }
  return 0;
}
