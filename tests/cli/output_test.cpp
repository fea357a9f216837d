// Where what the program prints cannot be written.
#include <gtest/gtest.h>

#include <csignal>

#include "support/own_program.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;
using testing_support::Command;
using testing_support::json;

class Output : public Command {
 protected:
  // As a shell's words, `$S` being the program.
  ProcessResult shell(const std::string& script) const {
    return run_process({"bash", "-c", script, SWEETSPOT_PROGRAM}, folder_.path().string());
  }
  void train() const {
    const ProcessResult result = run(sweep("echo '{\"accuracy\": 1}'"));
    ASSERT_EQ(result.exit_code, 0) << result.output;
  }
};

TEST_F(Output, OfEverySubcommandToAFullDiskIsAnError) {
  train();
  const std::string plan =
      " --dry-run --command 'sh own.sh {rate}' --grid rate=1,2 --target 'accuracy>=0.9'";
  for (const std::string& words :
       {std::string("show own.db"), std::string("show own.db --json"), std::string("list own.db"),
        std::string("status own.db"), std::string("model show tiny"), std::string("model list"),
        std::string("data list"), std::string("export own.db --json -"), std::string("--help"),
        std::string("--version"), std::string("show --help"), "sweep" + plan,
        std::string("sweep --print-config"), std::string("cancel own.db")}) {
    const ProcessResult result = shell("exec \"$0\" " + words + " > /dev/full");
    EXPECT_EQ(result.exit_code, 5) << words << '\n' << result.output;
    EXPECT_TRUE(result.output.starts_with("sweetspot: standard output: cannot be written"))
        << words << '\n'
        << result.output;
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1) << words;
  }
}

TEST_F(Output, ThatNobodyReadsAnyMoreEndsByTheUsualSignal) {
  train();
  // Ignored or not where it begins.
  for (const std::string& first : {std::string(), std::string("trap '' PIPE; ")}) {
    const ProcessResult result =
        shell(first + "{ while [ ! -e closed ]; do sleep 0.01; done; \"$0\" show own.db; echo " +
              "${?} >&2; } | { exec <&-; touch closed; }");
    EXPECT_EQ(result.output, std::to_string(128 + SIGPIPE) + "\n") << first;
    fs::remove(path("closed"));
  }
}

// A training goes on where its progress cannot be written, whether the disk is full or nobody
// reads.
TEST_F(Output, ProgressThatCannotBeWrittenStopsNoTraining) {
  const std::string script = "echo '{\"accuracy\": 1}'";
  std::string words = "exec \"$0\"";
  for (const std::string& word : sweep(script)) words += " '" + word + "'";
  EXPECT_EQ(shell(words + " 2> /dev/full").exit_code, 0);
  EXPECT_EQ(shown("own.db")["trials"][1]["outcome"], "reached");
  fs::remove(path("own.db"));
  const ProcessResult result =
      shell("set -o pipefail; { while [ ! -e closed ]; do sleep 0.01; done; " + words +
            " 2>&1 >/dev/null; } | { exec <&-; touch closed; }");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(shown("own.db")["trials"][1]["outcome"], "reached");
}

// The code of what came to pass is kept where the words for it are lost.
TEST_F(Output, OfWhatFailsKeepsItsCode) {
  EXPECT_EQ(shell("exec \"$0\" show none.db 2> /dev/full").exit_code, 4);
  EXPECT_EQ(shell("exec \"$0\" show --no-such 2> /dev/full").exit_code, 2);
}

// A limit of file sizes is treated as a full disk is.
TEST_F(Output, ALimitOfFileSizesPausesTheStudy) {
  const std::string reports =
      "awk 'BEGIN { for (i = 1; i < 60000; ++i) printf \"{\\\"step\\\": %d, \\\"accuracy\\\": "
      "%f}\\n\", i, 0.3 + i * 1e-9 }'\nsleep 1\necho '{\"step\": 60000, \"accuracy\": 1}'";
  const std::string saves =
      "head -c 4M /dev/zero > \"$SWEETSPOT_CHECKPOINT/state\" || exit\necho '{\"accuracy\": 1}'";
  for (const std::string& script : {reports, saves}) {
    const std::vector<std::string> sweep_words = sweep(script);
    std::string words = "ulimit -S -f 1000; exec \"$0\"";
    for (const std::string& word : sweep_words) words += " '" + word + "'";
    const ProcessResult cut = shell(words);
    EXPECT_EQ(cut.exit_code, 5) << cut.output;
    EXPECT_NE(cut.output.find("(ulimit -f)"), std::string::npos) << cut.output;
    const std::string said = without_progress(cut.output);
    EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << cut.output;
    const json paused = shown("own.db");
    for (const json& trial : paused.at("trials")) EXPECT_NE(trial["outcome"], "failed");
    const ProcessResult whole = run(sweep_words);
    EXPECT_EQ(whole.exit_code, 0) << whole.output;
    const json ended = shown("own.db");
    for (const json& trial : ended.at("trials")) EXPECT_EQ(trial["outcome"], "reached");
  }
}

}  // namespace
}  // namespace sweetspot
