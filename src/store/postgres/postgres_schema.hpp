// The tables on a PostgreSQL server, in a schema of their own, `sweetspot`.
// Thread-safety: one thread at a time a connection.
#pragma once

#include <string>

#include "store/postgres/postgres_sql.hpp"
#include "store/study_store.hpp"

namespace sweetspot::store {

// Throws Error (usage): what libpq cannot read, or a password, which would be seen by all who list
// processes.
void require_url_without_password(const std::string& url);

// Makes the tables where they are missing, and rewrites those of an older layout, unless they are
// only read. Throws Error (study) for tables that are foreign, newer or not all there, or while
// workers of an older layout train. Gives the layout that there is.
int prepare_server(PostgresSql& sql, Access access);

}  // namespace sweetspot::store
