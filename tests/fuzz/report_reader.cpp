// What a user's program writes, in pieces of any size; and its command.
#include <cstdint>
#include <string_view>

#include "command/argument_template.hpp"
#include "command/report_reader.hpp"
#include "sweetspot/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sweetspot;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t piece = size > 0 ? data[0] % 64 + 1 : 1;
  static const command::MetricPattern pattern(R"(step (?<step>\d+).*acc=(?<accuracy>[^ ]+))");
  command::LogTail log;
  command::ReportReader reader(&pattern, log);
  for (size_t at = 0; at < size; at += piece) reader.read(text.substr(at, piece));
  if (size % 2 == 0) reader.finish();
  reader.cut();
  log.last(10);
  for (const bool shell : {false, true}) {
    try {
      command::typed(command::ArgumentTemplate(text, shell).filled({{"a", 1.0}}));
    } catch (const Error&) {
    }
  }
  return 0;
}
