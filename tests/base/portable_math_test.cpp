// Against libm, which is right to the last bit or so.
#include "base/portable_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace sweetspot {
namespace {

TEST(PortableMath, ExponentialAndLogarithmAgreeWithLibm) {
  for (double x = -690; x < 690; x += 0.37) {
    EXPECT_NEAR(portable_exp(x) / std::exp(x), 1, 4e-16) << x;
  }
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_EQ(portable_exp(-746), 0);
  EXPECT_EQ(portable_exp(-1e12), 0);
  for (double x = 1e-12; x < 1e12; x *= 1.37) {
    EXPECT_NEAR(portable_log(x), std::log(x), 4e-16 * (1 + std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(portable_log(1), 0);
}

TEST(PortableMath, CosineAgreesWithLibm) {
  for (double t = 0; t <= 1; t += 0.001) {
    EXPECT_NEAR(portable_cos_pi(t), std::cos(std::numbers::pi * t), 4e-16) << t;
  }
  EXPECT_EQ(portable_cos_pi(0.5), 0);
}

}  // namespace
}  // namespace sweetspot
