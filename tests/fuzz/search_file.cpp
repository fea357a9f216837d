// The study file of a search, of any text: read or refused. What is read survives the way into a
// study and back.
#include <cstdint>

#include "cli/study_file.hpp"
#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  cli::StudyRequest request = cli::default_request(study::Kind::tune);
  try {
    cli::apply_study_text("fuzz", {reinterpret_cast<const char*>(bytes), size}, request);
    cli::settle(request);
  } catch (const Error&) {
    return 0;
  }
  study::SearchSettings kept = request.settings.search;
  // A population's numbers are kept with a population only.
  if (!study::is_population(kept)) kept.population = {};
  if (study::search_settings_from_json(study::to_json(kept)) != kept) __builtin_trap();
  return 0;
}
