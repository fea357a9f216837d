// The order in which a store has metrics that a program reports: another worker may have come upon
// them in another one. Thread-safety: one thread at a time.
#pragma once

#include <string>
#include <vector>

#include "store/study_store.hpp"

namespace sweetspot::run {

class MetricPlaces {
 public:
  // Asks the store where there are new ones. `metrics` are in the order of observations' values.
  void learn(const std::vector<std::string>& metrics, store::StudyStore& store);
  // False where the store is out of reach.
  bool try_learn(const std::vector<std::string>& metrics, store::StudyStore& store);

  // Observations' values into the store's order.
  void put_in_order(store::Batch& batch) const;
  // In the store's order.
  const std::vector<std::string>& metrics() const { return of_store_; }

 private:
  std::vector<std::string> of_store_;
  std::vector<size_t> places_;
};

}  // namespace sweetspot::run
