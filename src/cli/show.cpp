// sweetspot show: a study in the terminal.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "report/json.hpp"
#include "report/table.hpp"
#include "store/sqlite_store.hpp"

namespace sweetspot::cli {

void add_show(CLI::App& program, int& exit_code) {
  struct Flags {
    std::string file;
    bool json = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* show = program.add_subcommand(
      "show", "Print a study: its answer, bands and cost; works while it trains");
  show->add_option("FILE.db", flags->file, "The study file")->required();
  show->add_flag("--json", flags->json, "Everything, curves included, as JSON (docs/json.md)");
  show->callback([flags, &exit_code] {
    const auto store = store::open_sqlite(flags->file, store::Access::read);
    const report::Summary summary = report::summarize(*store);
    fmt::print("{}", flags->json ? report::to_json(summary) : report::table(summary));
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
