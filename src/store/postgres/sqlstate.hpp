// What an error of a PostgreSQL server stands for, by its code (SQLSTATE), which is the same in
// every language. Thread-safety: a free function, safe from any thread.
#pragma once

#include <string_view>

namespace sweetspot::store {

enum class SqlTrouble {
  conflict,      // another transaction was in the way: the same work, at once
  lost,          // the connection, or what it led to: the same work over a new one, later
  out_of_means,  // disk, memory, connections: later
  interrupted,   // somebody or a time limit ended the statement, or a lock was not to be had: later
  other_schema,  // tables that are not ours
  no_right,
  lasting,  // trying again would not help
};

SqlTrouble trouble_of(std::string_view state);

}  // namespace sweetspot::store
