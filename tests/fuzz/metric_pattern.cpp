// A pattern for metrics, its first line, and lines to match it with.
#include <cstdint>

#include "programs/reports/report_reader.hpp"
#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace sweetspot;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const size_t end = std::min(text.find('\n'), text.size());
  try {
    const programs::MetricPattern pattern{std::string(text.substr(0, end))};
    programs::LogTail log;
    programs::ReportReader reader(&pattern, log);
    reader.read(text.substr(end));
    reader.finish();
  } catch (const Error&) {
  }
  return 0;
}
