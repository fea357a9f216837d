#include "store/open_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/descriptors.hpp"
#include "base/text.hpp"
#include "store/postgres/credentials.hpp"
#include "store/postgres/postgres_schema.hpp"
#include "store/postgres/postgres_sql.hpp"
#include "store/readable_file.hpp"
#include "store/schema.hpp"
#include "store/sql_store.hpp"
#include "store/sqlite/sqlite_schema.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr const char* kKnownKinds[] = {"postgresql://", "postgres://"};

// Gives the layout of the tables as they are seen from now on.
int prepare_file(SqliteSql& sql, const std::filesystem::path& file, Access access) {
  const auto pragma = [&](const std::string& name) {
    return static_cast<int>(whole(sql.run("PRAGMA " + name)[0][0]));
  };
  const int version = pragma("user_version");
  const int application = pragma("application_id");
  const bool is_new = application == 0 && version == 0 &&
                      whole(sql.run("SELECT count(*) FROM sqlite_master")[0][0]) == 0;
  if (!is_new && application != kApplicationId) sql.refuse("is not a sweetspot study");
  if (version > kLayout) {
    sql.refuse(fmt::format("was written by a newer sweetspot (layout {}, this one knows {})",
                           version, kLayout));
  }
  if (!is_new) require_tables(sql, version);
  if (access == Access::read) {
    if (is_new) throw NoSuchStudy(file.string() + ": holds no study yet");
    if (version < kLayout) read_as_upgraded(sql, version);
    sql.run("PRAGMA query_only = ON");
    return version;
  }
  sql.run("PRAGMA journal_mode = WAL");
  sql.run("PRAGMA synchronous = NORMAL");
  if (is_new) {
    create_schema(sql);
  } else if (version < kLayout) {
    upgrade_schema(sql);
  }
  return kLayout;
}

std::pair<std::unique_ptr<SqliteSql>, int> open_file(const std::filesystem::path& file,
                                                     Access access) {
  if (access == Access::read && !std::filesystem::exists(file)) {
    throw NoSuchStudy(file.string() + ": no such study file");
  }
  auto sql = access == Access::read ? open_to_read(file)
                                    : std::make_unique<SqliteSql>(file, SQLite::OPEN_READWRITE);
  const int layout = prepare_file(*sql, file, access);
  return {std::move(sql), layout};
}

// With the layout of its tables.
std::pair<std::unique_ptr<PostgresSql>, int> open_server(const Address& address, Access access) {
  auto sql = std::make_unique<PostgresSql>(address.store, address.store);
  const int layout = prepare_server(*sql, access);
  return {std::move(sql), layout};
}

std::vector<std::string> names_in(Sql& sql) {
  std::vector<std::string> names;
  for (const SqlRow& row : sql.run("SELECT name FROM study GROUP BY name ORDER BY min(id)")) {
    names.push_back(text(row[0]));
  }
  return names;
}

// The name that is meant where none is given: the only one that there is.
std::string only_name(const std::vector<std::string>& names, const std::string& store,
                      const std::string& wanted) {
  const bool is_there = std::find(names.begin(), names.end(), wanted) != names.end();
  if (is_there || names.empty()) return wanted;
  if (names == std::vector<std::string>{""}) {
    throw NoSuchStudy(store + ": its only study has no name; leave out --study");
  }
  if (!wanted.empty()) throw NoSuchStudy(store + ": " + unknown_name("study", wanted, names));
  if (names.size() == 1) return names.front();
  throw Error(ErrorKind::study, fmt::format("{}: has several studies; give --study, one of: {}",
                                            store, join(names, ", ")));
}

}  // namespace

bool Address::is_server() const {
  return std::any_of(std::begin(kKnownKinds), std::end(kKnownKinds),
                     [this](const char* kind) { return store.starts_with(kind); });
}

std::string Address::text() const {
  return study.empty() ? store : fmt::format("study {} of {}", study, store);
}

void require_address(const Address& address) {
  if (!address.is_server() && is_connection_string(address.store)) {
    // It may hold a password: nothing of it is said again.
    throw Error(ErrorKind::usage,
                "--store: a connection string is not taken; write postgresql://USER@HOST/DATABASE, "
                "with the password in ~/.pgpass or PGPASSWORD (a file of such a name: ./NAME)");
  }
  const size_t kind = address.store.find("://");
  if (kind == std::string::npos) return;
  if (!address.is_server()) {
    throw Error(ErrorKind::usage, fmt::format("--store {}: an unknown kind of store; known are "
                                              "postgresql://USER@HOST/DATABASE and files",
                                              address.store.substr(0, kind + 3)));
  }
  require_url_without_password(address.store);
}

std::unique_ptr<StudyStore> open_sqlite(const std::filesystem::path& file, Access access,
                                        const std::string& part, const std::string& study,
                                        Damaged damaged) {
  hold_standard_descriptors();
  require_address({file.string(), ""});
  std::unique_ptr<FileLock> lock;
  if (access != Access::read) lock = std::make_unique<FileLock>(file, access == Access::share);
  auto [sql, layout] = open_file(file, access);
  std::string name = study;
  if (access == Access::read) name = only_name(names_in(*sql), file.string(), study);
  return std::make_unique<SqlStore>(std::move(sql), layout, std::move(lock), file.string(), name,
                                    part, damaged);
}

std::unique_ptr<StudyStore> open_store(const Address& address, Access access,
                                       const std::string& part, Damaged damaged) {
  hold_standard_descriptors();
  require_address(address);
  if (!address.is_server()) return open_sqlite(address.store, access, part, address.study, damaged);
  auto [sql, layout] = open_server(address, access);
  std::string name = address.study;
  if (access == Access::read) name = only_name(names_in(*sql), address.store, name);
  if (name.empty()) {
    throw Error(ErrorKind::usage, "--store " + address.store + ": needs --study NAME");
  }
  return std::make_unique<SqlStore>(std::move(sql), layout, nullptr, address.text(), name, part,
                                    damaged);
}

Address found_address(const Address& address) {
  const std::vector<std::string> names = studies_of(address.store);
  return {address.store, only_name(names, address.store, address.study)};
}

std::vector<std::string> studies_of(const std::string& store) {
  hold_standard_descriptors();
  const Address address{store, ""};
  require_address(address);
  if (address.is_server()) return names_in(*open_server(address, Access::read).first);
  return names_in(*open_file(store, Access::read).first);
}

StoreCheck check_store(const std::string& store) {
  const Address address{store, ""};
  require_address(address);
  if (address.is_server()) {
    const int layout = open_server(address, Access::read).second;
    return {.layout = layout, .has_digests = layout >= kFirstWithDigests, .wrong = {}};
  }
  const auto [sql, layout] = open_file(store, Access::read);
  return {.layout = layout,
          .has_digests = layout >= kFirstWithDigests,
          .wrong = wrong_with_structure(*sql)};
}

}  // namespace sweetspot::store
