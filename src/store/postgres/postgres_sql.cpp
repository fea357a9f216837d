#include "store/postgres/postgres_sql.hpp"

#include <endian.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <string_view>

#include "base/text.hpp"
#include "store/postgres/sqlstate.hpp"
#include "store/study_store.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

// Types of PostgreSQL's catalog, whose numbers never change.
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kInt4 = 23;
constexpr Oid kFloat8 = 701;

constexpr int kBinary = 1;

// A statement takes milliseconds; what waits longer for another's lock is tried again.
constexpr std::chrono::seconds kAnswerWithin{30};

// Of an URL that does not say otherwise: a server that is gone is noticed in seconds, not hours.
constexpr std::array<std::pair<const char*, const char*>, 6> kDefaults = {
    {{"connect_timeout", "10"},
     {"keepalives_idle", "10"},
     {"keepalives_interval", "5"},
     {"keepalives_count", "3"},
     {"tcp_user_timeout", "20000"},
     {"client_encoding", "UTF8"}}};

// One line, without what libpq says around it.
std::string first_line(const char* message) {
  std::string line = message;
  line = line.substr(0, line.find('\n'));
  for (const char* prefix : {"ERROR:  ", "FATAL:  "}) {
    if (const size_t at = line.find(prefix); at != std::string::npos) {
      line = line.substr(at + std::strlen(prefix));
    }
  }
  return printable(line);
}

SqlValue value_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return std::monostate{};
  const char* data = PQgetvalue(result, row, column);
  const auto size = static_cast<size_t>(PQgetlength(result, row, column));
  uint64_t eight = 0;
  uint32_t four = 0;
  switch (PQftype(result, column)) {
    case kInt8:
      std::memcpy(&eight, data, sizeof eight);
      return static_cast<int64_t>(be64toh(eight));
    case kInt4:
      std::memcpy(&four, data, sizeof four);
      return static_cast<int64_t>(static_cast<int32_t>(be32toh(four)));
    case kFloat8:
      std::memcpy(&eight, data, sizeof eight);
      return std::bit_cast<double>(be64toh(eight));
    case kBytea:
      return Bytes(data, data + size);
    default:
      return std::string(data, size);
  }
}

using Result = std::unique_ptr<PGresult, void (*)(PGresult*)>;

Result owned(PGresult* result) {
  return {result, PQclear};
}

// Parameters in the form that libpq takes, and what they point into.
struct Parameters {
  explicit Parameters(const SqlRow& row) : texts(row.size()) {
    for (size_t i = 0; i < row.size(); ++i) add(row[i], texts[i]);
  }
  void add(const SqlValue& value, std::string& kept) {
    const Bytes* bytes = std::get_if<Bytes>(&value);
    if (const auto* whole = std::get_if<int64_t>(&value)) kept = std::to_string(*whole);
    if (const auto* number = std::get_if<double>(&value)) kept = fmt::format("{:.17g}", *number);
    if (const auto* text = std::get_if<std::string>(&value)) kept = *text;
    if (bytes != nullptr) {
      // An empty value needs an address, too, or it would be a null.
      static constexpr char kEmpty = 0;
      values.push_back(bytes->empty() ? &kEmpty : reinterpret_cast<const char*>(bytes->data()));
    } else {
      values.push_back(is_null(value) ? nullptr : kept.c_str());
    }
    lengths.push_back(bytes == nullptr ? 0 : static_cast<int>(bytes->size()));
    formats.push_back(bytes == nullptr ? 0 : kBinary);
  }
  int count() const { return static_cast<int>(values.size()); }

  std::vector<std::string> texts;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
};

}  // namespace

PostgresSql::PostgresSql(const std::string& url, std::string shown)
    : url_(url), shown_(std::move(shown)), connection_(nullptr, PQfinish) {
  connect();
}

