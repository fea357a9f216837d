// Columns that hold JSON. Thread-safety: pure functions; a text that is not what it should be
// throws Error (study).
#pragma once

#include <string>
#include <vector>

#include "store/study_store.hpp"
#include "sweetspot/config.hpp"

namespace sweetspot::store {

std::string config_json(const space::Config& config);
space::Config config_of(const std::string& text);

std::string networks_json(const std::vector<NetworkSize>& networks);
std::vector<NetworkSize> networks_of(const std::string& text);

}  // namespace sweetspot::store
