// Defences against what a SQLite file that others made can hold beside its data: SQL that runs when
// it is read. Thread-safety: one thread at a time a database.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

namespace sweetspot::store {

// No view, trigger or function of the file's own runs, nothing but SQL changes it, and pages are
// checked as they are read. Before anything else is done with the database.
void defend(SQLite::Database& database);

// What in the place of that table is no table that only keeps what was written into it, as "a
// view"; empty where nothing is wrong. Throws SQLite::Exception.
std::string wrong_with_table(SQLite::Database& database, const std::string& table);

}  // namespace sweetspot::store
