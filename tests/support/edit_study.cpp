// Changes rows of a study by SQL, and writes the digests of what there is then: for tests that need
// studies which no training comes to.
//   edit_study FILE.db|postgresql://... SQL...
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <memory>
#include <string>

#include "store/postgres/postgres_sql.hpp"
#include "store/row_digests.hpp"
#include "store/sqlite/sqlite_sql.hpp"
#include "sweetspot/error.hpp"

namespace {

std::unique_ptr<sweetspot::store::Sql> open(const std::string& store) {
  if (store.starts_with("postgresql://")) {
    return std::make_unique<sweetspot::store::PostgresSql>(store, store);
  }
  return std::make_unique<sweetspot::store::SqliteSql>(store, SQLite::OPEN_READWRITE);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    fmt::print(stderr, "usage: edit_study FILE.db|postgresql://... SQL...\n");
    return 2;
  }
  try {
    const std::unique_ptr<sweetspot::store::Sql> sql = open(arguments[1]);
    sql->transact([&] {
      for (int i = 2; i < count; ++i) sql->run(arguments[i]);
      sweetspot::store::write_digests(*sql);
    });
    return 0;
  } catch (const sweetspot::Error& error) {
    fmt::print(stderr, "edit_study: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
