// The figures' script with any JSON: it draws, or says that it cannot.
#include <cstdint>

#include "report/figures.hpp"
#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  static report::FigureScript script;
  const std::string json(reinterpret_cast<const char*>(bytes), size);
  for (const char* part : {"sweep", "size", "trace", "tune"}) {
    try {
      for (const std::string& name : script.names(part, json)) script.svg(name, json);
    } catch (const Error&) {
    }
  }
  return 0;
}
