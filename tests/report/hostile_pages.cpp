// Writes the reports that page_test.js opens: of studies whose texts try to run.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "report/page.hpp"
#include "report/write_report.hpp"
#include "support/hostile_study.hpp"

namespace {

using namespace sweetspot;
using namespace sweetspot::testing_support;

void write_page(const std::filesystem::path& folder, const report::Summary& summary,
                const std::string& json) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "index.html", std::ios::binary) << report::page_html(
      {.parts = {&summary}, .part_json = {json}, .claims = {}, .files = {"a.svg"}});
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: hostile_pages FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  report::write_report({hostile_sweep()}, folder / "sweep", false);
  const report::Summary search = hostile_search(hostile_texts(), 60);
  report::write_report({search}, folder / "search", false);
  write_page(folder / "without-places", search, without_places(search));
  report::write_report({hostile_sizes()}, folder / "sizes", false);
  std::vector<report::Summary> parts = {hostile_sweep(), hostile_search({"a", "b"}, 30),
                                        hostile_sizes(), hostile_sweep()};
  parts.back().part = "../" + hostile_texts()[0] + "\n" + hostile_texts()[1];
  report::write_report(parts, folder / "parts", true);
  return 0;
}
