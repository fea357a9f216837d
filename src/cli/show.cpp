// sweetspot show: a study in the terminal.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/read_parts.hpp"
#include "cli/terminal.hpp"
#include "report/all_parts.hpp"
#include "report/json.hpp"
#include "report/table.hpp"

namespace sweetspot::cli {
void add_show(CLI::App& program, int& exit_code) {
  struct Flags {
    AddressFlags study;
    bool json = false;
    std::string part;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* show = program.add_subcommand(
      "show", "Print a study: its answer, bands and cost; works while it trains");
  declare_address(*show, flags->study);
  declare_skip_damaged(*show, flags->study);
  show->add_flag("--json", flags->json, "Everything, curves included, as JSON (docs/json.md)");
  show->add_option(
      "--part", flags->part,
      "sweep, size, trace, tuned or tune alone [all; with --json the first that there is]");
  show->callback([flags, &exit_code] {
    const auto parts = report::chosen_parts(read_parts(flags->study), flags->part);
    if (flags->json) {
      print_json(report::to_json(parts.front()));
    } else {
      std::string between;
      for (const report::Summary& part : parts) {
        print("{}{}", between, report::table(part, terminal_width()));
        between = "\n";
      }
    }
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
