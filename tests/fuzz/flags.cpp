// The texts that flags take, each parser with any text: read or refused. What has a text of its own
// reads back the same.
#include <cstdint>

#include "cli/search_request.hpp"
#include "cli/study_request.hpp"
#include "space/grid.hpp"
#include "study/settings.hpp"
#include "sweetspot/error.hpp"
#include "train/schedule.hpp"

namespace {

template <class Work>
void refused_or(Work&& work) {
  try {
    work();
  } catch (const sweetspot::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  refused_or([&] { space::parse_learning_rates(text); });
  refused_or([&] { space::parse_scales(text); });
  refused_or([&] { study::parse_cost(text, 8000); });
  refused_or([&] {
    study::CommandSettings command;
    study::add_grid_parameter(text, command);
    if (study::command_settings_from_json(study::to_json(command)) != command) __builtin_trap();
  });
  refused_or([&] {
    for (const study::TraceConfig& config : study::parse_configs(text)) {
      if (study::parse_configs(study::text_of(config)).front() != config) __builtin_trap();
    }
  });
  refused_or([&] {
    const study::Target target = study::parse_target(text);
    if (study::parse_target(study::text_of(target)) != target) __builtin_trap();
  });
  refused_or([&] {
    const study::Objective objective = study::parse_objective(text);
    if (study::parse_objective(study::text_of(objective)) != objective) __builtin_trap();
  });
  refused_or([&] {
    const std::string schedule = train::text_of(train::parse_schedule(text, 8000));
    if (train::text_of(train::parse_schedule(schedule, 8000)) != schedule) __builtin_trap();
  });
  refused_or([&] {
    cli::StudyRequest request = cli::default_request(study::Kind::sweep);
    cli::apply_number(text, request.settings);
  });
  return 0;
}
