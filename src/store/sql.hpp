// A connection to a database that speaks SQL, with what differs between the dialects that are
// spoken here. Parameters are $1, $2, ...; texts are prepared once and kept.
// Thread-safety: one thread at a time a connection.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

namespace sweetspot::store {

using Bytes = std::vector<uint8_t>;
using SqlValue = std::variant<std::monostate, int64_t, double, std::string, Bytes>;
using SqlRow = std::vector<SqlValue>;

// Databases have no unsigned numbers: the same bits.
inline SqlValue as_whole(uint64_t value) {
  return static_cast<int64_t>(value);
}

inline bool is_null(const SqlValue& value) {
  return std::holds_alternative<std::monostate>(value);
}
// What a column holds; a null is 0 or nothing. Throws Error (study) for another type, a number that
// is not finite, or a text that is no UTF-8.
int64_t whole(const SqlValue& value);
double number(const SqlValue& value);
std::string text(const SqlValue& value);
Bytes bytes(const SqlValue& value);
// What a program, a scheduler or a user's exception said, which may be any bytes: made UTF-8.
std::string foreign_text(const SqlValue& value);
// A whole number from `low` to `high`, and no null. Throws Error (study) that calls it `name`.
int64_t whole_in(const SqlValue& value, const char* name, int64_t low, int64_t high);

// A text that every database keeps: to some a zero byte is its end.
std::string without_nul(std::string text);

// Another transaction was in the way; the same work is to be tried again.
class SqlConflict : public std::exception {};

// What a crash of the server may take back: nothing, or the transactions of its last moments, the
// later ones first. What is durable makes all before it durable, too.
enum class Durability { now, soon };

// All other errors are Error, with the database's name; StoreUnreachable (study_store.hpp) where
// the server is gone.
class Sql {
 public:
  virtual ~Sql() = default;

  virtual std::vector<SqlRow> run(const std::string& sql, const SqlRow& parameters = {}) = 0;
  // Once for every row of parameters; what comes out is dropped.
  virtual void run_each(const std::string& sql, const std::vector<SqlRow>& rows) = 0;

  virtual void begin(Durability durability) = 0;
  virtual void commit() = 0;
  // Does nothing where there is no transaction.
  virtual void rollback() = 0;

  // Seconds since 1970, by the database's clock.
  virtual std::string now() const = 0;
  // Whether `column` is in the list that the parameter holds.
  virtual std::string is_among(const std::string& column, const std::string& parameter) const = 0;
  virtual SqlValue list(const std::vector<int64_t>& values) const = 0;
  // After a SELECT: its rows are locked until the transaction ends; rows that others have locked
  // are waited for, or skipped.
  virtual std::string for_update() const = 0;
  virtual std::string skipping_locked() const = 0;
  // Until the transaction ends nobody else holds the lock of that name.
  virtual void lock(const std::string& name) = 0;
  // Called, with a line, where a statement waits for others for long.
  virtual void on_wait(std::function<void(const std::string&)> say) { static_cast<void>(say); }

  // Runs a piece of work in a transaction, in that of a caller where there is one.
  template <class Work>
  auto transact(Work&& work, Durability durability = Durability::now) -> decltype(work()) {
    if (depth_ > 0) return work();
    for (int attempt = 1;; ++attempt) {
      Transaction transaction(*this, durability);
      try {
        if constexpr (std::is_void_v<decltype(work())>) {
          work();
          return transaction.commit();
        } else {
          auto result = work();
          transaction.commit();
          return result;
        }
      } catch (const SqlConflict&) {
        if (attempt == kMostAttempts) throw;
      }
    }
  }

 private:
  static constexpr int kMostAttempts = 20;

  class Transaction {
   public:
    Transaction(Sql& sql, Durability durability) : sql_(sql) {
      sql_.begin(durability);
      ++sql_.depth_;
    }
    ~Transaction() {
      --sql_.depth_;
      if (!is_committed_) sql_.rollback();
    }
    Transaction(Transaction&&) = delete;
    void commit() {
      sql_.commit();
      is_committed_ = true;
    }

   private:
    Sql& sql_;
    bool is_committed_ = false;
  };

  int depth_ = 0;
};

}  // namespace sweetspot::store
