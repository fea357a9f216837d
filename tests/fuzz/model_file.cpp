// A model file of any text: a network, or refused.
#include "models/model_file.hpp"

#include <cstdint>

#include "models/layers.hpp"
#include "sweetspot/error.hpp"
#include "train/stages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  try {
    const models::Model model =
        models::parse_model("fuzz.toml", {reinterpret_cast<const char*>(bytes), size});
    const train::Network network = models::network_of(model, 1.5, {1, 12, 12}, 10);
    train::operations_per_step(train::stages_of(network), 10);
  } catch (const Error&) {
  }
  return 0;
}
