// A study file of any text: read or refused.
#include "cli/study_file.hpp"

#include <cstdint>

#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  sweetspot::cli::StudyRequest request =
      sweetspot::cli::default_request(sweetspot::study::Kind::sweep);
  try {
    sweetspot::cli::apply_study_text("fuzz", {reinterpret_cast<const char*>(bytes), size}, request);
  } catch (const sweetspot::Error&) {
  }
  return 0;
}
