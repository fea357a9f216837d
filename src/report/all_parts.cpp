#include "report/all_parts.hpp"

#include <fmt/format.h>

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

}  // namespace sweetspot::report
