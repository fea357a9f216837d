#include "store/digest.hpp"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <bit>
#include <cmath>

namespace sweetspot::store {
namespace {

// Its digests go to disk as the machine has them.
static_assert(std::endian::native == std::endian::little);

// Which of the types a value has; values are part of stores.
enum class Type : uint64_t { null = 0, whole = 1, number = 2, text = 3, bytes = 4 };

uint64_t chained(uint64_t before, const void* data, size_t size) {
  return XXH3_64bits_withSeed(data, size, before);
}

template <size_t Count>
uint64_t chained(uint64_t before, const std::array<uint64_t, Count>& words) {
  return chained(before, words.data(), sizeof words);
}

int64_t digest(uint64_t hash) {
  return static_cast<int64_t>(hash >> 2U);
}

// As a database gives it back: SQLite knows no negative zero, and takes what is no number as null.
uint64_t bits_of(double value) {
  return std::isnan(value) ? 0 : std::bit_cast<uint64_t>(value + 0.0);
}

struct Hasher {
  uint64_t hash;
  void operator()(std::monostate) { add(Type::null, 0); }
  void operator()(int64_t value) { add(Type::whole, static_cast<uint64_t>(value)); }
  void operator()(double value) { add(Type::number, bits_of(value)); }
  void operator()(const std::string& value) {
    add(Type::text, value.size());
    hash = chained(hash, value.data(), value.size());
  }
  void operator()(const Bytes& value) {
    add(Type::bytes, value.size());
    hash = chained(hash, value.data(), value.size());
  }
  void add(Type type, uint64_t value) {
    hash = chained(hash, std::array<uint64_t, 2>{static_cast<uint64_t>(type), value});
  }
};

template <class Kind>
uint64_t word(Kind value) {
  return static_cast<uint64_t>(value);
}

uint64_t is_there(bool there) {
  return there ? 1 : 0;
}

// A sum of whole numbers, each times another prime, so that no single one changes without it. It is
// reckoned within the first 2^31 - 1, which keeps sums small and lets no change of one bit pass.
std::string weighted(std::initializer_list<std::string> columns) {
  constexpr std::array<int64_t, 5> kPrimes = {1000003, 1000033, 1000037, 1000039, 1000081};
  constexpr int64_t kModulus = 2147483647;
  // So that a row of zeros has another sum than zero.
  constexpr int64_t kFirst = 918273645;
  std::string sum = fmt::format("({}", kFirst);
  const int64_t* prime = kPrimes.data();
  for (const std::string& column : columns) {
    sum += fmt::format(" + {} % {} * {}", column, kModulus, *prime++);
  }
  return sum + ")";
}

std::string or_none(const std::string& column) {
  return fmt::format("coalesce({}, -1)", column);
}

// A time in seconds, as whole milliseconds.
std::string in_milliseconds(const std::string& seconds) {
  return fmt::format("CAST(({}) * 1000 AS BIGINT)", seconds);
}

std::string changed(const std::string& from, const std::string& to) {
  return fmt::format("state_digest + ({} - {})", to, from);
}

}  // namespace

std::string sum_in_sql(const std::string& a, const std::string& b) {
  return fmt::format("(({} + {}) & {})", a, b, kDigestMask);
}

int64_t digest_of(Digested kind, const SqlRow& values) {
  Hasher hasher{word(kind)};
  for (const SqlValue& value : values) std::visit(hasher, value);
  return digest(hasher.hash);
}

int64_t digest_of(const TrialColumns& t) {
  const bool descends = t.origin.has_value();
  const uint64_t hash =
      chained(word(Digested::trial),
              std::array<uint64_t, 9>{word(t.part), word(t.number), word(t.seed), bits_of(t.scale),
                                      word(t.priority), is_there(descends),
                                      descends ? word(t.origin->trial) : 0,
                                      descends ? t.origin->step : 0, t.config.size()});
  return digest(chained(hash, t.config.data(), t.config.size()));
}

int64_t digest_of(const OutcomeColumns& o) {
  uint64_t hash =
      chained(word(Digested::outcome),
              std::array<uint64_t, 9>{
                  word(o.part), word(o.number), word(o.steps), bits_of(o.compute_seconds),
                  is_there(o.given_up_at.has_value()), word(o.given_up_at.value_or(0)),
                  is_there(o.reproducible), o.outcome.size(), o.note.size()});
  hash = chained(hash, o.outcome.data(), o.outcome.size());
  return digest(chained(hash, o.note.data(), o.note.size()));
}

int64_t observation_digest(int64_t part, int64_t trial, int64_t step, int64_t metric,
                           std::optional<double> value) {
  return digest(
      chained(word(Digested::observation),
              std::array<uint64_t, 6>{word(part), word(trial), word(step), word(metric),
                                      is_there(value.has_value()), bits_of(value.value_or(0))}));
}

int64_t snapshot_digest(int64_t step, const Bytes& state) {
  return digest_of(Digested::snapshot, {step, state});
}

std::string trial_state(const StateColumns& c) {
  return weighted({c.waiting, or_none(c.holder), c.until, c.is_last, c.steps});
}

std::string worker_state(const std::string& seen_at, const std::string& has_left) {
  return weighted({in_milliseconds(seen_at), has_left});
}

std::string study_state(const std::string& cancelled, const std::string& ender) {
  return weighted({cancelled, or_none(ender)});
}

std::string changed_trial_state(const StateColumns& columns) {
  return changed(trial_state({}), trial_state(columns));
}

std::string changed_worker_state(const std::string& seen_at, const std::string& has_left) {
  return changed(worker_state("seen_at", "has_left"), worker_state(seen_at, has_left));
}

std::string changed_study_state(const std::string& cancelled, const std::string& ender) {
  return changed(study_state("cancelled", "ender"), study_state(cancelled, ender));
}

}  // namespace sweetspot::store
