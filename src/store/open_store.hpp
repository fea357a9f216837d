// Opens stores: a study in a SQLite file, or one of those on a PostgreSQL server.
// Thread-safety: free functions, safe from any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/study_store.hpp"

namespace sweetspot::store {

// Where a study is kept.
struct Address {
  std::string store;  // a file, or a URL
  std::string study;  // its name there; of a file none is the one that it has
  bool is_server() const;
  // Of people: "results.db", "study mnist of postgresql://user@host/db".
  std::string text() const;
};

// Throws Error (usage) for a URL of an unknown kind, one with a password in it, a connection string
// of keys and values, or a server's study without a name.
void require_address(const Address& address);

// `part` is the part of the study that the store works on.
//
// A file: Access::train creates it where it is missing and holds an OS lock on it for the store's
// lifetime, throwing Error (study) where another process trains on it; Access::share creates it,
// too, and allows for other sharers. A server: both make the tables where they are missing.
// Access::read needs the study's file, or the tables.
std::unique_ptr<StudyStore> open_store(const Address& address, Access access,
                                       const std::string& part = "sweep",
                                       Damaged damaged = Damaged::refused);

std::unique_ptr<StudyStore> open_sqlite(const std::filesystem::path& file, Access access,
                                        const std::string& part = "sweep",
                                        const std::string& study = "",
                                        Damaged damaged = Damaged::refused);

// The address of a study that is there: with the name of the only one where none was given. Throws
// NoSuchStudy; Error (study) where several are there.
Address found_address(const Address& address);

// The names of the studies of a store, in the order in which they came.
std::vector<std::string> studies_of(const std::string& store);

// What is known of a store as a whole, before any study of it is read.
struct StoreCheck {
  int layout = 0;                  // of its tables
  bool has_digests = false;        // older layouts have none
  std::vector<std::string> wrong;  // of a file's structure, a line each
};
StoreCheck check_store(const std::string& store);

}  // namespace sweetspot::store