void PostgresSql::connect() {
  statements_.clear();
  connection_.reset();
  is_stale_ = false;
  std::vector<const char*> keys = {"dbname"};
  std::vector<const char*> values = {url_.c_str()};
  // Later ones win, so these come only where the URL has none of them.
  for (const auto& [key, value] : kDefaults) {
    if (url_.find(std::string(key) + "=") != std::string::npos) continue;
    keys.push_back(key);
    values.push_back(value);
  }
  keys.push_back("fallback_application_name");
  values.push_back("sweetspot");
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectdbParams(keys.data(), values.data(), /*expand_dbname=*/1));
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    const std::string why = first_line(PQerrorMessage(connection_.get()));
    const bool needs_password = PQconnectionNeedsPassword(connection_.get()) != 0;
    const bool answered = std::string_view(PQerrorMessage(connection_.get())).find("FATAL:") !=
                          std::string_view::npos;
    const auto says = [&](const char* text) { return why.find(text) != std::string::npos; };
    // Starting up, recovering, shutting down. Where it speaks another language PQping knows, too.
    const bool is_unready =
        says("the database system is ") || says("too many ") ||
        says("connection slots are reserved") ||
        (answered && PQpingParams(keys.data(), values.data(), 1) == PQPING_REJECT);
    if (needs_password) {
      throw Error(ErrorKind::study,
                  fmt::format("{}: the server asks for a password: put it into ~/.pgpass or "
                              "PGPASSWORD",
                              shown_));
    }
    if (answered && !is_unready) refuse("the server refuses: " + why);
    throw StoreUnreachable(fmt::format("{}: the server cannot be reached: {}", shown_, why));
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  simple("SET search_path TO sweetspot");
}

void PostgresSql::reconnect() {
  if (is_stale_ || PQstatus(connection_.get()) != CONNECTION_OK) connect();
}

void PostgresSql::refuse(const std::string& what) const {
  throw Error(ErrorKind::study, fmt::format("{}: {}", shown_, what));
}

void PostgresSql::require_good(const PGresult* result) {
  const ExecStatusType status = result == nullptr ? PGRES_FATAL_ERROR : PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_SYNC) {
    return;
  }
  const char* code = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string why = first_line(result == nullptr ? PQerrorMessage(connection_.get())
                                                       : PQresultErrorMessage(result));
  SqlTrouble trouble = trouble_of(code == nullptr ? "" : code);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) trouble = SqlTrouble::lost;
  switch (trouble) {
    case SqlTrouble::conflict:
      throw SqlConflict();
    case SqlTrouble::lost:
      is_stale_ = true;
      throw StoreUnreachable(fmt::format("{}: the connection is lost: {}", shown_, why));
    case SqlTrouble::out_of_means:
      throw StoreUnreachable(fmt::format(
          "{}: the server's disk is full, or it is out of memory or connections: {}", shown_, why));
    case SqlTrouble::interrupted:
      throw StoreUnreachable(fmt::format("{}: the server ended a statement: {}", shown_, why));
    case SqlTrouble::no_right:
      refuse(fmt::format("the role may not do this: {} (docs/cluster.md has the rights it needs)",
                         why));
    case SqlTrouble::other_schema:
      refuse(fmt::format("its schema 'sweetspot' is not ours, or half made: {}", why));
    case SqlTrouble::lasting:
      break;
  }
  refuse(why);
}

// libpq's own waits have no end: a server that holds the line but does not answer would hold the
// worker, too.
PGresult* PostgresSql::next_result() {
  PGconn* connection = connection_.get();
  const auto until = std::chrono::steady_clock::now() + kAnswerWithin;
  while (PQisBusy(connection) != 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd line = {PQsocket(connection), POLLIN, 0};
    // The connection ends, and what comes next says so.
    if (left.count() <= 0) shutdown(line.fd, SHUT_RDWR);
    poll(&line, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (PQconsumeInput(connection) != 1) break;
  }
  return PQgetResult(connection);
}

// Of what was sent: the first error that there is, or else the last result.
PGresult* PostgresSql::answer(int sent) {
  if (sent != 1) require_good(nullptr);
  PGresult* last = nullptr;
  while (PGresult* result = next_result()) {
    if (PQresultStatus(last) == PGRES_FATAL_ERROR && last != nullptr) {
      PQclear(result);
      continue;
    }
    PQclear(last);
    last = result;
  }
  return last;
}

void PostgresSql::simple(const char* sql) {
  require_good(owned(answer(PQsendQuery(connection_.get(), sql))).get());
}

const std::string& PostgresSql::prepared(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  const std::string name = fmt::format("s{}", statements_.size());
  require_good(
      owned(answer(PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr))).get());
  return statements_.emplace(sql, name).first->second;
}

