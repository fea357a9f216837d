// HTTPS by libcurl. Thread-safety: safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sweetspot::data {

// The bytes behind an address, or none and why. Gives up on a connection after 5 s, on a transfer
// that stalls for 20 s, and past 1 GiB.
std::optional<std::vector<uint8_t>> download(const std::string& address, std::string& why);

}  // namespace sweetspot::data
