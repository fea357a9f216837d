// The tables that every store has (docs/study-format.md), and their layout's number.
// Thread-safety: one thread at a time a connection.
#pragma once

#include <string>

#include "store/sql.hpp"

namespace sweetspot::store {

// The layout that this program writes; a store with a higher number is refused.
constexpr int kLayout = 4;

// How a dialect writes what they do not write alike.
struct SchemaWords {
  const char* id;      // a number that the database gives out
  const char* bytes;   // a type
  const char* by_key;  // at the end of a table whose rows lie in the order of their key
};

void create_tables(Sql& sql, const SchemaWords& words);

}  // namespace sweetspot::store
