// Draws one of the figures of web/figures.js from the JSON on the standard input: NAME.svg and
// NAME.png.
//   draw_figure FIGURE NAME < DATA.json
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "report/figures.hpp"
#include "report/png.hpp"
#include "sweetspot/error.hpp"

namespace {

constexpr double kPngScale = 2;

void write(const std::string& file, const std::string& bytes) {
  std::ofstream out(file, std::ios::binary);
  out << bytes;
  if (!out.flush()) throw sweetspot::Error(sweetspot::ErrorKind::system, "cannot write " + file);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const std::string name = arguments[2];
  try {
    const std::string json(std::istreambuf_iterator<char>(std::cin), {});
    const std::string svg = sweetspot::report::FigureScript().svg(arguments[1], json);
    write(name + ".svg", svg);
    write(name + ".png", sweetspot::report::png_of(svg, kPngScale));
    return 0;
  } catch (const sweetspot::Error& error) {
    fmt::print(stderr, "draw_figure: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
