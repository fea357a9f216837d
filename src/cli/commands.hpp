// One function a subcommand: declares it, with its flags, on the program. What it does runs when
// the command line is parsed; the result is the exit code (docs/exit-codes.md).
// Thread-safety: called once, from main.
#pragma once

namespace CLI {
class App;
}

namespace sweetspot::cli {

// Not an error, but not all done either: a study that was paused.
constexpr int kExitPaused = 10;

void add_sweep(CLI::App& program, int& exit_code);
void add_size(CLI::App& program, int& exit_code);
void add_trace(CLI::App& program, int& exit_code);
void add_tune(CLI::App& program, int& exit_code);
void add_check(CLI::App& program, int& exit_code);
void add_import(CLI::App& program, int& exit_code);
void add_find(CLI::App& program, int& exit_code);
void add_article(CLI::App& program, int& exit_code);
void add_replay(CLI::App& program, int& exit_code);
void add_show(CLI::App& program, int& exit_code);
void add_report(CLI::App& program, int& exit_code);
void add_export(CLI::App& program, int& exit_code);
void add_verify(CLI::App& program, int& exit_code);
void add_worker(CLI::App& program, int& exit_code);
void add_submit(CLI::App& program, int& exit_code);
void add_status(CLI::App& program, int& exit_code);
void add_cancel(CLI::App& program, int& exit_code);
void add_list(CLI::App& program, int& exit_code);
void add_model(CLI::App& program, int& exit_code);
void add_data(CLI::App& program, int& exit_code);

}  // namespace sweetspot::cli
