#include "report/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/claim_tests.hpp"

namespace sweetspot::report {
namespace {

constexpr size_t kEnoughRates = 8;  // of an optimizer, for a claim about its rates

struct ClaimWords {
  const char* claim;
  const char* test;
  const char* threshold;
  ClaimTest measure;
};

// In the order of their numbers.
constexpr ClaimWords kClaims[] = {
    {"For every optimizer most learning rates fail.",
     "the largest share of an optimizer's trainings that reach the target", "below 0.5",
     most_rates_fail},
    {"Each optimizer's time to train is a valley over the learning rate.",
     "the least share, over the optimizers, of the variance of log(steps) that the best valley "
     "(falling, then rising) explains",
     "at least 0.8", curves_are_valleys},
    {"No learning rate works for all optimizers.",
     "rates at which every optimizer reaches the target", "0", no_rate_for_all},
    {"The learning rate changes the time by an order of magnitude within the band that trains.",
     "slowest over fastest rate that reaches the target, median over the optimizers", "at least 10",
     time_varies_tenfold},
    {"Adam is the fastest, the most stable, and has one of the widest bands.",
     "how many hold: fewest steps at the best rate; smallest mean change of log(steps) from rate "
     "to rate; among the two widest bands",
     "3", adam_is_best},
    {"RMSProp with its default numbers does poorly.",
     "RMSProp's steps at its best rate over the fastest optimizer's", "at least 1.5",
     rmsprop_is_poor},
    {"Training time grows linearly with the size of the network.",
     "R squared of compute seconds = c + k n, at the rate that trains most sizes",
     "at least 0.8, with a slope above 0 at 95 %", time_is_linear},
    {"The learning rate that is best at 1x is best at 10x.",
     "steps at the largest size with the smallest size's best rate, over the fewest steps there",
     "at most 1.05", best_rate_stays},
    {"Above 1e-3 time and its variance grow with the learning rate.",
     "share of neighbouring rates from 1e-3 on of which the higher has more steps (over the sizes "
     "that both train) and more variance about its fitted line",
     "1", time_grows_above},
    {"Rates over more than four decades train with at least one optimizer.",
     "decades of learning rates that the union of the bands covers", "above 4",
     bands_cover_four_decades},
    {"One learning rate trains at every size.", "the largest share of sizes that one rate trains",
     "1", one_rate_for_all_sizes},
    {"Rates that are too low fail slowly, rates that are too high by instability.",
     "the smaller of two shares: failures below the best rate whose loss was not rising; failures "
     "above it that diverged, ended at no more than twice the accuracy of chance, or whose loss "
     "rose",
     "at least 0.8", failures_split},
    {"In the trace all but RMSProp converge, and Adam has no major fall.",
     "Adam's largest fall of validation accuracy from its highest before",
     "at most 0.02, every other training ending above 0.95 of the highest accuracy of all, and "
     "RMSProp not",
     traces_converge}};

bool is_enough(const Summary& sweep) {
  return sweep.record.settings.learning_rates.size() >= kEnoughRates &&
         std::all_of(sweep.trials.begin(), sweep.trials.end(),
                     [](const TrialSummary& t) { return t.trial.outcome.has_value(); });
}

Evidence evidence_of(const ArticleParts& parts) {
  Evidence evidence;
  if (parts.sweep != nullptr && is_enough(*parts.sweep)) evidence.sweep = parts.sweep;
  evidence.tuned = parts.tuned;
  if (parts.size != nullptr) evidence.sizes = summarize_sizes(*parts.size);
  if (parts.trace != nullptr) evidence.trace = summarize_trace(*parts.trace);
  return evidence;
}

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::reproduced:
      return "reproduced";
    case Verdict::not_reproduced:
      return "not reproduced";
    default:
      return "undecided";
  }
}

std::vector<Claim> judge_claims(const ArticleParts& parts) {
  const Evidence evidence = evidence_of(parts);
  std::vector<Claim> claims;
  for (const ClaimWords& words : kClaims) {
    Claim claim;
    claim.id = static_cast<int>(claims.size()) + 1;
    claim.claim = words.claim;
    claim.test = words.test;
    claim.threshold = words.threshold;
    if (std::optional<Finding> finding = words.measure(evidence); finding.has_value()) {
      claim.verdict = finding->holds ? Verdict::reproduced : Verdict::not_reproduced;
      claim.number = finding->number;
      claim.detail = std::move(finding->detail);
    }
    claims.push_back(std::move(claim));
  }
  return claims;
}

std::string claims_json(const std::vector<Claim>& claims) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Claim& c : claims) {
    const bool has_number = c.number.has_value() && std::isfinite(*c.number);
    json.push_back({{"claim", c.claim},
                    {"verdict", name_of(c.verdict)},
                    {"number", has_number ? nlohmann::ordered_json(*c.number) : nullptr},
                    {"threshold", c.threshold},
                    {"test", c.test},
                    {"detail", c.detail},
                    {"id", c.id}});
  }
  return json.dump(1) + "\n";
}

ArticleParts article_parts(const std::vector<Summary>& parts) {
  ArticleParts article;
  for (const Summary& part : parts) {
    if (part.part == "sweep") article.sweep = &part;
    if (part.part == "size") article.size = &part;
    if (part.part == "trace") article.trace = &part;
    if (part.part == "tuned") article.tuned = &part;
  }
  return article;
}

std::string claims_text(const std::vector<Claim>& claims) {
  std::string text;
  for (const Claim& c : claims) {
    text += fmt::format("{:>2}. {:<15} {:>8}  {}\n", c.id, name_of(c.verdict),
                        c.number.has_value() ? fmt::format("{:.3g}", *c.number) : "", c.claim);
  }
  return text;
}

}  // namespace sweetspot::report
