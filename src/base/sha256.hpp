// SHA-256 of bytes, by OpenSSL. Thread-safety: one thread at a time an object.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace sweetspot {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) = delete;
  void add(std::span<const uint8_t> bytes);
  // Lower-case hexadecimal; ends the hash.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::span<const uint8_t> bytes);
// As a Content-Security-Policy writes it.
std::string sha256_base64(std::span<const uint8_t> bytes);

}  // namespace sweetspot
