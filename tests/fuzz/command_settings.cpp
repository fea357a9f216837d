// The settings of a program of one's own as JSON, of any text: read or refused. What is read reads
// back the same.
#include "study/command_settings.hpp"

#include <cstdint>

#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  study::CommandSettings settings;
  try {
    settings = study::command_settings_from_json({reinterpret_cast<const char*>(bytes), size});
  } catch (const Error&) {
    return 0;
  }
  study::keys_toml(settings);
  study::grid_toml(settings);
  if (study::command_settings_from_json(study::to_json(settings)) != settings) __builtin_trap();
  return 0;
}
