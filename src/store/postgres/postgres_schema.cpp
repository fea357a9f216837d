#include "store/postgres/postgres_schema.hpp"

#include <fmt/format.h>

#include <memory>
#include <string_view>

#include "base/text.hpp"
#include "store/schema.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr SchemaWords kWords = {
    .id = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", .bytes = "BYTEA", .by_key = ""};

constexpr int kFirstLayout = 4;

// By layout 5.
const std::pair<const char*, std::vector<const char*>> kAddedDigests[] = {
    {"study",
     {"digest", "state_digest", "part_digest", "metric_digest", "worker_digest", "run_digest",
      "trial_digest", "trial_count"}},
    {"worker", {"digest", "state_digest"}},
    {"trial", {"digest", "outcome_digest", "state_digest", "curve_digest", "snapshot_digest"}},
    {"run", {"digest"}}};

// None where the schema has no such table.
std::optional<int64_t> layout_of(Sql& sql) {
  if (is_null(sql.run("SELECT CAST(to_regclass('sweetspot.layout') AS TEXT)")[0][0])) {
    return std::nullopt;
  }
  const auto rows = sql.run("SELECT number FROM sweetspot.layout");
  if (rows.empty()) return std::nullopt;
  return whole(rows[0][0]);
}

bool has_tables(Sql& sql) {
  return whole(sql.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'sweetspot'")[0][0]) > 0;
}

void create(PostgresSql& sql) {
  // A role that was given the schema may have no right to make one.
  if (is_null(sql.run("SELECT CAST(to_regnamespace('sweetspot') AS TEXT)")[0][0])) {
    sql.run("CREATE SCHEMA sweetspot");
  }
  create_tables(sql, kWords);
  // Snapshots come compressed.
  sql.run("ALTER TABLE snapshot ALTER COLUMN state SET STORAGE EXTERNAL");
  sql.run("CREATE TABLE layout(number BIGINT NOT NULL)");
  sql.run("INSERT INTO layout VALUES($1)", {int64_t{kLayout}});
}

void upgrade(PostgresSql& sql) {
  end_older_workers(sql);
  sql.run("ALTER TABLE study ADD COLUMN identity TEXT NOT NULL DEFAULT ''");
  for (const auto& [table, columns] : kAddedDigests) {
    for (const char* column : columns) {
      sql.run(fmt::format("ALTER TABLE {} ADD COLUMN {} BIGINT NOT NULL DEFAULT 0", table, column));
    }
  }
  write_what_is_new(sql);
  sql.run("ALTER TABLE study ALTER COLUMN identity DROP DEFAULT");
  sql.run("UPDATE layout SET number = $1", {int64_t{kLayout}});
}

void require_known(PostgresSql& sql, std::optional<int64_t> layout) {
  if (!layout.has_value()) {
    sql.refuse("its schema 'sweetspot' has tables that are not ours, or were half made");
  }
  if (*layout > kLayout) {
    sql.refuse(fmt::format("was written by a newer sweetspot (layout {}, this one knows {})",
                           *layout, kLayout));
  }
  if (*layout < kFirstLayout) sql.refuse(fmt::format("its layout {} was never released", *layout));
}

}  // namespace

void require_url_without_password(const std::string& url) {
  char* error = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(url.c_str(), &error), PQconninfoFree);
  const std::unique_ptr<char, void (*)(void*)> message(error, PQfreemem);
  if (options == nullptr) {
    const std::string why = error == nullptr ? "unreadable" : error;
    // What libpq says may hold the URL's password, or that of a parameter.
    const bool has_secret = url.find_first_of("@=") != std::string::npos;
    throw Error(ErrorKind::usage,
                fmt::format("--store: not a URL that PostgreSQL's library can read{}",
                            has_secret ? "" : ": " + printable(why.substr(0, why.find('\n')))));
  }
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    if (option->val == nullptr || (keyword != "password" && keyword != "sslpassword")) continue;
    throw Error(ErrorKind::usage,
                "--store: the URL has a password, which everybody sees who lists processes; put it "
                "into ~/.pgpass or PGPASSWORD instead");
  }
}

int prepare_server(PostgresSql& sql, Access access) {
  if (access == Access::read) {
    const std::optional<int64_t> layout = layout_of(sql);
    if (!layout.has_value() && !has_tables(sql))
      throw NoSuchStudy(sql.shown() + ": holds no study yet");
    require_known(sql, layout);
    return static_cast<int>(*layout);
  }
  if (layout_of(sql) == kLayout) return kLayout;
  sql.transact([&] {
    sql.lock("layout");
    const std::optional<int64_t> layout = layout_of(sql);
    if (!layout.has_value() && !has_tables(sql)) return create(sql);
    require_known(sql, layout);
    if (*layout < kLayout) upgrade(sql);
  });
  return kLayout;
}

}  // namespace sweetspot::store
