#include "cli/all_parts.hpp"

#include <fmt/format.h>

#include "store/sqlite_store.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {

std::vector<report::Summary> all_parts(const std::string& file) {
  std::vector<report::Summary> parts;
  const auto names = store::open_sqlite(file, store::Access::read)->parts();
  for (const std::string& name : names) {
    parts.push_back(report::summarize(*store::open_sqlite(file, store::Access::read, name)));
  }
  if (parts.empty()) {
    throw Error(ErrorKind::study, fmt::format("{}: holds no study yet", file));
  }
  return parts;
}

}  // namespace sweetspot::cli
