/// \file
/// A config: one value for each active parameter of a space. Thread-safety: plain values.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "sweetspot/export.hpp"

namespace sweetspot::space {

/// A categorical parameter's choice, or a number.
using Value = std::variant<double, std::string>;

/// By parameter name. Ordered, so that equal configs have equal text.
using Config = std::map<std::string, Value>;

SWEETSPOT_API std::string text_of(const Value& value);

/// "learning_rate=0.001,optimizer=adam".
SWEETSPOT_API std::string text_of(const Config& config);

/// A number, or a choice, of a config. Throw Error (usage) where the config has no such number or
/// choice.
SWEETSPOT_API double number_in(const Config& config, const std::string& parameter);
SWEETSPOT_API const std::string& choice_in(const Config& config, const std::string& parameter);

}  // namespace sweetspot::space
