// The tables that every store has (docs/study-format.md), and their layout's number.
// Thread-safety: one thread at a time a connection.
#pragma once

#include <string>

#include "store/sql.hpp"

namespace sweetspot::store {

// The layout that this program writes; a store with a higher number is refused.
constexpr int kLayout = 5;
constexpr int kFirstWithDigests = 5;  // and identities

// How a dialect writes what they do not write alike.
struct SchemaWords {
  const char* id;      // a number that the database gives out
  const char* bytes;   // a type
  const char* by_key;  // at the end of a table whose rows lie in the order of their key
};

// The statements that make them, as SQLite keeps them.
std::vector<std::string> table_statements(const SchemaWords& words);

void create_tables(Sql& sql, const SchemaWords& words);

// Before a rewrite: workers of an older program would go on writing as its layout wants it. Throws
// Error (study) while there are any; no other can write again.
void end_older_workers(Sql& sql);

// What older layouts have not: an identity for each study, and digests of all rows.
void write_what_is_new(Sql& sql);

}  // namespace sweetspot::store
