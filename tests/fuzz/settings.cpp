// A study's settings as JSON, of any text: read or refused. What is read survives the way into a
// study and back.
#include "study/settings.hpp"

#include <cstdint>

#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  study::Settings settings;
  try {
    settings = study::settings_from_json({reinterpret_cast<const char*>(bytes), size});
  } catch (const Error&) {
    return 0;
  }
  study::to_toml(settings);
  const std::string written = study::to_json(settings);
  if (study::to_json(study::settings_from_json(written)) != written) __builtin_trap();
  if (!study::difference(settings, settings).empty()) __builtin_trap();
  return 0;
}
