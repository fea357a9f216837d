// The data sets that are known by name: their files, the only bytes that are trusted, and where
// they can be had. Thread-safety: constant tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sweetspot::data {

struct CatalogFile {
  std::string_view name;    // in the cache
  std::string_view sha256;  // of the file as it is in the cache
};

struct CatalogEntry {
  std::string_view name;
  std::string_view about;
  std::span<const CatalogFile> files;
  std::string_view installed_folder;          // of a Debian package, or ""
  std::string_view npm_package;               // or ""
  std::string_view npm_folder;                // inside the package
  std::string_view debian_package;            // or ""
  std::string_view debian_folder;             // inside the package
  std::span<const std::string_view> mirrors;  // HTTPS addresses of a folder with the gzipped files
};

std::span<const CatalogEntry> catalog();
std::vector<std::string> catalog_names();
// Null for a name that is not in the catalog.
const CatalogEntry* find_in_catalog(std::string_view name);

}  // namespace sweetspot::data
