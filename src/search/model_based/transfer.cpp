#include "search/model_based/transfer.hpp"

#include <algorithm>
#include <set>

#include "search/model_based/valley_search.hpp"
#include "space/config_key.hpp"

namespace sweetspot::search {
namespace {

constexpr size_t kChoices = 3;
constexpr size_t kConfigs = 10;

// Trials in the order of what they came to.
std::vector<const SeenTrial*> best_first(const std::vector<SeenTrial>& trials) {
  std::vector<const SeenTrial*> order;
  for (const SeenTrial& trial : trials) order.push_back(&trial);
  std::stable_sort(order.begin(), order.end(),
                   [](const SeenTrial* a, const SeenTrial* b) { return is_better(*a, *b); });
  return order;
}

// Some configs, one after the other, each to the budget.
class GivenConfigs final : public Search {
 public:
  explicit GivenConfigs(std::vector<space::Config> configs) : configs_(std::move(configs)) {}
  std::vector<Proposal> ask(const History& history, size_t most) const override {
    std::vector<Proposal> proposals;
    for (size_t i = history.trials.size(); i < configs_.size() && proposals.size() < most; ++i) {
      proposals.push_back(Proposal::new_trial(configs_[i], history.budget));
    }
    return proposals;
  }

 private:
  std::vector<space::Config> configs_;
};

}  // namespace

std::vector<space::Config> transfer_starts(const space::Space& space,
                                           const std::vector<SeenTrial>& on_proxy) {
  std::vector<space::Config> starts;
  std::set<std::string> choices;
  for (const SeenTrial* trial : best_first(on_proxy)) {
    space::Config choice = trial->config;
    for (const space::Parameter& parameter : space.parameters()) {
      if (!space::is_categorical(parameter)) choice.erase(parameter.name);
    }
    if (starts.size() < kChoices && choices.insert(space::key_of(choice)).second) {
      starts.push_back(trial->config);
    }
  }
  return starts;
}

std::unique_ptr<Search> make_transfer(const space::Space& space,
                                      const std::vector<SeenTrial>& on_proxy) {
  if (ValleySearch::takes(space)) {
    return std::make_unique<ValleySearch>(space, transfer_starts(space, on_proxy));
  }
  std::vector<space::Config> configs;
  for (const SeenTrial* trial : best_first(on_proxy)) {
    if (configs.size() < kConfigs) configs.push_back(trial->config);
  }
  return std::make_unique<GivenConfigs>(std::move(configs));
}

}  // namespace sweetspot::search
