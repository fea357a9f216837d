// Reads all that there is of a part, and says what is not as it was written.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "store/damage.hpp"
#include "store/sql_store.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

// So many trials' curves are in memory at once.
constexpr size_t kAtOnce = 200;

}  // namespace

std::vector<std::string> SqlStore::verify() {
  std::vector<std::string> wrong;
  const auto check = [&](const auto& work) {
    try {
      work();
    } catch (const StoreUnreachable&) {
      throw;
    } catch (const Damage& damage) {
      if (!damage.trial().has_value()) wrong.push_back(damage.what_is_wrong());
      if (damage.trial().has_value()) {
        damaged_.emplace(static_cast<int>(*damage.trial()), damage.what_is_wrong());
      }
    } catch (const Error& error) {
      wrong.push_back(error.what());
    }
  };
  check([&] { record(); });
  check([&] { parts(); });
  check([&] { workers(); });
  check([&] { cost(); });
  check([&] { standing(); });
  // Their trials are to be named, however many they are.
  const bool skips = std::exchange(skips_damaged_, true);
  std::vector<int> numbers;
  check([&] {
    for (const study::Trial& trial : trials_here()) numbers.push_back(trial.number);
  });
  for (size_t first = 0; first < numbers.size(); first += kAtOnce) {
    const size_t end = std::min(numbers.size(), first + kAtOnce);
    check([&] {
      curves({numbers.begin() + static_cast<std::ptrdiff_t>(first),
              numbers.begin() + static_cast<std::ptrdiff_t>(end)});
    });
  }
  for (const int number : numbers) {
    check([&] { snapshot(number); });
  }
  skips_damaged_ = skips;
  for (const char* table : {"observation", "snapshot", "lineage"}) {
    check([&] {
      const auto rows = sql_->run(
          fmt::format("SELECT count(*) FROM {} o WHERE o.part = $1 AND NOT EXISTS (SELECT 1 FROM "
                      "trial t WHERE t.part = o.part AND t.number = o.trial)",
                      table),
          {part_id_});
      if (const int64_t count = whole(rows[0][0]); count > 0) {
        wrong.push_back(fmt::format("{} rows of {} are of trials that it has not", count, table));
      }
    });
  }
  for (const auto& [number, why] : damaged_) {
    wrong.push_back(fmt::format("trial {}: {}", number, why));
  }
  return wrong;
}

}  // namespace sweetspot::store
