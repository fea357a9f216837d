// Trains a study as a command asked for it, with progress, and pauses it at Ctrl-C.
// Thread-safety: one study at a time, from the main thread.
#pragma once

#include <string>

#include "cli/study_request.hpp"
#include "cli/training_flags.hpp"
#include "run/run_progress.hpp"
#include "run/shared_options.hpp"
#include "sweetspot/image_set.hpp"

namespace sweetspot::cli {

// Reads the data that the request names, fetching it where it is missing.
data::ImageSet load_data(const StudyRequest& request);

// How the request's worker takes part in a study that several train.
run::SharedOptions shared_options(const StudyRequest& request);

// Where a worker whose store stays out of reach puts what that did not get. Throws Error (system)
// where one did.
std::string rescue_file(const StudyRequest& request);
void require_reachable(const run::RunEnd& end, const StudyRequest& request);

// Makes or extends the request's study and trains it. Whether all trials have ended; says how to go
// on where not.
bool train_study(const StudyRequest& request, const data::ImageSet& set);

// The same for a study that is there as it is to be.
bool train_prepared(store::StudyStore& store, const StudyRequest& request,
                    const data::ImageSet& set);

// Prints the table of a study whose trials have ended, and where it is.
void print_end(const store::Address& study, const std::string& part);

// What a command of one study does: prints the plan or the configuration where that was asked for,
// else trains and prints the table. Returns the exit code.
int run_study_command(const TrainingFlags& flags, StudyRequest request);

// Declares a command of one study that is asked for by a study file and flags alone.
void add_study_command(CLI::App& program, study::Kind kind, int& exit_code,
                       const std::string& about, const std::string& footer);

}  // namespace sweetspot::cli
