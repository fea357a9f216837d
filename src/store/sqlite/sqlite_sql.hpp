// SQL to a SQLite file. Thread-safety: one thread at a time an object; several processes may share
// a file.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "store/sql.hpp"

namespace sweetspot::store {

class SqliteSql final : public Sql {
 public:
  // `flags` are SQLite's; what is opened may be another file than the one of which errors speak.
  // Throws Error.
  SqliteSql(const std::filesystem::path& shown, int flags, const std::filesystem::path& opened);
  SqliteSql(const std::filesystem::path& file, int flags) : SqliteSql(file, flags, file) {}

  std::vector<SqlRow> run(const std::string& sql, const SqlRow& parameters = {}) override;
  void run_each(const std::string& sql, const std::vector<SqlRow>& rows) override;
  void begin(Durability) override;
  void commit() override;
  void rollback() override;
  std::string now() const override { return "((julianday('now') - 2440587.5) * 86400.0)"; }
  std::string is_among(const std::string& column, const std::string& parameter) const override;
  SqlValue list(const std::vector<int64_t>& values) const override;
  std::string for_update() const override { return ""; }
  std::string skipping_locked() const override { return ""; }
  // A transaction that writes has the whole file to itself.
  void lock(const std::string&) override {}
  void on_wait(std::function<void(const std::string&)> say) override { on_wait_ = std::move(say); }

  SQLite::Database& database() { return *database_; }
  [[noreturn]] void refuse(const std::string& what) const;
  // Runs a piece of work; SQLite's errors come out as the project's.
  template <class Work>
  auto guarded(Work&& work) -> decltype(work()) {
    try {
      return work();
    } catch (const SQLite::Exception& error) {
      fail(error);
    }
  }

 private:
  bool goes_on_waiting(int tries);  // for another process that writes
  [[noreturn]] void fail(const SQLite::Exception& error) const;
  SQLite::Statement& prepared(const std::string& sql);
  static void bind(SQLite::Statement& statement, const SqlRow& parameters);

  std::filesystem::path file_;
  std::unique_ptr<SQLite::Database> database_;
  std::function<void(const std::string&)> on_wait_;
  std::chrono::steady_clock::time_point waits_since_;
  bool is_long_wait_ = false;
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

}  // namespace sweetspot::store
