#include "sweetspot/network.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::train {

std::string text_of(const ImageShape& shape) {
  return fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
}

std::string text_of(const Layer& layer) {
  switch (layer.kind) {
    case LayerKind::conv:
      return fmt::format("conv {0}x{0}, {1} filters, {2} padding", layer.kernel, layer.size,
                         layer.padding == Padding::same ? "same" : "valid");
    case LayerKind::maxpool:
      return fmt::format("maxpool {0}x{0}", layer.size);
    case LayerKind::dense:
      return fmt::format("dense {}", layer.size);
    case LayerKind::dropout:
      return fmt::format("dropout {}", shortest(layer.rate));
    case LayerKind::flatten:
      return "flatten";
    default:
      return "relu";
  }
}

Network scaled(Network network, double width) {
  if (!(width > 0) || !std::isfinite(width)) {
    throw Error(ErrorKind::usage, fmt::format("width {}: must be above 0 and finite", width));
  }
  for (Layer& layer : network.layers) {
    if (layer.kind != LayerKind::conv) continue;
    const double filters = std::floor(layer.size * width + 0.5);
    if (!(filters >= 1 && filters <= 4096)) {
      throw Error(ErrorKind::usage,
                  fmt::format("width {}: {} filters become {}; a layer needs 1 to 4096 filters",
                              shortest(width), layer.size, shortest(filters)));
    }
    layer.size = static_cast<int>(filters);
  }
  return network;
}

}  // namespace sweetspot::train
