#include "cohorts/rule_state.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/text.hpp"
#include "search/hopeless.hpp"

namespace sweetspot::cohorts {

RuleState rule_state(const study::Settings& s, const data::ImageSet& set) {
  if (s.kind == study::Kind::trace) return {false, "off: a trace trains to its budget"};
  if (s.kind == study::Kind::tune && !s.search.objective.steps_to_target) {
    return {false, "off: the search looks for the best metric, not for a target"};
  }
  if (s.kind == study::Kind::tune && study::is_population(s.search) && s.early_stop != "on") {
    return {false, "off: in a population who falls behind goes on from another one's state"};
  }
  if (s.early_stop == "off") return {false, "off (asked for)"};
  if (s.early_stop == "on") return {true, "on (asked for)", true};
  search::RuleScope scope;
  scope.model = s.layers.empty() ? s.model : "";
  scope.classes = set.classes;
  scope.metric = s.target.metric;
  scope.data = set.name;
  scope.fixed_rate = s.schedule == "fixed";
  if (!search::rule_is_audited_for(scope)) {
    return {false,
            "off: the rule was audited on MNIST and Fashion-MNIST with tiny, small and tutorial, a "
            "fixed rate and a train or running accuracy, not for this study; --early-stop turns it "
            "on"};
  }
  std::vector<std::string> others;
  for (const std::string& optimizer : s.optimizers) {
    if (!search::rule_is_audited_with(optimizer)) others.push_back(optimizer);
  }
  if (others.empty()) return {true, "on"};
  return {true, fmt::format("on, but not for {}, with which the rule was not audited; --early-stop "
                            "turns it on",
                            join(others, ", "))};
}

}  // namespace sweetspot::cohorts
