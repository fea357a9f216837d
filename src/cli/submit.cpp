// sweetspot submit: makes a study on a store, and has Slurm start workers for it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "base/process.hpp"
#include "base/read_file.hpp"
#include "base/text.hpp"
#include "base/write_file.hpp"
#include "cli/command_request.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_address.hpp"
#include "cli/study_file.hpp"
#include "cli/train_study.hpp"
#include "cluster/batch_script.hpp"
#include "cohorts/prepare_study.hpp"
#include "programs/program_setup.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

namespace fs = std::filesystem;

struct SubmitFlags {
  TrainingFlags training;
  std::string kind;
  cluster::BatchJob job;
  bool dry_run = false;
};

// The study that the file asks for, as the training command of that kind would make it.
StudyRequest request_of(const SubmitFlags& flags) {
  // Once: what comes through a pipe is gone then.
  const std::string& file = flags.training.file;
  const std::string text = read_text_file(file);
  const study::Kind kind =
      flags.kind.empty() ? kind_asked_for_in(file, text) : study::kind_of(flags.kind);
  StudyRequest request = default_request(kind);
  request.study = fs::path(flags.training.file).stem().string();
  request.given.insert("study");
  apply_study_text(file, text, request);
  apply_flags(flags.training, request);
  if (request.store.empty()) {
    throw Error(ErrorKind::usage, "submit: needs --store, which all workers reach");
  }
  if (request.settings.command.has_value()) {
    settle_command(request);
  } else {
    settle(request);
  }
  return request;
}

void make_study(const StudyRequest& request) {
  if (request.settings.command.has_value()) programs::require_program(request.settings);
  std::optional<data::ImageSet> set;
  if (!request.settings.command.has_value()) set = load_data(request);
  const auto store = store::open_store(address_of(request), store::Access::share, request.part);
  store->atomically([&] {
    if (set.has_value()) {
      cohorts::prepare_study(*store, request.settings, *set);
    } else {
      programs::prepare_program_study(*store, request.settings, request.retry_failed);
    }
  });
}

std::string submitted(const fs::path& script) {
  const ProcessResult result = run_process({"sbatch", script.string()}, "");
  if (!result.started) {
    throw Error(ErrorKind::system,
                fmt::format("sbatch: not found, so nothing is submitted; the study is made, and {} "
                            "is the script: start it elsewhere, or `sweetspot worker` by hand",
                            script.string()));
  }
  const std::string said = printable(result.output.substr(0, result.output.find('\n')));
  if (result.exit_code != 0) {
    throw Error(ErrorKind::system, fmt::format("sbatch refuses {}: {}", script.string(), said));
  }
  return said;
}

int submit(SubmitFlags flags) {
  const StudyRequest request = request_of(flags);
  cluster::BatchJob& job = flags.job;
  job.address = address_of(request);
  job.program = fs::read_symlink("/proc/self/exe").string();
  job.threads = flags.training.threads.has_value() ? request.threads : 1;
  if (request.given.contains("lanes")) job.lanes = request.lanes;
  job.lease_seconds = flags.training.lease;
  job.patience_seconds = flags.training.patience;
  const std::string script = cluster::batch_script(job);
  if (flags.dry_run) {
    print("{}", script);
    return 0;
  }
  make_study(request);
  const fs::path file = fs::absolute(request.study + ".sbatch");
  write_file(file, script);
  print("{}; sweetspot status {} --follow watches it\n", submitted(file),
        arguments_of(job.address));
  return 0;
}

}  // namespace

void add_submit(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<SubmitFlags>();
  CLI::App* command = program.add_subcommand(
      "submit", "Make a study on a store, and have Slurm start workers for it");
  TrainingFlags& training = flags->training;
  command->add_option("STUDY.toml", training.file, "The study file")->required();
  command
      ->add_option("--as", flags->kind,
                   "What the file asks for: sweep, size or tune [as its keys say]")
      ->check(CLI::IsMember({"sweep", "size", "tune"}));
  command->add_option("--study", training.study, "The study's name in the store [as the file's]");
  declare_worker_flags(*command, training);
  cluster::BatchJob& job = flags->job;
  command->add_option("--workers", job.workers, "How many [1]")->check(CLI::Range(1, 100000));
  command->add_option("--threads", training.threads,
                      "Of each worker, and processors it asks for [1]");
  command->add_option("--lanes", training.lanes, kLanesHelp);
  command->add_option("--partition", job.partition, "As sbatch's");
  command->add_option("--time", job.time, "As sbatch's; the worker ends itself a minute before");
  command->add_option("--gpus", job.gpus, "Of each worker, as sbatch's --gpus-per-task");
  command->add_option("--sbatch", job.options,
                      "Any other option of sbatch's: --sbatch=--account=NAME (may be repeated)");
  command->add_flag("--dry-run", flags->dry_run, "Print the script; make and submit nothing");
  command->footer(
      "Writes STUDY.sbatch into the current folder and submits it: an array of workers, which are "
      "brought\nback when they are preempted or their time is up. Example:\n"
      "  sweetspot submit mnist.toml --store postgresql://tuner@db/tuning --workers 16 --time "
      "2:00:00");
  command->callback([flags, &exit_code] { exit_code = submit(*flags); });
}

}  // namespace sweetspot::cli
