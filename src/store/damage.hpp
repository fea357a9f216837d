// What is thrown of a study that is not as it was written. Thread-safety: immutable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sweetspot/error.hpp"

namespace sweetspot::store {

class Damage final : public Error {
 public:
  // `store` and `part`: where; `what`: a sentence without its end, as "its curve is not what was
  // written".
  Damage(const std::string& store, const std::string& part, std::optional<int64_t> trial,
         const std::string& what);

  // None where it is about the part as a whole.
  const std::optional<int64_t>& trial() const { return trial_; }
  const std::string& what_is_wrong() const { return what_; }

 private:
  std::optional<int64_t> trial_;
  std::string what_;
};

}  // namespace sweetspot::store
