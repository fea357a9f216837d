#include "report/claims/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/claims/claim_tests.hpp"

namespace sweetspot::report {
namespace {

using Json = nlohmann::ordered_json;

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

std::vector<Claim> judge_together(const ArticleParts& parts) {
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

// An article's parts as if one seed alone had been trained.
class OneSeed {
 public:
  OneSeed(const ArticleParts& all, uint64_t seed) {
    const auto keep = [&](const Summary* part, std::optional<Summary>& kept) {
      if (part != nullptr) kept = of_seed(*part, seed);
    };
    keep(all.sweep, sweep_);
    keep(all.size, size_);
    keep(all.trace, trace_);
    keep(all.tuned, tuned_);
  }
  ArticleParts parts() const {
    const auto pointer = [](const std::optional<Summary>& part) {
      return part.has_value() ? &*part : nullptr;
    };
    return {pointer(sweep_), pointer(size_), pointer(trace_), pointer(tuned_)};
  }

 private:
  std::optional<Summary> sweep_, size_, trace_, tuned_;
};

Json number_json(const std::optional<double>& number) {
  return number.has_value() && std::isfinite(*number) ? Json(*number) : Json();
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
  std::vector<Claim> claims = judge_together(parts);
  const int seeds = parts.sweep == nullptr ? 1 : parts.sweep->record.settings.seeds;
  for (int i = 0; seeds > 1 && i < seeds; ++i) {
    const uint64_t seed = parts.sweep->record.settings.seed + static_cast<uint64_t>(i);
    const OneSeed one(parts, seed);
    const std::vector<Claim> alone = judge_together(one.parts());
    for (size_t c = 0; c < claims.size(); ++c) {
      claims[c].seeds.push_back({seed, alone[c].verdict, alone[c].number});
    }
  }
  return claims;
}

std::string spread_text(const Claim& claim) {
  if (claim.seeds.empty()) return "";
  const auto alike = std::count_if(claim.seeds.begin(), claim.seeds.end(),
                                   [&](const auto& seed) { return seed.verdict == claim.verdict; });
  std::vector<double> numbers;
  for (const SeedVerdict& seed : claim.seeds) {
    if (seed.number.has_value()) numbers.push_back(*seed.number);
  }
  std::string text = fmt::format("{} of {} seeds", alike, claim.seeds.size());
  if (!numbers.empty()) {
    const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
    text += fmt::format(", {:.3g} to {:.3g}", *low, *high);
  }
  return text;
}

std::string claims_json(const std::vector<Claim>& claims) {
  Json json = Json::array();
  for (const Claim& c : claims) {
    Json claim = {{"claim", c.claim},
                  {"verdict", name_of(c.verdict)},
                  {"number", number_json(c.number)},
                  {"threshold", c.threshold},
                  {"test", c.test},
                  {"detail", c.detail},
                  {"id", c.id}};
    for (const SeedVerdict& seed : c.seeds) {
      claim["seeds"].push_back({{"seed", seed.seed},
                                {"verdict", name_of(seed.verdict)},
                                {"number", number_json(seed.number)}});
    }
    json.push_back(std::move(claim));
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
    const std::string spread = spread_text(c);
    text += fmt::format("{:>2}. {:<15} {:>8}  {}{}\n", c.id, name_of(c.verdict),
                        c.number.has_value() ? fmt::format("{:.3g}", *c.number) : "", c.claim,
                        spread.empty() ? "" : " (" + spread + ")");
  }
  return text;
}

}  // namespace sweetspot::report
