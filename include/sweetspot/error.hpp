/// \file
/// The project's one way of errors: what a caller can do nothing about, or a user has to mend, is
/// thrown as Error with one line that says what was wrong, where, and what would be right. Results
/// that are part of the work (a diverged training, say) are values, never errors.
/// Thread-safety: immutable after construction.
#pragma once

#include <stdexcept>
#include <string>

#include "sweetspot/export.hpp"

namespace sweetspot {

/// What kind of thing went wrong; the program's exit code follows from it (docs/exit-codes.md).
enum class ErrorKind {
  usage = 2,   ///< an argument, a study file's key or value
  data = 3,    ///< a data set that is missing, damaged or of another form
  study = 4,   ///< a study file that is foreign, newer, different or in use
  system = 5,  ///< disk full, no permission, no memory
};

class SWEETSPOT_API Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

}  // namespace sweetspot
