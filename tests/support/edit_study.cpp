// Changes rows of a study by SQL, and writes the digests of what there is then: for tests that need
// studies which no training comes to.
//   edit_study FILE.db SQL...
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include "store/row_digests.hpp"
#include "store/sqlite_sql.hpp"
#include "sweetspot/error.hpp"

int main(int count, char** arguments) {
  if (count < 3) {
    fmt::print(stderr, "usage: edit_study FILE.db SQL...\n");
    return 2;
  }
  try {
    sweetspot::store::SqliteSql sql(arguments[1], SQLite::OPEN_READWRITE);
    sql.transact([&] {
      for (int i = 2; i < count; ++i) sql.run(arguments[i]);
      sweetspot::store::write_digests(sql);
    });
    return 0;
  } catch (const sweetspot::Error& error) {
    fmt::print(stderr, "edit_study: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
