// A whole study file of any bytes: shown, drawn, exported and trained again, or refused.
#include <cstdint>
#include <fstream>

#include "fuzz/study_steps.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  const std::filesystem::path file = fuzz::own_folder() / "study.db";
  fuzz::remove_database(file);
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  // Drawing takes longer than all else.
  fuzz::read_study(file, size > 0 && bytes[size - 1] % 8 == 0);
  return 0;
}
