#include "cohorts/rule_state.hpp"

#include <gtest/gtest.h>

namespace sweetspot::cohorts {
namespace {

data::ImageSet mnist() {
  data::ImageSet set;
  set.name = "mnist";
  set.classes = 10;
  return set;
}

TEST(RuleState, IsOnWhereItWasAudited) {
  study::Settings settings;
  settings.optimizers = {"adam", "gd"};
  const RuleState state = rule_state(settings, mnist());
  EXPECT_TRUE(state.on);
  EXPECT_EQ(state.words, "on");
}

TEST(RuleState, IsOffElsewhere) {
  study::Settings settings;
  settings.optimizers = {"adam"};
  data::ImageSet folder = mnist();
  folder.name = "folder";
  EXPECT_FALSE(rule_state(settings, folder).on);
  settings.schedule = "cosine:period=100,growth=1,floor=0";
  const RuleState scheduled = rule_state(settings, mnist());
  EXPECT_FALSE(scheduled.on);
  EXPECT_NE(scheduled.words.find("not for this study"), std::string::npos);
  settings.early_stop = "on";
  EXPECT_TRUE(rule_state(settings, mnist()).asked_for);
}

TEST(RuleState, NamesTheOptimizersThatItLeavesAlone) {
  study::Settings settings;
  settings.optimizers = {"adam", "lion", "dog"};
  const RuleState state = rule_state(settings, mnist());
  EXPECT_TRUE(state.on);
  EXPECT_FALSE(state.asked_for);
  EXPECT_NE(state.words.find("not for lion, dog,"), std::string::npos);
}

}  // namespace
}  // namespace sweetspot::cohorts
