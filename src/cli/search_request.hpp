// What `sweetspot tune` can be asked for beside what all training commands can.
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "cli/study_request.hpp"

namespace CLI {
class App;
}

namespace sweetspot::cli {

struct SearchFlags {
  std::optional<std::string> method, space, objective, cost, optimizers, learning_rates;
  std::optional<int64_t> round;
  std::optional<std::string> exploit, explore, proxy;
  std::optional<int64_t> population, ready, validation_images;
};

void declare_search_flags(CLI::App& command, SearchFlags& flags);

// Throws Error (usage).
void apply_search_flags(const SearchFlags& flags, StudyRequest& request);

// A range of rates, "1e-6:100". Throws Error (usage): an end that is no positive number, a reversed
// or empty range.
space::LogUniform parse_rate_range(const std::string& text);

// The space of some optimizers and a range of rates, "1e-6:100".
std::vector<space::Parameter> space_of(const std::vector<std::string>& optimizers,
                                       const std::string& rates);

// What a space says of optimizers into the settings.
void set_space(std::vector<space::Parameter> parameters, study::Settings& settings);

}  // namespace sweetspot::cli
