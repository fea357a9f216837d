// The file of a study whose trials its caller trains: what it had when it was opened, and what is
// added to it. A study in memory has a keeper without a file, which keeps nothing.
// Thread-safety: one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "store/study_store.hpp"
#include "sweetspot/space.hpp"
#include "sweetspot/study.hpp"

namespace sweetspot {

// Searches take the larger value for the better one: a score is a value, or minus a value that is
// to be small.
double score_of(const StudyOptions& options, double value);

// The options as a study's settings.
study::Settings settings_of(const space::Space& space, const StudyOptions& options);

// The space as the study in the file means it, where there is one: with the digits it was begun by.
space::Space as_begun(const space::Space& space, const std::filesystem::path& file);

class StudyKeeper {
 public:
  // Opens the file, or begins it. Throws Error (study) where it has a study made with other
  // options, beside what the store throws.
  StudyKeeper(const space::Space& space, const StudyOptions& options);

  // By number, as of the opening.
  const std::vector<TrialResult>& kept() const { return kept_; }

  void add(const TrialResult& trial);
  void observe(int trial, const Check& check);
  void end(const TrialResult& trial);
  // Writes what has come; `at_once`, or twice a second. What could not be written stays for the
  // next time.
  void write(bool at_once);

 private:
  void load();

  StudyOptions options_;
  std::unique_ptr<store::StudyStore> store_;
  std::vector<TrialResult> kept_;
  store::Batch batch_;
  std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point written_;
};

}  // namespace sweetspot
