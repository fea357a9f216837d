// sweetspot data: the named data sets.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "data/fetch.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

data::FetchTools tools() {
  return data::real_fetch_tools([](const std::string& line) { say("{}\n", line); });
}

int list_data() {
  const data::FetchTools with = tools();
  for (const data::CatalogEntry& entry : data::catalog()) {
    print("{:<14} {:<11} {}\n", entry.name,
          data::is_cached(entry, with.cache) ? "cached" : "not cached", entry.about);
  }
  print("cache: {}\n", with.cache.string());
  return 0;
}

int fetch_data(const std::string& name) {
  const data::CatalogEntry* entry = data::find_in_catalog(name);
  if (entry == nullptr) {
    throw Error(ErrorKind::usage, unknown_name("data set", name, data::catalog_names()));
  }
  print("{}: {}\n", name, data::fetch(*entry, tools()).string());
  return 0;
}

}  // namespace

void add_data(CLI::App& program, int& exit_code) {
  CLI::App* data =
      program.add_subcommand("data", "The named data sets: what there is, and fetching");
  data->require_subcommand(1);
  CLI::App* list = data->add_subcommand("list", "List them, and which are cached");
  list->callback([&exit_code] { exit_code = list_data(); });
  auto name = std::make_shared<std::string>();
  CLI::App* fetch = data->add_subcommand(
      "fetch", "Bring one into the cache ($XDG_CACHE_HOME/sweetspot or ~/.cache/sweetspot)");
  fetch->add_option("NAME", *name, "mnist or fashion-mnist")->required();
  fetch->callback([name, &exit_code] { exit_code = fetch_data(*name); });
}

}  // namespace sweetspot::cli
