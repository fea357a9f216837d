// SQL to a PostgreSQL server, by libpq. Thread-safety: one thread at a time an object.
#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <string>

#include "store/sql.hpp"

namespace sweetspot::store {

class PostgresSql final : public Sql {
 public:
  // `url` as libpq takes it (postgresql://user@host/db); what it does not say comes from libpq's
  // own environment and files. `shown` stands for it in errors. Throws Error: usage for a URL that
  // libpq cannot read, StoreUnreachable where the server does not answer, study where it refuses.
  PostgresSql(const std::string& url, std::string shown);

  // Connects anew, where the connection is lost. Throws as the constructor does.
  void reconnect();

  std::vector<SqlRow> run(const std::string& sql, const SqlRow& parameters = {}) override;
  void run_each(const std::string& sql, const std::vector<SqlRow>& rows) override;
  void begin(Durability durability) override;
  void commit() override;
  void rollback() override;
  std::string now() const override {
    return "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)";
  }
  std::string is_among(const std::string& column, const std::string& parameter) const override;
  SqlValue list(const std::vector<int64_t>& values) const override;
  std::string for_update() const override { return " FOR UPDATE"; }
  std::string skipping_locked() const override { return " FOR UPDATE SKIP LOCKED"; }
  void lock(const std::string& name) override;

  const std::string& shown() const { return shown_; }
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  void connect();
  // The name of the prepared statement.
  const std::string& prepared(const std::string& sql);
  PGresult* next_result();
  // `sent`: what libpq says of the sending, 1 where it worked.
  PGresult* answer(int sent);
  void simple(const char* sql);
  // Throws what a result that is an error stands for.
  void require_good(const PGresult* result);
  void drain_pipeline(size_t results);

  std::string url_;
  std::string shown_;
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
  bool is_stale_ = false;  // it stands, but leads to where nothing can be done
  std::map<std::string, std::string> statements_;
};

}  // namespace sweetspot::store
