// A whole Optuna file of any bytes: imported, and shown and drawn as a study, or refused.
#include <cstdint>
#include <fstream>

#include "exchange/optuna_file.hpp"
#include "exchange/optuna_import.hpp"
#include "fuzz/study_steps.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  const std::filesystem::path file = fuzz::own_folder() / "optuna.db";
  const std::filesystem::path taken = fuzz::own_folder() / "taken.db";
  fuzz::remove_database(file);
  fuzz::remove_database(taken);
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  try {
    const exchange::ReadOptuna read = exchange::read_optuna(file);
    exchange::import_study(read.study, *store::open_sqlite(taken, store::Access::train, "tune"));
  } catch (const Error&) {
    return 0;
  }
  // What was taken can be read: all that is refused is refused before.
  if (report::all_parts({taken.string(), ""}).empty()) __builtin_trap();
  fuzz::read_study(taken, size > 0 && bytes[size - 1] % 8 == 0);
  return 0;
}
