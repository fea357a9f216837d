#include "space/config_key.hpp"

#include <fmt/format.h>

namespace sweetspot::space {

std::string key_of(const Config& config) {
  // The text first, for its order; then where its parts lie, and which are numbers.
  std::string key = text_of(config) + '\n';
  for (const auto& [name, value] : config) {
    const auto* choice = std::get_if<std::string>(&value);
    key += fmt::format("{},{}{};", name.size(), choice == nullptr ? "n" : "t",
                       choice == nullptr ? 0 : choice->size());
  }
  return key;
}

}  // namespace sweetspot::space
