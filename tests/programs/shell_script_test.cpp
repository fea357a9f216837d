#include "programs/shell_script.hpp"

#include <gtest/gtest.h>

#include <random>

#include "base/process.hpp"
#include "programs/argument_template.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

using Words = std::vector<std::string>;

// What a shell prints on its standard output.
std::string printed(Words words) {
  words.insert(words.begin(), {"/bin/sh", "-c", R"(exec "$@" 2>/dev/null)", "sh"});
  return run_process(words, "").output;
}

std::string printed(const std::string& text, const std::string& value) {
  return printed(ArgumentTemplate(text, true).filled({{"x", value}, {"y", "other"}}));
}

std::string refusal(const std::string& text) {
  try {
    const ArgumentTemplate ignored(text, true);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// A word that is the same in quotes and without, and does not go on the name of a variable.
const char* const kPlain = "+V+";
// No blanks, which the shell may split what a command printed at, and no pattern.
constexpr int kTexts = 4000;
const char* const kHostile =
    "';echo${IFS}HACKED;\"$(echo${IFS}HACKED)`echo${IFS}HACKED`\\'\"|#${HOME}&&echo${IFS}HACKED";

TEST(ShellScript, GivesAValueWhateverQuotesAreAround) {
  for (const std::string value : {"0.5", "two words", "*", "", "-n", "x;id", kHostile, "a\nb"}) {
    const auto is = [&](const std::string& text, const std::string& wanted) {
      EXPECT_EQ(printed(text, value), wanted) << text;
    };
    is("printf '[%s]' {x} {y}", "[" + value + "][other]");
    is("printf '[%s]' \"--lr={x}\"", "[--lr=" + value + "]");
    is("printf '[%s]' '--o={x} {x}'", "[--o=" + value + " " + value + "]");
    is("printf '[%s]' a{x}b{y}\"c{x}\"", "[a" + value + "bother" + "c" + value + "]");
    is("printf '[%s]' \"$(printf '<%s>' \"{x}\" '{x}' {x})\"",
       "[<" + value + "><" + value + "><" + value + ">]");
    is("v={x}; f() { printf '[%s]' \"$1\" \"$v\" {x}; }; f 1", "[1][" + value + "][" + value + "]");
    is("set -- 7; printf '[%s]' \"$@\" {x}", "[7][" + value + "]");
    is("printf '[%s]' \"$@\" $# {x}", "[0][" + value + "]");
    is("cat <<E # it's {x}\n{x}'\"\nE\nprintf '[%s]' '{x}'", value + "'\"\n[" + value + "]");
    is("cat <<-\"E\" ; printf '[%s]' {x}\n\tit's ${HOME}\n\tE\n", "it's ${HOME}\n[" + value + "]");
    is("case {x} in a) printf A;; *) printf '[%s]' \"{x}\";; esac", "[" + value + "]");
    is("# it's {x}\nprintf '[%s]' {x}#no # \"{x}\n", "[" + value + "#no]");
  }
}

TEST(ShellScript, RefusesWhereItCannotTell) {
  for (const std::string text :
       {"echo `echo {x}`", "echo \"`echo {x}`\"", "echo $((1+{x}))", "((n={x}))",
        "cat <<'E'\n{x}\nE", "cat <<\\E\n{x}\nE", "cat <<{x}\nE", "echo ${v:-{x}}", "echo \\{x}",
        "echo \"\\{x}\"", "echo $'it\\'s' {x}", "echo $'{x}'", "echo \"${v:-'}\" '{x}'",
        "echo \"$(case a in a) echo;; esac; echo {x})\""}) {
    EXPECT_NE(refusal(text).find("begin the command with v={x}"), std::string::npos)
        << text << ": " << refusal(text);
  }
  EXPECT_NE(refusal("echo '{x}").find("the quote ' is not closed"), std::string::npos);
  EXPECT_NE(refusal("echo \"$(echo '{x}'\"").find("not closed"), std::string::npos);
}

TEST(ShellScript, RefusesWhatIsReadAgain) {
  for (const std::string text : {"eval {x}",
                                 "eval \"echo {x}\"",
                                 "eval 'echo {x}'",
                                 "eval \"$(echo {x})\"",
                                 "eval \"echo $(echo '{x}')\"",
                                 "eval $(a; (b); echo {x})",
                                 "\\eval {x}",
                                 "'eval' {x}",
                                 "e\"va\"l {x}",
                                 "ev\\\nal {x}",
                                 "command eval a {x}",
                                 "a; b=1 eval {x}",
                                 "(eval \"{x}\")",
                                 "cat <<E\na\nE\neval \"{x}\"",
                                 "cat <<E; eval \"{x}\"\na\nE\n",

                                 "trap \"echo {x}\" EXIT",
                                 "trap 'echo {x}' 0",
                                 "alias a=\"b {x}\"",
                                 "[[ 1 -eq {x} ]]",
                                 "[[ 1 -eq \"{x}\" ]]",
                                 "a[{x}]=1",
                                 "a[\"{x}\"]=1",
                                 "a[$(b)+{x}]=1",
                                 "let \"n={x}\"",
                                 "declare -i n=\"{x}\""}) {
    const std::string why = refusal(text);
    EXPECT_NE(why.find("which reads its arguments again"), std::string::npos)
        << text << ": " << why;
    EXPECT_EQ(why.find("\"$v\""), std::string::npos) << "no advice to run the value: " << why;
  }
  for (const std::string text :
       {"eval a <<E\n{x}\nE\n", "eval a; echo \"{x}\"", "eval a\necho {x}", "eval a | b '{x}'",
        "(eval a); echo {x}", "echo \"$(eval a)\" \"{x}\"", "python3 evaluate.py \"{x}\"",
        "ls [{x}]*", "[ \"{x}\" = 1 ]"}) {
    EXPECT_EQ(refusal(text), "") << text;
  }
}

TEST(ShellScript, HasNoVariableThatTheTextHas) {
  EXPECT_EQ(printed("sweetspot_1=7; printf '[%s]' $sweetspot_1 {x}", "3"), "[7][3]");
}

// Any text at all: a value prints as a plain word does that stands in the same place.
void judge_by(const std::string& shell) {
  const Words parts = {"'",       "\"",         "\\",
                       "{x}",     "{x}",        "{x}",
                       " ",       "\n",         "$(",
                       ")",       "`",          "#",
                       ";",       "a",          "$a",
                       "${a}",    "$((",        "))",
                       "<<E\n",   "\nE\n",      "(",
                       "$'",      "${a:-",      "}",
                       "||",      "<<'E'\n",    "case a in a)",
                       "eval ",   "\\eval ",    "trap ",
                       ";;esac ", "printf %s ", "printf '[%s]' "};
  std::mt19937 draw(1);
  int compared = 0;
  for (int i = 0; i < kTexts; ++i) {
    std::string text = "a=A; printf '[%s]' ";
    const size_t length = 2 + draw() % 9;
    for (size_t k = 0; k < length; ++k) text += parts[draw() % parts.size()];
    std::string plain = text;
    for (size_t at = 0; (at = plain.find("{x}", at)) != std::string::npos;) {
      plain.replace(at, 3, kPlain);
      at += std::string_view(kPlain).size();
    }
    Words words;
    try {
      const ArgumentTemplate arguments(text, true);
      if (arguments.placeholders().empty()) continue;
      words = arguments.filled({{"x", kHostile}});
    } catch (const Error&) {
      continue;
    }
    words[0] = shell;
    std::string wanted = printed({shell, "-c", plain});
    for (size_t at = 0; (at = wanted.find(kPlain, at)) != std::string::npos;) {
      wanted.replace(at, std::string_view(kPlain).size(), kHostile);
      at += std::string_view(kHostile).size();
    }
    EXPECT_EQ(printed(words), wanted) << text << "\n--- as\n" << words[2];
    ++compared;
  }
  EXPECT_GT(compared, 200);
}

TEST(ShellScript, AShellIsTheJudge) {
  judge_by("/bin/sh");
}

// As which /bin/sh is on other systems.
TEST(ShellScript, BashIsAnother) {
  if (run_process({"bash", "-c", ""}, "").exit_code != 0) GTEST_SKIP() << "no bash";
  judge_by("bash");
}

}  // namespace
}  // namespace sweetspot::programs
