// Values, configs and texts of commands: as they were written, or refused.
// Studies of a program of one's own: what is asked for, and what is answered.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/own_program.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;
using testing_support::Command;
using testing_support::json;
using testing_support::kForgetfulTrainer;

// What a program's last argument was, of each trial.
constexpr const char* kTeller =
    "printf '[%s]' \"$1\" >> seen; echo '{\"step\": 1, \"accuracy\": 1}'";

TEST_F(Command, ValuesArriveAsTheyWereWritten) {
  write("tell.sh", kTeller);
  const auto seen = [&](std::vector<std::string> more) {
    fs::remove(path("seen"));
    fs::remove(path("w.db"));
    more.insert(more.end(), {"--target", "accuracy>=0.9", "--study", path("w.db")});
    const ProcessResult result = run(more);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    std::ifstream file(path("seen"));
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::vector<std::string> sweep = {"sweep", "--command", "sh tell.sh {x.y}"};
  const auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> words = sweep;
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  EXPECT_EQ(seen(with({"--grid", "x.y=true,16,007,1.0"})), "[true][16][007][1.0]");
  EXPECT_EQ(seen(with({"--grid", "x.y=1e-3,0.50,12345678901234567890"})),
            "[1e-3][0.50][12345678901234567890]");
  EXPECT_EQ(seen({"sweep", "--command", "sh tell.sh {learning_rate}", "--learning-rates",
                  "1e-3,0.0010,1.0"}),
            "[1e-3][1.0]");
  EXPECT_EQ(seen({"sweep", "--command", "sh tell.sh '{learning_rate}'", "--shell",
                  "--learning-rates", "1e-3"}),
            "[1e-3]");
  write("s.toml", "command = \"sh tell.sh {x.y}\"\n[space.\"x.y\"]\nvalues = [true, 16, 1.0]\n");
  EXPECT_EQ(seen({"sweep", "s.toml"}), "[true][16][1.0]");
  write("n.toml", "command = \"sh tell.sh {x.y}\"\n[space.\"x.y\"]\nvalues = [1e-3, 1.0]\n");
  EXPECT_EQ(seen({"sweep", "n.toml"}), "[1e-3][1.0]");
  // What is printed reads back.
  for (const std::string grid : {"x.y=1e-3,007,.5", "x.y=true,16", "x.y=1.0,0.50"}) {
    const std::string first = seen(with({"--grid", grid}));
    write("printed.toml", run(with({"--grid", grid, "--print-config"})).output);
    EXPECT_EQ(seen({"sweep", "printed.toml"}), first) << grid;
  }
  write("t.toml",
        "command = \"sh tell.sh {x}\"\nmaximize = \"accuracy\"\nmethod = \"grid\"\n"
        "cost = \"9t\"\n[space.x]\ntype = \"categorical\"\nvalues = [true, 16, 1.0]\n");
  fs::remove(path("seen"));
  EXPECT_EQ(run({"tune", "t.toml", "--study", path("t.db")}).exit_code, 0);
  std::ifstream file(path("seen"));
  const std::string told(std::istreambuf_iterator<char>(file), {});
  EXPECT_NE(told.find("[true]"), std::string::npos) << told;
  EXPECT_NE(told.find("[1.0]"), std::string::npos) << told;
}

TEST_F(Command, TrainingTheSameConfigAgainIsSaid) {
  write("tell.sh", kTeller);
  write("few.toml",
        "[space.x]\ntype = \"categorical\"\nvalues = [\"a\", \"b\"]\n[space.y]\ntype = "
        "\"integer\"\nlow = 1\nhigh = 2\n");
  const auto tuned = [&](const std::string& method, const std::string& cost) {
    const ProcessResult result =
        run({"tune", "--command", "sh tell.sh {x}{y}", "--space", "few.toml", "--maximize",
             "accuracy", "--method", method, "--cost", cost, "--study", path(method + cost)});
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return result.output;
  };
  const std::string many = tuned("random", "8t");
  EXPECT_NE(many.find("the space has only 4 configs, fewer than the 8 trainings of --cost 8t"),
            std::string::npos)
      << many;
  EXPECT_NE(many.find(" of the trainings were of configs that had been trained already"),
            std::string::npos)
      << many;
  for (const std::string& once : {tuned("grid", "4t"), tuned("grid", "8t")}) {
    EXPECT_EQ(once.find("the space has only"), std::string::npos) << once;
    EXPECT_EQ(once.find("trained already"), std::string::npos) << once;
  }
}

TEST_F(Command, ConfigsThatReadAlikeAreTrainedEach) {
  write("tell.sh", kTeller);
  const ProcessResult result =
      run({"sweep", "--command", "sh tell.sh {a}/{b}", "--grid", "a=x,x;b=y", "--grid", "b=y,y;b=y",
           "--target", "accuracy>=0.9", "--study", path("alike.db")});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(shown("alike.db").at("trials").size(), 4U);
}

TEST_F(Command, TextsThatCannotBeKeptLeaveNoStudy) {
  const std::vector<std::string> end = {"--study", path("none.db")};
  const auto words = [&](std::vector<std::string> begin) {
    begin.insert(begin.end(), end.begin(), end.end());
    return begin;
  };
  expect_refused(
      words({"sweep", "--command", "sh t {x}", "--grid", "x=a\xff", "--target", "accuracy>=0.9"}),
      "grid.x: 'a?' is not UTF-8");
  expect_refused(
      words({"sweep", "--command", "sh \xff {x}", "--grid", "x=a", "--target", "accuracy>=0.9"}),
      "command: 'sh ? {x}' is not UTF-8");
  expect_refused(
      words({"sweep", "--command", "sh t {x}", "--grid", "x=a", "--target", "acc\xff>=0.9"}),
      "target: 'acc?>=0.9' is not UTF-8");
  expect_refused(words({"tune", "--command", "sh t {learning_rate}", "--learning-rates", "1e-3:1",
                        "--maximize", "acc\xff"}),
                 "is not UTF-8");
  write("nul.toml", "command = \"sh t {x}\\u0000\"\n");
  expect_refused(words({"sweep", "nul.toml"}), "nul.toml:1: command has a NUL character");
  write("nul.toml", "command = \"sh t {x}\"\n[space.x]\nvalues = [\"a\\u0000b\"]\n");
  expect_refused(words({"sweep", "nul.toml", "--target", "accuracy>=0.9"}), "has a NUL character");
  for (const std::string name : {"a b", "opt/lr"}) {
    expect_refused(words({"sweep", "--command", "sh t {x}", "--grid", name + "=1", "--grid", "x=1",
                          "--target", "accuracy>=0.9"}),
                   "a parameter of a program cannot be called '" + name + "'");
  }
  EXPECT_FALSE(fs::exists(path("none.db")));
}

TEST_F(Command, WholeNumbersAreTakenExactlyOrNotAtAll) {
  const auto with = [&](const std::string& flag, const std::string& value) {
    return std::vector<std::string>{"sweep", "--command", "sh t {x}",     "--grid",
                                    "x=1",   "--target",  "loss<=1",      flag,
                                    value,   "--study",   path("none.db")};
  };
  for (const std::string flag : {"--seed", "--budget", "--seeds", "--check-every", "--parallel"}) {
    for (const std::string bad : {"18446744073709551615", "9223372036854775808", "010", "0x10",
                                  "1e3", "1.0", "99999999999999999999999"}) {
      expect_refused(with(flag, bad), "a whole number is expected");
    }
  }
  expect_refused(with("--seeds", "1000000"), "--seeds 1000000: must be from 1 to 1000");
  expect_refused(with("--budget", "9223372036854775807"), "must be from 1 to 1000000000");
  expect_refused(with("--threads", "5000"), "--threads 5000: must be from 1 to 1024");
  std::vector<std::string> largest = with("--seed", "9223372036854775807");
  largest.emplace_back("--print-config");
  const std::string printed = run(largest).output;
  EXPECT_NE(printed.find("seed = 9223372036854775807\n"), std::string::npos) << printed;
  write("printed.toml", printed);
  EXPECT_EQ(run({"sweep", "printed.toml", "--print-config"}).output, printed);
}

TEST_F(Command, WhatComesThroughAPipeIsReadOnce) {
  write("space.toml", "[space.x]\ntype = \"log\"\nlow = 1e-3\nhigh = 1\n");
  const auto by_bash = [&](const std::string& words) {
    return run_process({"bash", "-c", std::string(SWEETSPOT_PROGRAM) + " " + words},
                       folder_.path().string());
  };
  write("tell.sh", kTeller);
  const ProcessResult tuned = by_bash(
      "tune --command 'sh tell.sh {x}' --space <(cat space.toml) --maximize accuracy --cost 2t "
      "--study piped.db");
  EXPECT_EQ(tuned.exit_code, 0) << tuned.output;
  write("study.toml",
        "command = \"sh tell.sh {x}\"\ntarget = \"accuracy>=0.9\"\n[space.x]\nvalues = [1]\n");
  const ProcessResult submitted =
      by_bash("submit <(cat study.toml) --store s.db --study a --dry-run");
  EXPECT_EQ(submitted.exit_code, 0) << submitted.output;
}

// What a terminal obeys, in every place where a text from outside may be printed.
TEST_F(Command, NothingFromOutsideRulesTheTerminal) {
  const std::string bad =
      "\x1b[31mx\xc2\x9b"
      "2J\x07";
  const auto is_plain = [&](const std::vector<std::string>& words) {
    const ProcessResult result = run(words);
    EXPECT_EQ(result.output.find('\x1b'), std::string::npos) << words[0] << result.output;
    EXPECT_EQ(result.output.find("\xc2\x9b"), std::string::npos) << words[0];
    EXPECT_EQ(result.output.find('\x07'), std::string::npos) << words[0];
    return result.exit_code;
  };
  write("loud.sh",
        "printf '\\033[31m\\007\\n' >&2; echo '{\"step\": 1, \"accuracy\": 1}'\n"
        "[ \"$1\" = fails ] && exit 3; exit 0");
  const std::string study = path(bad + ".db");
  EXPECT_EQ(is_plain({"sweep", "--command", "sh loud.sh {x} '" + bad + "'", "--grid",
                      "x=" + bad + ",fails", "--target", "accuracy>=0.9", "--study", study}),
            0);
  for (const std::string command : {"show", "list", "status"})
    EXPECT_EQ(is_plain({command, study}), 0);
  EXPECT_EQ(is_plain({"show", study, "--json"}), 0);
  EXPECT_EQ(is_plain({"report", study, "--output", path("out" + bad)}), 0);
  EXPECT_EQ(is_plain({"cancel", study}), 0);
  EXPECT_EQ(is_plain({"show", study, "--part", bad}), 2);
  EXPECT_EQ(is_plain({"show", path("no" + bad)}), 4);
  EXPECT_EQ(is_plain({"sweep", "--command", bad + " {x}", "--grid", "x=1", "--target", "a>=1",
                      "--study", path("none.db")}),
            2);
  EXPECT_EQ(is_plain({bad}), 2);
  EXPECT_EQ(is_plain({"check", "--command", "sh loud.sh {learning_rate} '" + bad + "'",
                      "--learning-rates", "1e-3:1", "--maximize", "accuracy"}),
            0);
  EXPECT_EQ(is_plain({"sweep", "--command", "sh loud.sh {x} '" + bad + "'", "--grid", "x=" + bad,
                      "--target", "accuracy>=0.9", "--print-config"}),
            0);
}

}  // namespace
}  // namespace sweetspot
