// A study of any rows in its tables, which a whole file of any bytes seldom has: a line of the
// input is a row, its table first, then its cells, with tabs between. A cell is NULL where it is
// empty, a number where it looks like one, and else text.
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>

#include "base/text.hpp"
#include "fuzz/study_steps.hpp"

namespace {

using namespace sweetspot;

void insert(SQLite::Database& database, const std::string& line) {
  std::vector<std::string> cells = split(line, '\t');
  std::string sql = "INSERT OR REPLACE INTO " + toml_string(cells.front()) + " VALUES(";
  for (size_t i = 1; i < cells.size(); ++i) sql += i > 1 ? ", ?" : "?";
  SQLite::Statement statement(database, sql + ")");
  for (size_t i = 1; i < cells.size(); ++i) {
    const auto place = static_cast<int>(i);
    const std::string& cell = cells[i];
    if (cell.empty()) continue;
    const std::optional<double> number = parse_number(cell);
    char* end = nullptr;
    const long long whole = std::strtoll(cell.c_str(), &end, 10);
    if (*end == '\0') {
      statement.bind(place, static_cast<int64_t>(whole));
    } else if (number.has_value()) {
      statement.bind(place, *number);
    } else {
      statement.bind(place, cell);
    }
  }
  statement.exec();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::filesystem::path file = fuzz::own_folder() / "rows.db";
  fuzz::remove_database(file);
  { store::open_sqlite(file, store::Access::train); }
  {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF");
    SQLite::Transaction transaction(database);
    for (const std::string& line : split({reinterpret_cast<const char*>(bytes), size}, '\n')) {
      try {
        if (!line.empty()) insert(database, line);
      } catch (const SQLite::Exception&) {
      }
    }
    transaction.commit();
  }
  fuzz::read_study(file, size > 0 && bytes[size - 1] % 8 == 0);
  return 0;
}
