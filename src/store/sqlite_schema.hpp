// The layout of the study file, and how older layouts are read and brought up to it.
// Thread-safety: one thread at a time a database.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

namespace sweetspot::store {

// "SWSP": tells a study from any other SQLite file.
constexpr int kApplicationId = 0x53575350;

// In a file that is empty.
void create_schema(SQLite::Database& database);

// Rewrites a file of an older layout, in one transaction.
void upgrade_schema(SQLite::Database& database, int layout);

// Lets this connection read a file of an older layout as if it had been rewritten; the file stays
// as it is.
void read_as_upgraded(SQLite::Database& database, int layout);

}  // namespace sweetspot::store
