// SVG to PNG, by librsvg. Thread-safety: pure function.
#pragma once

#include <string>

namespace sweetspot::report {

// The bytes of a PNG at `scale` pixels to an SVG pixel, or at fewer where it were larger than
// images can be. Throws Error (system).
std::string png_of(const std::string& svg, double scale);

}  // namespace sweetspot::report
