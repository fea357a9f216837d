// Any text as a distribution of Optuna's either are one or throw.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "exchange/optuna_distribution.hpp"
#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  try {
    sweetspot::exchange::distribution_of({reinterpret_cast<const char*>(bytes), size});
  } catch (const sweetspot::Error&) {
  } catch (const nlohmann::json::exception&) {
  }
  return 0;
}
