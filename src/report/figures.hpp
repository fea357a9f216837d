// The figures, drawn by the same script as the page's (web/figures.js), inside the program: an
// embedded engine turns a study's JSON into SVG. Thread-safety: one thread at a time an object.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sweetspot::report {

class FigureScript {
 public:
  FigureScript();
  ~FigureScript();
  FigureScript(FigureScript&&) = delete;

  // `json` is what to_json() gives. Both throw Error (system) with the script's own words.

  // File names without ending, in the page's order, of a part ("sweep", "size", "trace", "tune").
  std::vector<std::string> names(const std::string& part, const std::string& json);
  std::string svg(const std::string& name, const std::string& json);

 private:
  std::string call(const char* function, const std::vector<std::string>& arguments);

  struct Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace sweetspot::report
