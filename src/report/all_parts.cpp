#include "report/all_parts.hpp"

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::report {

std::vector<Summary> all_parts(const store::Address& study, store::Damaged damaged) {
  std::vector<Summary> parts;
  const auto names = store::open_store(study, store::Access::read)->parts();
  for (const std::string& name : names) {
    parts.push_back(summarize(*store::open_store(study, store::Access::read, name, damaged)));
  }
  if (parts.empty()) {
    throw Error(ErrorKind::study, study.text() + ": holds no study yet");
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
