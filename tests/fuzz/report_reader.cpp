// What a user's program writes, in pieces of any size; and its command.
#include <cstdint>
#include <string_view>

#include "programs/argument_template.hpp"
#include "programs/reports/report_reader.hpp"
#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sweetspot;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t piece = size > 0 ? data[0] % 64 + 1 : 1;
  static const programs::MetricPattern pattern(R"(step (?<step>\d+).*acc=(?<accuracy>[^ ]+))");
  programs::LogTail log;
  programs::ReportReader reader(&pattern, log);
  for (size_t at = 0; at < size; at += piece) reader.read(text.substr(at, piece));
  if (size % 2 == 0) reader.finish();
  reader.cut();
  log.last(10);
  for (const bool shell : {false, true}) {
    try {
      programs::typed(programs::ArgumentTemplate(text, shell).filled({{"a", 1.0}}));
    } catch (const Error&) {
    }
  }
  return 0;
}
