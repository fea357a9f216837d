// The program: subcommands, and what becomes of errors.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <new>
#include <system_error>

#include "base/descriptors.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "sweetspot/error.hpp"
#include "version.hpp"

namespace {

constexpr int kExitUsage = 2;
constexpr int kExitSystem = 5;

// An unknown flag or subcommand gets the nearest known one.
std::string with_nearest(const CLI::App& program, const std::string& message) {
  const CLI::App* at = &program;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  std::vector<std::string> known;
  for (const CLI::Option* option : at->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; })) {
    known.push_back(command->get_name());
  }
  const std::vector<std::string> left = at->remaining(true);
  if (left.empty() || known.empty()) return message;
  const std::string word = left.front().substr(0, left.front().find('='));
  return fmt::format("unknown argument '{}'; the nearest known is '{}'; see {} --help",
                     left.front(), sweetspot::nearest_name(word, known),
                     at == &program ? "sweetspot" : "sweetspot " + at->get_name());
}

// The library reads 010 as eight, and of a number that is too large the largest that it has.
std::string why_not_whole(const std::string& text) {
  int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool is_plain = text == std::to_string(number) || text == "-0";
  if (error == std::errc() && stop == end && is_plain) return "";
  return fmt::format("{}: a whole number is expected, at most {}", text,
                     std::numeric_limits<int64_t>::max());
}

void require_whole_numbers(CLI::App& program) {
  for (CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    for (CLI::Option* option : command->get_options()) {
      if (option->get_type_name().starts_with("INT")) option->check(why_not_whole, "");
    }
    require_whole_numbers(*command);
  }
}

int report(int code, const std::string& message) {
  sweetspot::cli::say("sweetspot: {}\n", sweetspot::printable(message));
  return code;
}

// A code that tells more than that is kept.
int with_output(int code) {
  try {
    sweetspot::cli::flush_output();
    return code;
  } catch (const sweetspot::Error& error) {
    return report(code != 0 ? code : static_cast<int>(error.kind()), error.what());
  }
}

int run(int count, char** arguments) {
  using namespace sweetspot;
  CLI::App program(
      "sweetspot finds the narrow band of learning rates in which a model trains, for each\n"
      "optimizer, shows it, and picks from it.",
      "sweetspot");
  program.set_version_flag("--version", std::string("sweetspot ") + kVersion);
  program.require_subcommand(1);
  program.footer(
      "Each subcommand has its own --help. Exit codes: 0 done, 2 bad argument, 3 data, "
      "4 study,\n5 system, 6 your program failed, 10 paused; see docs/exit-codes.md.");
  int exit_code = 0;
  cli::add_sweep(program, exit_code);
  cli::add_size(program, exit_code);
  cli::add_trace(program, exit_code);
  cli::add_tune(program, exit_code);
  cli::add_check(program, exit_code);
  cli::add_find(program, exit_code);
  cli::add_article(program, exit_code);
  cli::add_replay(program, exit_code);
  cli::add_show(program, exit_code);
  cli::add_report(program, exit_code);
  cli::add_export(program, exit_code);
  cli::add_import(program, exit_code);
  cli::add_verify(program, exit_code);
  cli::add_worker(program, exit_code);
  cli::add_submit(program, exit_code);
  cli::add_status(program, exit_code);
  cli::add_cancel(program, exit_code);
  cli::add_list(program, exit_code);
  cli::add_model(program, exit_code);
  cli::add_data(program, exit_code);
  require_whole_numbers(program);
  try {
    program.parse(count, arguments);
    return with_output(exit_code);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return with_output(program.exit(error));
    const bool is_no_number = dynamic_cast<const CLI::ConversionError*>(&error) != nullptr;
    const std::string message =
        is_no_number ? std::string(error.what()) + ": a number is expected" : error.what();
    return report(kExitUsage, with_nearest(program, message));
  } catch (const Error& error) {
    return report(static_cast<int>(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return report(kExitSystem, "out of memory; fewer --lanes or --threads, or a smaller model");
  } catch (const std::system_error& error) {
    const bool is_output = std::ferror(stdout) != 0;
    return report(kExitSystem,
                  is_output ? cli::output_trouble(error.code().value()) : error.what());
  } catch (const std::exception& error) {
    return report(kExitSystem, error.what());
  }
}

}  // namespace

int main(int count, char** arguments) {
  try {
    sweetspot::cli::take_output_errors();
    sweetspot::hold_standard_descriptors();
    return run(count, arguments);
  } catch (const sweetspot::Error& error) {
    return report(static_cast<int>(error.kind()), error.what());
  } catch (...) {
    // Nothing is left that could be printed safely.
    return kExitSystem;
  }
}
