// The files of models/, as the build puts them into the program. Thread-safety: constants.
#pragma once

#include <span>
#include <string_view>

namespace sweetspot::models {

struct ShippedModel {
  std::string_view name;
  std::string_view text;
};

std::span<const ShippedModel> shipped_models();

}  // namespace sweetspot::models
