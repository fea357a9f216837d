// What may hold the secrets of a connection: texts that name a store, and variables of the
// environment. Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::store {

// Whether it is what PostgreSQL's library takes beside URLs, "host=db user=tuner password=..", or a
// URL of its that misses its slashes.
bool is_connection_string(std::string_view text);

// The variables that PostgreSQL's library finds credentials by.
const std::vector<std::string>& credential_variables();

}  // namespace sweetspot::store
