// A space file of any text: read or refused. What is read can be searched, and reads back the same
// when written.
#include "space/space_file.hpp"

#include <cstdint>

#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  std::optional<space::Space> space;
  try {
    space.emplace(space::parse_space("fuzz", {reinterpret_cast<const char*>(bytes), size}));
  } catch (const Error&) {
    return 0;
  }
  for (const double unit : {0.0, 0.37, 1.0}) {
    space->point_of(space->config_at(std::vector<double>(space->size(), unit)));
  }
  const std::string written = space::to_toml(space->parameters());
  if (space::Space(space::parse_space("written", written)) != *space) __builtin_trap();
  return 0;
}
