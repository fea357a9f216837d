// The layouts of a study file: making the newest, and reading or rewriting older ones.
// Thread-safety: one thread at a time a database.
#pragma once

#include "store/sqlite/sqlite_sql.hpp"

namespace sweetspot::store {

constexpr int kApplicationId = 0x53575350;  // "SWSP"

// Throws Error (study) unless the tables of that layout are there, as plain tables.
void require_tables(SqliteSql& sql, int layout);

// What SQLite finds wrong with the file, a line each, the first hundred.
std::vector<std::string> wrong_with_structure(SqliteSql& sql);

// Both in one transaction, and nothing where another process came first.
void create_schema(SqliteSql& sql);
// Throws Error (study) while workers of the older layout train.
void upgrade_schema(SqliteSql& sql);

// Lets this connection read an older layout as the newest, and leaves the file as it is.
void read_as_upgraded(SqliteSql& sql, int layout);

}  // namespace sweetspot::store
