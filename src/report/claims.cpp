#include "report/claims.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/claim_tests.hpp"

namespace sweetspot::report {

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

std::vector<Claim> judge_claims(const ArticleParts& p) {
  return {most_rates_fail(p.sweep),       curves_are_valleys(p.sweep),
          no_rate_for_all(p.sweep),       time_varies_tenfold(p.sweep),
          adam_is_best(p.sweep),          rmsprop_is_poor(p.sweep, p.tuned),
          time_is_linear(p.size),         best_rate_stays(p.size),
          time_grows_above(p.size),       bands_cover_four_decades(p.sweep),
          one_rate_for_all_sizes(p.size), failures_split(p.sweep),
          traces_converge(p.trace)};
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
