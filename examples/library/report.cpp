// The report of a study that `sweetspot sweep`, `tune` or another command has kept.
#include <sweetspot/sweetspot.hpp>

#include <iostream>

using namespace sweetspot;

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: report STUDY.db FOLDER\n";
    return 2;
  }
  try {
    for (const std::string& answer : study_answers(argv[1])) std::cout << answer << '\n';
    for (const std::string& file : write_report(argv[1], argv[2])) std::cout << file << '\n';
    return 0;
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << '\n';
    return static_cast<int>(error.kind());
  }
}