std::vector<SqlRow> PostgresSql::run(const std::string& sql, const SqlRow& parameters) {
  const std::string& name = prepared(sql);
  const Parameters sent(parameters);
  const Result result = owned(
      answer(PQsendQueryPrepared(connection_.get(), name.c_str(), sent.count(), sent.values.data(),
                                 sent.lengths.data(), sent.formats.data(), kBinary)));
  require_good(result.get());
  std::vector<SqlRow> rows(static_cast<size_t>(PQntuples(result.get())));
  for (size_t row = 0; row < rows.size(); ++row) {
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      rows[row].push_back(value_of(result.get(), static_cast<int>(row), column));
    }
  }
  return rows;
}

// The results of so many statements and of the sync after them.
void PostgresSql::drain_pipeline(size_t results) {
  Result failed = owned(nullptr);
  for (size_t i = 0; i < results + 1; ++i) {
    Result result = owned(next_result());
    if (result == nullptr && PQstatus(connection_.get()) == CONNECTION_BAD) require_good(nullptr);
    const bool is_first_failure =
        failed == nullptr && PQresultStatus(result.get()) == PGRES_FATAL_ERROR;
    if (is_first_failure) failed = std::move(result);
    // After the results of a statement comes a null.
    if (i < results) PQclear(next_result());
  }
  if (failed != nullptr) require_good(failed.get());
}

void PostgresSql::run_each(const std::string& sql, const std::vector<SqlRow>& rows) {
  if (rows.empty()) return;
  // The answers of so many statements fit into the socket's buffers while they are sent.
  constexpr size_t kAtOnce = 256;
  const std::string& name = prepared(sql);
  PGconn* connection = connection_.get();
  if (PQenterPipelineMode(connection) != 1) require_good(nullptr);
  const auto leave = [](PGconn* at) { PQexitPipelineMode(at); };
  const std::unique_ptr<PGconn, decltype(leave)> pipeline(connection, leave);
  for (size_t first = 0; first < rows.size(); first += kAtOnce) {
    const size_t end = std::min(rows.size(), first + kAtOnce);
    for (size_t i = first; i < end; ++i) {
      const Parameters sent(rows[i]);
      if (PQsendQueryPrepared(connection, name.c_str(), sent.count(), sent.values.data(),
                              sent.lengths.data(), sent.formats.data(), kBinary) != 1) {
        require_good(nullptr);
      }
    }
    if (PQpipelineSync(connection) != 1) require_good(nullptr);
    drain_pipeline(end - first);
  }
}

void PostgresSql::begin(Durability durability) {
  reconnect();
  simple(durability == Durability::now ? "BEGIN" : "BEGIN; SET LOCAL synchronous_commit TO off");
}

void PostgresSql::commit() {
  simple("COMMIT");
}

void PostgresSql::rollback() {
  if (PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
  if (PQstatus(connection_.get()) != CONNECTION_OK) return;
  // Whoever rolls back has an error already.
  if (PQsendQuery(connection_.get(), "ROLLBACK") == 1) PQclear(answer(1));
}

std::string PostgresSql::is_among(const std::string& column, const std::string& parameter) const {
  return fmt::format("{} = ANY(CAST({} AS BIGINT[]))", column, parameter);
}

SqlValue PostgresSql::list(const std::vector<int64_t>& values) const {
  return fmt::format("{{{}}}", fmt::join(values, ","));
}

void PostgresSql::lock(const std::string& name) {
  run("SELECT CAST(pg_advisory_xact_lock(hashtextextended($1, 0)) AS TEXT)", {"sweetspot " + name});
}

}  // namespace sweetspot::store
