#include "search/admission.hpp"

#include <gtest/gtest.h>

namespace sweetspot::search {
namespace {

TEST(Admission, RatesAroundTheSlowestUsualOneComeFirst) {
  const std::vector<size_t> order =
      admission_order({{1e-6, 1e-3}, {1e-3, 1e-3}, {2e-2, 1e-2}, {1.0, 1e-3}});
  EXPECT_EQ(order, (std::vector<size_t>{1, 2, 0, 3}));
}

}  // namespace
}  // namespace sweetspot::search
