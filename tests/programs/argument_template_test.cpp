#include "programs/argument_template.hpp"

#include <gtest/gtest.h>

#include "base/process.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

using Words = std::vector<std::string>;

Words filled(const std::string& text, const space::Config& values = {}, bool shell = false) {
  return ArgumentTemplate(text, shell).filled(values);
}

std::string refusal(const std::string& text, const Words& parameters, bool shell = false) {
  try {
    require_placeholders(ArgumentTemplate(text, shell), parameters);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ArgumentTemplate, SplitsAsAShellDoes) {
  // The shell itself is the judge.
  for (const std::string text :
       {"a b  c", "'a b' c", "\"a b\"c", "a\\ b", "'it''s'", "\"q\\\"q\" '\\'", "x=\"1 2\" ''",
        "a\\\nb", "a \\\n b", "\"a\\\nb\"", "'a\\\nb'", "\"\\$x \\`y \\\\ \\a\"",
        "\\$x \\` \\a \\\\", "a\vb a\fb a\rb", "\"a\nb\"", "a\\"}) {
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
  EXPECT_EQ(run_process(words, "").output, "IT'S; EXIT 7\n");
  EXPECT_EQ(words[2].find("it's"), std::string::npos);  // never part of what the shell reads
}

TEST(ArgumentTemplate, LeavesAShellItsVariables) {
  EXPECT_EQ(filled("echo ${HOME} ${{lr}}", {}, true)[2], "echo ${HOME} ${lr}");
  EXPECT_NE(refusal("echo ${lr} {lr}", {"lr"}, true).find("${lr} is the shell's variable"),
            std::string::npos);
  EXPECT_EQ(refusal("echo ${HOME} {lr}", {"lr"}, true), "");
}

TEST(ArgumentTemplate, NamesWhatNoPlaceholderCanBeCalled) {
  for (const std::string name : {"a b", "opt/lr", "1x", "", "a\nb", "\xff"}) {
    EXPECT_NE(refusal("run {lr} {" + name + "}", {"lr", name}).find("cannot be called '" + name),
              std::string::npos)
        << name;
  }
  // What the command has in its place is not said to be a misspelling of it.
  EXPECT_NE(refusal("run {x}", {"a b"}).find("cannot be called 'a b'"), std::string::npos);
  EXPECT_EQ(refusal("run {opt.lr-0_x}", {"opt.lr-0_x"}), "");
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
}  // namespace sweetspot::programs
