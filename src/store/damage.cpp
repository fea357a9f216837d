#include "store/damage.hpp"

#include <fmt/format.h>

namespace sweetspot::store {
namespace {

std::string sentence(const std::string& store, const std::string& part,
                     const std::optional<int64_t>& trial, const std::string& what) {
  if (!trial.has_value()) {
    return fmt::format("{}: part '{}' is damaged: {}; 'sweetspot verify' names all that is damaged",
                       store, part, what);
  }
  return fmt::format(
      "{}: trial {} of part '{}' is damaged: {}; 'sweetspot verify' names all that "
      "is damaged, and --skip-damaged reads the rest",
      store, *trial, part, what);
}

}  // namespace

Damage::Damage(const std::string& store, const std::string& part, std::optional<int64_t> trial,
               const std::string& what)
    : Error(ErrorKind::study, sentence(store, part, trial, what)), trial_(trial), what_(what) {}

}  // namespace sweetspot::store
