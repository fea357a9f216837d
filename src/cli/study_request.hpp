// All that a command that trains can be asked for, whether by a study file or by flags.
// Thread-safety: plain values.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "programs/program_options.hpp"
#include "store/open_store.hpp"
#include "study/settings.hpp"

namespace sweetspot::cli {

struct StudyRequest {
  study::Settings settings;
  std::string store = {};            // where it is one of several: a file or a URL
  std::string study = "sweep.db";    // its name there; without a store its file
  std::string part = "sweep";        // of the study
  int threads = 0;                   // 0: all processors
  int lanes = 0;                     // of a cohort; 0: as many as suit the processor
  double max_seconds = 0;            // 0: no limit
  programs::ProgramOptions command;  // of a user's own program
  bool retry_failed = false;
  double lease_seconds = 20;      // of a worker of a shared study
  double patience_seconds = 600;  // of a worker whose store does not answer
  std::set<std::string> given;    // keys that a study file or a flag has set
};

// Of a cohort: 8, 16 or 32.
bool is_lane_count(int64_t lanes);

// Where the request's study is kept.
store::Address address_of(const StudyRequest& request);

// The experiment's defaults. sweep: all six optimizers, 1e-6:100:6, to 97 %. size: Adam at six
// rates and the sizes 1 to 10 by 0.25, to 96 %. trace: no target. tune: the six optimizers, rates
// from 1e-6 to 100.
StudyRequest default_request(study::Kind kind);

// A network's name, or a model file, into the settings. Throws Error (usage): the file.
void apply_model(const std::string& model, study::Settings& settings);

// `all` among them stands for every optimizer.
std::vector<std::string> with_all_optimizers(std::vector<std::string> names);

// Once all is known: writes out what depends on other settings, the schedule on the budget, so that
// the study keeps what it means. Throws Error (usage).
void settle(StudyRequest& request);

// "rmsprop.decay=0.99" or "dropout=0.3" into the settings. Throws Error (usage).
void apply_number(const std::string& assignment, study::Settings& settings);

}  // namespace sweetspot::cli
