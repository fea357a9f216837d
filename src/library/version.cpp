#include "sweetspot/version.hpp"

#include "version.hpp"

namespace sweetspot {

const char* version() noexcept {
  return kVersion;
}

}  // namespace sweetspot
