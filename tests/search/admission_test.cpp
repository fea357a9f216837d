#include "search/admission.hpp"

#include <gtest/gtest.h>

namespace sweetspot::search {
namespace {

TEST(Admission, RatesAroundTheEdgesOfTheUsualOnesComeFirst) {
  const std::vector<size_t> order = admission_order({{1e-6, 1e-3, 1e-1},
                                                     {1e-3, 1e-3, 1e-1},
                                                     {0.2, 1e-3, 1e-1},
                                                     {1e-2, 1e-3, 1e-1},
                                                     {100.0, 1e-3, 1e-1}});
  EXPECT_EQ(order, (std::vector<size_t>{1, 2, 3, 0, 4}));
}

}  // namespace
}  // namespace sweetspot::search
