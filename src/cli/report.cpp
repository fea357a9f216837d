// sweetspot report: a study as figures and a page.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "report/summary.hpp"
#include "store/sqlite_store.hpp"

namespace sweetspot::cli {

void add_report(CLI::App& program, int& exit_code) {
  struct Flags {
    std::string file;
    std::string output;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* report = program.add_subcommand(
      "report", "Draw a study: one page to open, each figure as SVG and PNG, the data as CSV");
  report->add_option("FILE.db", flags->file, "The study file")->required();
  report->add_option("--output", flags->output, "The folder to write into")->required();
  report->callback([flags, &exit_code] {
    const auto store = store::open_sqlite(flags->file, store::Access::read);
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
