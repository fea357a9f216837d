#include "store/sqlite/sqlite_guard.hpp"

#include <sqlite3.h>

namespace sweetspot::store {

void defend(SQLite::Database& database) {
  sqlite3* handle = database.getHandle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  // Temporary ones, which are ours, still do.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  database.exec("PRAGMA cell_size_check = ON");
  database.exec("PRAGMA mmap_size = 0");
}

std::string wrong_with_table(SQLite::Database& database, const std::string& table) {
  SQLite::Statement kind(database,
                         "SELECT type, rootpage FROM main.sqlite_schema WHERE name = ?1 "
                         "COLLATE NOCASE AND type IN ('table', 'view')");
  kind.bind(1, table);
  if (!kind.executeStep()) return "nothing";
  if (kind.getColumn(0).getString() != "table") return "a view";
  // What is made up as it is read has no page.
  if (kind.getColumn(1).getInt64() <= 0) return "a virtual table";
  SQLite::Statement trigger(database,
                            "SELECT name FROM main.sqlite_schema WHERE type = 'trigger' AND "
                            "tbl_name = ?1 COLLATE NOCASE");
  trigger.bind(1, table);
  if (trigger.executeStep()) return "a table with a trigger";
  SQLite::Statement columns(database, "SELECT hidden FROM pragma_table_xinfo(?1, 'main')");
  columns.bind(1, table);
  while (columns.executeStep()) {
    if (columns.getColumn(0).getInt() != 0) return "a table with a column that is computed";
  }
  return "";
}

}  // namespace sweetspot::store
