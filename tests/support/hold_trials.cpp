// A worker that trains nothing: holds the waiting trials of a sweep from FIRST on, and gives back
// as many as each line of its input says, until that ends.
//   hold_trials STORE STUDY FIRST
#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "store/open_store.hpp"
#include "sweetspot/error.hpp"

int main(int count, char** arguments) {
  if (count != 4) {
    fmt::print(stderr, "usage: hold_trials STORE STUDY FIRST\n");
    return 2;
  }
  try {
    const auto store =
        sweetspot::store::open_store({arguments[1], arguments[2]}, sweetspot::store::Access::share);
    store->join({.name = "keeper", .lease_seconds = 3600});
    std::vector<int> wanted;
    for (const sweetspot::study::Trial& trial : store->trials()) {
      if (trial.number >= std::atoi(arguments[3])) wanted.push_back(trial.number);
    }
    std::vector<int> held = store->take(wanted);
    fmt::print("{} trials are held\n", held.size());
    std::fflush(stdout);
    for (int more = 0; std::cin >> more && !held.empty();) {
      const auto end = held.begin() + std::min<ptrdiff_t>(more, std::ssize(held));
      store->give_back({held.begin(), end});
      held.erase(held.begin(), end);
    }
    return 0;
  } catch (const sweetspot::Error& error) {
    fmt::print(stderr, "hold_trials: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
