#include "cohorts/cohort_pool.hpp"

#include <algorithm>
#include <utility>

#include "cohorts/study_setup.hpp"
#include "train/stages.hpp"

namespace sweetspot::cohorts {
namespace {

std::vector<train::Network> networks_of(const study::Settings& settings, const data::ImageSet& set,
                                        const std::vector<double>& scales) {
  std::vector<train::Network> networks;
  for (const double scale : scales) networks.push_back(network_of(settings, set, scale));
  if (study::has_proxy(settings)) networks.push_back(proxy_of(settings, set));
  return networks;
}

}  // namespace

CohortPool::CohortPool(const study::Settings& settings, const data::ImageSet& set,
                       const std::vector<double>& scales, TrialHost& host, size_t lanes,
                       std::atomic<bool>& pause)
    : settings_(settings),
      set_(set),
      scales_(scales),
      host_(host),
      lanes_(lanes),
      pause_(pause),
      networks_(networks_of(settings, set, scales)),
      queue_(host, networks_.size()) {}

CohortPool::~CohortPool() {
  if (threads_.empty() || !threads_.front().joinable()) return;
  pause_.store(true);
  join();
}

double CohortPool::proxy_ratio() const {
  if (!study::has_proxy(settings_)) return 1;
  const auto operations = [&](const train::Network& network) {
    return train::operations_per_step(train::stages_of(network), settings_.batch_size);
  };
  return operations(networks_.front()) / operations(networks_.back());
}

size_t CohortPool::waiting_cohorts() {
  size_t cohorts = 0;
  for (size_t i = 0; i < networks_.size(); ++i) {
    cohorts += (host_.waiting(i) + lanes_ - 1) / lanes_;
  }
  return cohorts;
}

std::vector<run::Shortage> CohortPool::shortages() {
  std::vector<run::Shortage> all;
  if (pause_.load()) return all;
  const bool has_sizes = settings_.kind == study::Kind::size;
  size_t open = 0;
  for (size_t i = 0; i < networks_.size(); ++i) {
    open += host_.open(i);
    const size_t here = queue_.threads(i) * lanes_;
    if (has_sizes && host_.open(i) < here) all.push_back({here - host_.open(i), scales_[i]});
  }
  if (has_sizes) {
    if (queue_.idle() > 0 && open < places()) all.push_back({lanes_, std::nullopt});
  } else if (open < places()) {
    all.push_back({places() - open, std::nullopt});
  }
  return all;
}

void CohortPool::start(size_t threads) {
  errors_.resize(threads);
  uses_.resize(threads);
  const Lock lock(mutex_);
  running_ = threads;
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, i] {
      try {
        train(uses_[i]);
      } catch (...) {
        errors_[i] = std::current_exception();
        pause_.store(true);
      }
      const Lock ended(mutex_);
      --running_;
      changed_.notify_all();
    });
  }
}

// The sizes of a network see their images alike; a proxy may not.
void CohortPool::prepare_images() {
  const data::Split parts = data::split(set_);
  std::vector<const train::Network*> that_differ = {&networks_.front()};
  if (study::has_proxy(settings_)) that_differ.push_back(&networks_.back());
  for (const train::Network* network : that_differ) {
    training_.emplace_back(*network, parts.training.pixels, parts.training.labels);
    validation_.push_back(validation_images(settings_, set_, *network));
  }
  minibatches_.emplace(training_.front().count(), static_cast<uint32_t>(settings_.batch_size));
}

void CohortPool::train(train::CohortUse& use) {
  train::CohortOptions options = cohort_options(settings_);
  options.lanes = static_cast<int>(lanes_);
  while (const std::optional<size_t> network = queue_.take()) {
    options.network = *network;
    const size_t images = std::min(*network, training_.size() - 1);
    options.validation = validation_[images].has_value() ? &*validation_[images] : nullptr;
    train::Cohort cohort(networks_[*network], training_[images], *minibatches_, options, host_);
    use.busy_lane_seconds += cohort.run().busy_lane_seconds;
    queue_.give_back(*network);
    // Not before the first: a cohort steps once even where a pause is asked for at once.
    if (pause_.load()) return;
  }
}

bool CohortPool::wait_for(std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  const Lock lock(mutex_);
  while (running_ > 0 && !is_woken_.load() && changed_.wait_until(mutex_, until)) {
  }
  return running_ == 0;
}

void CohortPool::wake() {
  const Lock lock(mutex_);  // or else it may come between wait_for()'s look and its wait
  is_woken_.store(true);
  changed_.notify_all();
}

void CohortPool::join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::exception_ptr CohortPool::error() const {
  const auto failed = std::find_if(errors_.begin(), errors_.end(),
                                   [](const auto& error) { return error != nullptr; });
  return failed == errors_.end() ? nullptr : *failed;
}

double CohortPool::busy_lane_seconds() const {
  double all = 0;
  for (const train::CohortUse& use : uses_) all += use.busy_lane_seconds;
  return all;
}

}  // namespace sweetspot::cohorts
