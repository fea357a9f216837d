// The experiment's claims, each judged by a stated test (docs/claims.md). Thread-safety: pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/summary/summary.hpp"

namespace sweetspot::report {

enum class Verdict { reproduced, not_reproduced, undecided };
std::string_view name_of(Verdict verdict);

// A claim as one seed alone would have it.
struct SeedVerdict {
  uint64_t seed = 0;
  Verdict verdict = Verdict::undecided;
  std::optional<double> number;
};

struct Claim {
  int id = 0;         // 1 to 13
  std::string claim;  // in words
  Verdict verdict = Verdict::undecided;
  std::optional<double> number;    // what the test measured
  std::string threshold;           // what it must be for the claim to be reproduced
  std::string test;                // what was measured, in a sentence
  std::string detail;              // what else is worth knowing
  std::vector<SeedVerdict> seeds;  // of an article with several
};

// What an article's study has; a part that is missing leaves its claims undecided.
struct ArticleParts {
  const Summary* sweep = nullptr;
  const Summary* size = nullptr;
  const Summary* trace = nullptr;
  const Summary* tuned = nullptr;  // RMSProp over a grid of its numbers
};

ArticleParts article_parts(const std::vector<Summary>& parts);

std::vector<Claim> judge_claims(const ArticleParts& parts);

// "2 of 3 seeds, 0.91 to 1.2"; empty where there is but one.
std::string spread_text(const Claim& claim);

// [{"claim", "verdict", "number", "threshold", "test", "detail", "id", "seeds"}, ...]
std::string claims_json(const std::vector<Claim>& claims);

// A line each, for the terminal.
std::string claims_text(const std::vector<Claim>& claims);

}  // namespace sweetspot::report
