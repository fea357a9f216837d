#include "store/postgres/credentials.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sweetspot::store {
namespace {

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

std::string lower(std::string_view text) {
  std::string low(text);
  for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return low;
}

}  // namespace

bool is_connection_string(std::string_view text) {
  constexpr std::array<std::string_view, 14> kKeys = {
      "host",    "hostaddr", "port",    "dbname", "user",        "password",    "passfile",
      "service", "sslmode",  "sslcert", "sslkey", "sslpassword", "sslrootcert", "options"};
  const std::string low = lower(text);
  const std::string_view all = low;
  for (const std::string_view kind : {"postgresql:", "postgres:"}) {
    if (all.starts_with(kind) && !all.substr(kind.size()).starts_with("//")) return true;
  }
  for (size_t equals = all.find('='); equals != std::string_view::npos;
       equals = all.find('=', equals + 1)) {
    size_t end = equals;
    while (end > 0 && is_blank(all[end - 1])) --end;
    size_t begin = end;
    while (begin > 0 && std::isalpha(static_cast<unsigned char>(all[begin - 1])) != 0) --begin;
    const bool is_word = begin == 0 || is_blank(all[begin - 1]) || all[begin - 1] == '\'';
    const std::string_view key = all.substr(begin, end - begin);
    if (is_word && std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end()) return true;
  }
  return false;
}

const std::vector<std::string>& credential_variables() {
  static const std::vector<std::string> names = {"PGPASSWORD",    "PGPASSFILE",   "PGSERVICE",
                                                 "PGSERVICEFILE", "PGSYSCONFDIR", "PGSSLCERT",
                                                 "PGSSLKEY",      "PGSSLPASSWORD"};
  return names;
}

}  // namespace sweetspot::store
