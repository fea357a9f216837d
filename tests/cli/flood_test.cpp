// Programs that report without measure.
#include <gtest/gtest.h>

#include "support/own_program.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;
using testing_support::Command;
using testing_support::json;

// Each a metric of its own: neither the product of both nor names without end are kept.
TEST_F(Command, ManyStepsWithANewMetricEachFillNoDisk) {
  const json all = trials(
      "awk 'BEGIN { for (i = 1; i <= 1500; ++i) printf \"{\\\"step\\\": %d, \\\"m%d\\\": 1, "
      "\\\"loss\\\": %d}\\n\", i, i, i }'; echo '{\"step\": 1501, \"accuracy\": 1}'");
  EXPECT_LT(fs::file_size(path("own.db")), 2'000'000U);
  for (const json& trial : all) {
    EXPECT_EQ(trial["outcome"], "reached");
    EXPECT_EQ(trial["metrics"]["accuracy"], 1);
    EXPECT_EQ(trial["curve"]["rows"].size(), 1501U);
    const std::string note = trial["note"];
    EXPECT_NE(note.find("more metrics than the 50"), std::string::npos) << note;
    EXPECT_NE(note.find("m500 was left out"), std::string::npos) << note;
  }
}

}  // namespace
}  // namespace sweetspot
