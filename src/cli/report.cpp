// sweetspot report: a study as figures and a page.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/read_parts.hpp"
#include "report/claims/claims.hpp"
#include "report/summary/summary.hpp"
#include "report/write_report.hpp"

namespace sweetspot::cli {

void add_report(CLI::App& program, int& exit_code) {
  struct Flags {
    AddressFlags study;
    std::string output;
    bool claims = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "report", "Draw a study: one page to open, each figure as SVG and PNG, the data as CSV");
  declare_address(*command, flags->study);
  declare_skip_damaged(*command, flags->study);
  command->add_option("--output", flags->output, "The folder to write into")->required();
  command->add_flag("--claims", flags->claims,
                    "Judge the article's claims as well, as far as the study's parts allow");
  command->callback([flags, &exit_code] {
    const std::vector<report::Summary> parts = read_parts(flags->study);
    const std::vector<std::string> files =
        report::write_report(parts, flags->output, flags->claims);
    for (const report::Summary& part : parts) print("{}\n", report::answer(part));
    if (flags->claims) {
      print("\n{}\n", report::claims_text(report::judge_claims(report::article_parts(parts))));
    }
    print("{} files in {}; open {}/index.html\n", files.size(), flags->output, flags->output);
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
