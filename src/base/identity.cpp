#include "base/identity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "sweetspot/error.hpp"

namespace sweetspot {

std::string drawn_identity() {
  std::array<uint8_t, 16> bytes;
  if (getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error(ErrorKind::system, "the operating system gives no random bytes (getentropy)");
  }
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

}  // namespace sweetspot
