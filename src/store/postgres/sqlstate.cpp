#include "store/postgres/sqlstate.hpp"

#include <algorithm>
#include <iterator>

namespace sweetspot::store {
namespace {

struct Meaning {
  std::string_view begin;  // a code of five characters, or what several begin with
  SqlTrouble trouble;
};

// PostgreSQL's documentation, appendix A. The first line that fits counts.
constexpr Meaning kMeanings[] = {
    // A commit of which nobody knows; the work can be done twice.
    {"40003", SqlTrouble::lost},
    // Deadlocks, serialization failures, whatever else a server rolls back by itself.
    {"40002", SqlTrouble::lasting},
    {"40", SqlTrouble::conflict},
    {"72000", SqlTrouble::conflict},  // the snapshot is too old
    // A standby, or a primary that became one: a new connection may lead to the new primary.
    {"25006", SqlTrouble::lost},
    // Time limits that end the session: idle in a transaction, the transaction's.
    {"25P03", SqlTrouble::lost},
    {"25P04", SqlTrouble::lost},
    // A prepared statement that the server does not know: behind a pooler, another server.
    {"26000", SqlTrouble::lost},
    {"08", SqlTrouble::lost},
    // Shut down, crashed, starting up, idle for too long; of a database that was dropped the next
    // connection tells.
    {"57P", SqlTrouble::lost},
    // A time limit of statements, or a person.
    {"57014", SqlTrouble::interrupted},
    {"55P03", SqlTrouble::interrupted},  // a time limit of locks
    {"55006", SqlTrouble::interrupted},  // in use
    {"53", SqlTrouble::out_of_means},
    // Input and output of the server's own.
    {"58000", SqlTrouble::out_of_means},
    {"58030", SqlTrouble::out_of_means},
    {"42501", SqlTrouble::no_right},
    {"42P01", SqlTrouble::other_schema},
    {"42703", SqlTrouble::other_schema},
    {"3F000", SqlTrouble::other_schema},
};

}  // namespace

SqlTrouble trouble_of(std::string_view state) {
  const auto* const found =
      std::find_if(std::begin(kMeanings), std::end(kMeanings),
                   [&](const Meaning& meaning) { return state.starts_with(meaning.begin); });
  return found == std::end(kMeanings) ? SqlTrouble::lasting : found->trouble;
}

}  // namespace sweetspot::store
