#include "study/target.hpp"

#include <gtest/gtest.h>

#include <string>

#include "sweetspot/error.hpp"

namespace sweetspot::study {
namespace {

TEST(Target, ReadsBackAsItIsWritten) {
  for (const char* text :
       {"none", "train_accuracy=0.97", "accuracy>=0.9", "loss<=0.1", "a b>=-2"}) {
    EXPECT_EQ(text_of(parse_target(text)), text);
  }
}

TEST(Target, NeedsAMetric) {
  for (const char* text : {"<=0.1", " <=0.1", ">=1", " >=1", "=0.5"}) {
    EXPECT_THROW(parse_target(text), Error) << text;
  }
}

}  // namespace
}  // namespace sweetspot::study
