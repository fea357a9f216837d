// train_tests [--8-lanes] [GoogleTest's flags]: the trainer's tests, over the widest kernels that
// the processor has, or with --8-lanes over AVX2's on a processor with AVX-512.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <string>

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (count > 1 && arguments[1] == std::string("--8-lanes")) hwy::DisableTargets(HWY_AVX3);
  return RUN_ALL_TESTS();
}
