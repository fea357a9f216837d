#include "store/sqlite/sqlite_sql.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <thread>
#include <utility>

#include "store/sqlite/sqlite_guard.hpp"
#include "store/study_store.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

using namespace std::chrono_literals;

// A backup, or a person with a transaction of their own, may take minutes.
constexpr std::chrono::seconds kMostPatience = 10min;
// What goes on for longer is said.
constexpr std::chrono::seconds kLongWait = 10s;

bool has_file_size_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

SqlValue value_of(const SQLite::Column& column) {
  switch (column.getType()) {
    case SQLITE_INTEGER:
      return column.getInt64();
    case SQLITE_FLOAT:
      return column.getDouble();
    case SQLITE_TEXT:
      return column.getString();
    case SQLITE_BLOB: {
      const auto* first = static_cast<const uint8_t*>(column.getBlob());
      return Bytes(first, first + column.getBytes());
    }
    default:
      return std::monostate{};
  }
}

struct Binder {
  SQLite::Statement& statement;
  const std::string& name;
  void operator()(std::monostate) const { statement.bind(name); }
  void operator()(int64_t value) const { statement.bind(name, value); }
  void operator()(double value) const { statement.bind(name, value); }
  void operator()(const std::string& value) const { statement.bind(name, value); }
  void operator()(const Bytes& value) const {
    statement.bindNoCopy(name, value.data(), static_cast<int>(value.size()));
  }
};

}  // namespace

SqliteSql::SqliteSql(const std::filesystem::path& shown, int flags,
                     const std::filesystem::path& opened)
    : file_(shown) {
  guarded([&] {
    database_ = std::make_unique<SQLite::Database>(opened.string(), flags);
    sqlite3_busy_handler(
        database_->getHandle(),
        [](void* self, int tries) {
          return static_cast<SqliteSql*>(self)->goes_on_waiting(tries) ? 1 : 0;
        },
        this);
    defend(*database_);
  });
}

// SQLite's own waits grow with every try, so that of many writers some wait for seconds: here all
// come back often.
bool SqliteSql::goes_on_waiting(int tries) {
  constexpr int kShortWaits = 20;
  const auto now = std::chrono::steady_clock::now();
  if (tries == 0) {
    waits_since_ = now;
    is_long_wait_ = false;
  }
  if (now - waits_since_ > kMostPatience) return false;
  if (now - waits_since_ > kLongWait && !std::exchange(is_long_wait_, true) && on_wait_) {
    on_wait_(fmt::format("{}: another process has been writing into it for {} s; waiting for it",
                         file_.string(), kLongWait.count()));
  }
  std::this_thread::sleep_for(tries < kShortWaits ? 100us : 1000us);
  return true;
}

void SqliteSql::refuse(const std::string& what) const {
  throw Error(ErrorKind::study, fmt::format("{}: {}", file_.string(), what));
}

void SqliteSql::fail(const SQLite::Exception& error) const {
  switch (error.getErrorCode()) {
    case SQLITE_FULL:
      throw Error(ErrorKind::system,
                  fmt::format("{}: the disk is full; all that was kept stands, free some space "
                              "and give the same command again",
                              file_.string()));
    case SQLITE_IOERR:
      // SQLite does not tell a limit of file sizes from other trouble in writing.
      if (error.getExtendedErrorCode() == SQLITE_IOERR_WRITE && has_file_size_limit()) {
        throw Error(
            ErrorKind::system,
            fmt::format("{}: has reached the limit of a file's size; all that was kept stands, "
                        "give a higher one (ulimit -f) and the same command again",
                        file_.string()));
      }
      [[fallthrough]];
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      throw Error(ErrorKind::system,
                  fmt::format("{}: cannot be written or read: {} (is the folder writable and "
                              "the disk not full?)",
                              file_.string(), error.what()));
    case SQLITE_BUSY:
      throw StoreUnreachable(fmt::format("{}: another process wrote into it for {} s on end",
                                         file_.string(), kMostPatience.count()));
    case SQLITE_NOTADB:
      refuse("is not a SQLite file, so no sweetspot study");
    default:
      refuse(fmt::format("damaged or not a sweetspot study: {}", error.what()));
  }
}

SQLite::Statement& SqliteSql::prepared(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return *found->second;
  auto statement = std::make_unique<SQLite::Statement>(*database_, sql);
  return *statements_.emplace(sql, std::move(statement)).first->second;
}

void SqliteSql::bind(SQLite::Statement& statement, const SqlRow& parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = fmt::format("${}", i + 1);
    std::visit(Binder{statement, name}, parameters[i]);
  }
}

std::vector<SqlRow> SqliteSql::run(const std::string& sql, const SqlRow& parameters) {
  return guarded([&] {
    SQLite::Statement& statement = prepared(sql);
    statement.reset();
    bind(statement, parameters);
    std::vector<SqlRow> rows;
    while (statement.executeStep()) {
      SqlRow& row = rows.emplace_back();
      for (int i = 0; i < statement.getColumnCount(); ++i) {
        row.push_back(value_of(statement.getColumn(i)));
      }
    }
    statement.reset();
    return rows;
  });
}

void SqliteSql::run_each(const std::string& sql, const std::vector<SqlRow>& rows) {
  for (const SqlRow& row : rows) run(sql, row);
}

void SqliteSql::begin(Durability) {
  guarded([&] { database_->exec("BEGIN IMMEDIATE"); });
}

void SqliteSql::commit() {
  guarded([&] { database_->exec("COMMIT"); });
}

void SqliteSql::rollback() {
  // SQLite ends a transaction itself where the disk is full.
  if (sqlite3_get_autocommit(database_->getHandle()) != 0) return;
  for (auto& [text, statement] : statements_) statement->tryReset();
  database_->tryExec("ROLLBACK");
}

std::string SqliteSql::is_among(const std::string& column, const std::string& parameter) const {
  return fmt::format("{} IN (SELECT value FROM json_each({}))", column, parameter);
}

SqlValue SqliteSql::list(const std::vector<int64_t>& values) const {
  return fmt::format("[{}]", fmt::join(values, ","));
}

}  // namespace sweetspot::store
