// SVG to PNG, by librsvg. Thread-safety: pure function.
#pragma once

#include <string>

namespace sweetspot::report {

// The bytes of a PNG at `scale` pixels to an SVG pixel. Throws Error (system).
std::string png_of(const std::string& svg, double scale);

}  // namespace sweetspot::report
