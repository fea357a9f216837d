// sweetspot report: a study as figures and a page.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/all_parts.hpp"
#include "cli/commands.hpp"
#include "report/summary.hpp"
#include "report/write_report.hpp"

namespace sweetspot::cli {

void add_report(CLI::App& program, int& exit_code) {
  struct Flags {
    std::string file;
    std::string output;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "report", "Draw a study: one page to open, each figure as SVG and PNG, the data as CSV");
  command->add_option("FILE.db", flags->file, "The study file")->required();
  command->add_option("--output", flags->output, "The folder to write into")->required();
  command->callback([flags, &exit_code] {
    const std::vector<report::Summary> parts = all_parts(flags->file);
    const std::vector<std::string> files = report::write_report(parts, flags->output);
    for (const report::Summary& part : parts) fmt::print("{}\n", report::answer(part));
    fmt::print("{} files in {}; open {}/index.html\n", files.size(), flags->output, flags->output);
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
