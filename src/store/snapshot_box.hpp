// Snapshots as stores keep them: compressed, with a SHA-256 of what went in, so that one that
// another machine wrote is whole or refused. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sweetspot::store {

std::vector<uint8_t> packed(std::span<const uint8_t> snapshot);

// Bytes that were never packed come back as they are: studies before layout 4 have such. Throws
// Error (study) for what is damaged.
std::vector<uint8_t> unpacked(std::span<const uint8_t> box);

}  // namespace sweetspot::store
