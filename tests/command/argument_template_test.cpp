#include "command/argument_template.hpp"

#include <gtest/gtest.h>

#include "base/process.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::command {
namespace {

using Words = std::vector<std::string>;

Words filled(const std::string& text, const space::Config& values = {}, bool shell = false) {
  return ArgumentTemplate(text, shell).filled(values);
}

std::string refusal(const std::string& text, const Words& parameters) {
  try {
    require_placeholders(ArgumentTemplate(text, false), parameters);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ArgumentTemplate, SplitsAsAShellDoes) {
  // The shell itself is the judge.
  for (const std::string text :
       {"a b  c", "'a b' c", "\"a b\"c", "a\\ b", "'it''s'", "\"q\\\"q\" '\\'", "x=\"1 2\" ''"}) {
    std::string by_shell;
    for (const std::string& word : filled(text)) by_shell += "[" + word + "]";
    EXPECT_EQ(by_shell, run_process({"sh", "-c", "printf '[%s]' " + text}, "").output) << text;
  }
}

TEST(ArgumentTemplate, FillsWholeArgumentsAndPartsOfThem) {
  const space::Config values = {{"lr", 1e-3}, {"name", "two words"}, {"layers", 4.0}};
  EXPECT_EQ(filled("run --lr={lr} {name} {layers}x{layers}", values),
            (Words{"run", "--lr=0.001", "two words", "4x4"}));
}

TEST(ArgumentTemplate, LeavesOtherBracesAlone) {
  EXPECT_EQ(filled("p '{\"a\": 1}' {} {{lr}} {1}"),
            (Words{"p", "{\"a\": 1}", "{}", "{lr}", "{1}"}));
}

TEST(ArgumentTemplate, GivesAShellItsValuesInQuotes) {
  const Words words = filled("echo {name} | tr a-z A-Z", {{"name", "it's; exit 7"}}, true);
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(run_process(words, "").output, "IT'S; EXIT 7\n");
}

TEST(ArgumentTemplate, NamesTheNearestPlaceholder) {
  EXPECT_EQ(refusal("run {leraning_rate}", {"learning_rate", "width"}),
            "command: unknown placeholder 'leraning_rate'; the nearest known is 'learning_rate'; "
            "known: learning_rate, width, trial, seed, steps, checkpoint");
}

TEST(ArgumentTemplate, RefusesAParameterThatNothingTakes) {
  EXPECT_NE(refusal("run {lr}", {"lr", "width"}).find("no placeholder takes the parameter width"),
            std::string::npos);
  EXPECT_NE(refusal("run {seed}", {"seed"}).find("cannot be called seed"), std::string::npos);
  EXPECT_EQ(refusal("run {lr} {seed} {trial}", {"lr"}), "");
}

TEST(ArgumentTemplate, RefusesAnOpenQuoteAndNothing) {
  EXPECT_THROW(ArgumentTemplate("run 'a", false), Error);
  EXPECT_THROW(ArgumentTemplate("  ", false), Error);
  EXPECT_THROW(ArgumentTemplate("", true), Error);
}

TEST(ArgumentTemplate, IsTypedSoThatItReadsBack) {
  const Words words = {"run", "two words", "it's", "", "--lr=1e-3"};
  EXPECT_EQ(filled(typed(words)), words);
}

}  // namespace
}  // namespace sweetspot::command
