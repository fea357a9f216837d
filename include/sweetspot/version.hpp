/// \file
/// Which sweetspot it is. Thread-safety: pure function.
#pragma once

#include "sweetspot/export.hpp"

namespace sweetspot {

/// Of the library that the program runs with, as "0.2.0".
SWEETSPOT_API const char* version() noexcept;

}  // namespace sweetspot
