#include "report/all_parts.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "store/sqlite_store.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::report {

std::vector<Summary> all_parts(const std::string& file) {
  std::vector<Summary> parts;
  const auto names = store::open_sqlite(file, store::Access::read)->parts();
  for (const std::string& name : names) {
    parts.push_back(summarize(*store::open_sqlite(file, store::Access::read, name)));
  }
  if (parts.empty()) {
    throw Error(ErrorKind::study, fmt::format("{}: holds no study yet", file));
  }
  return parts;
}

std::vector<Summary> chosen_parts(std::vector<Summary> parts, const std::string& name) {
  if (name.empty()) return parts;
  std::vector<std::string> known;
  for (Summary& part : parts) {
    known.push_back(part.part);
    if (known.back() == name) return {std::move(part)};
  }
  throw Error(ErrorKind::usage, unknown_name("part of this study", name, known));
}

}  // namespace sweetspot::report
