// Layers in a word each, for networks that tests make up.
#pragma once

#include "sweetspot/network.hpp"

namespace sweetspot::testing_support {

inline train::Layer conv(int filters, int kernel, train::Padding padding = train::Padding::same) {
  return {.kind = train::LayerKind::conv, .size = filters, .kernel = kernel, .padding = padding};
}
inline train::Layer relu() {
  return {.kind = train::LayerKind::relu};
}
inline train::Layer pool(int size) {
  return {.kind = train::LayerKind::maxpool, .size = size};
}
inline train::Layer drop(double rate) {
  return {.kind = train::LayerKind::dropout, .rate = rate};
}
inline train::Layer dense(int units) {
  return {.kind = train::LayerKind::dense, .size = units};
}
inline train::Layer flatten() {
  return {.kind = train::LayerKind::flatten};
}

}  // namespace sweetspot::testing_support
