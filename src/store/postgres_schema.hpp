// The tables on a PostgreSQL server, in a schema of their own, `sweetspot`.
// Thread-safety: one thread at a time a connection.
#pragma once

#include <string>

#include "store/postgres_sql.hpp"
#include "store/study_store.hpp"

namespace sweetspot::store {

// Throws Error (usage): what libpq cannot read, or a password, which would be seen by all who list
// processes.
void require_url_without_password(const std::string& url);

// Makes the tables where they are missing, unless it is only read. Throws Error (study) for tables
// that are foreign, newer or not all there.
void prepare_server(PostgresSql& sql, Access access);

}  // namespace sweetspot::store
