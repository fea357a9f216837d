#include "run/metric_places.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace sweetspot::run {

void MetricPlaces::learn(const std::vector<std::string>& metrics, store::StudyStore& store) {
  if (metrics.size() == places_.size()) return;
  of_store_ = store.register_metrics(metrics);
  places_.clear();
  for (const std::string& metric : metrics) {
    const auto found = std::find(of_store_.begin(), of_store_.end(), metric);
    places_.push_back(static_cast<size_t>(found - of_store_.begin()));
  }
}

bool MetricPlaces::try_learn(const std::vector<std::string>& metrics, store::StudyStore& store) {
  try {
    learn(metrics, store);
    return true;
  } catch (const store::StoreUnreachable&) {
    return false;
  }
}

void MetricPlaces::put_in_order(store::Batch& batch) const {
  for (store::Observation& observation : batch.observations) {
    std::vector<std::optional<double>> ordered;
    const std::vector<std::optional<double>>& values = observation.point.values;
    for (size_t i = 0; i < std::min(values.size(), places_.size()); ++i) {
      if (places_[i] >= ordered.size()) ordered.resize(places_[i] + 1);
      ordered[places_[i]] = values[i];
    }
    observation.point.values = std::move(ordered);
  }
}

}  // namespace sweetspot::run
