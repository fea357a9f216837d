#include "cli/all_parts.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "store/sqlite_store.hpp"

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

std::vector<report::Summary> chosen_parts(std::vector<report::Summary> parts,
                                          const std::string& name) {
  if (name.empty()) return parts;
  std::vector<std::string> known;
  for (report::Summary& part : parts) {
    known.push_back(part.part);
    if (known.back() == name) return {std::move(part)};
  }
  throw Error(ErrorKind::usage, unknown_name("part of this study", name, known));
}

}  // namespace sweetspot::cli
