#include "base/text.hpp"

#include <gtest/gtest.h>

namespace sweetspot {
namespace {

TEST(Text, NearestNameIsTheOneWithFewestEdits) {
  const std::vector<std::string> names = {"adam", "adagrad", "momentum"};
  EXPECT_EQ(nearest_name("adma", names), "adam");
  EXPECT_EQ(nearest_name("adagard", names), "adagrad");
  EXPECT_EQ(nearest_name("moment", names), "momentum");
}

TEST(Text, UnknownNameSaysWhatIsKnown) {
  EXPECT_EQ(unknown_name("optimizer", "adm", std::vector<std::string>{"gd", "adam"}),
            "unknown optimizer 'adm'; the nearest known is 'adam'; known: gd, adam");
}

TEST(Text, NumbersAreWholeAndFinite) {
  EXPECT_EQ(parse_number("1e-3"), 1e-3);
  for (const char* bad : {"", "1e-3x", "nan", "inf", "-inf", "1e999", " 1", "0x10", "one"}) {
    EXPECT_FALSE(parse_number(bad).has_value()) << bad;
  }
}

TEST(Text, ShortestReadsBackTheSame) {
  for (const double value : {1e-6, 1.46780e-3, 0.1, 1.0, 100.0, 1e20, 1.0 / 3}) {
    EXPECT_EQ(parse_number(shortest(value)), value) << shortest(value);
  }
  EXPECT_EQ(shortest(1e-6), "1e-6");
}

TEST(Text, PeopleReadNumbersWithThousandsAndUnits) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(3274634), "3,274,634");
  EXPECT_EQ(with_thousands(-1000), "-1,000");
  EXPECT_EQ(counted(1, "training"), "1 training");
  EXPECT_EQ(counted(2000, "training"), "2,000 trainings");
  EXPECT_EQ(duration_text(4.21), "4.2 s");
  EXPECT_EQ(duration_text(185), "3 min 05 s");
  EXPECT_EQ(duration_text(7620), "2 h 07 min");
  EXPECT_EQ(bytes_text(4.1e6), "4.1 MB");
}

TEST(Text, NothingThatATerminalObeysIsLeft) {
  const std::string hostile =
      "a\x1b[2J\x07\x7f\tb\xc2\x9b"
      "31m\xc2\xa0\xc3\xa9\xff\r\nc";
  EXPECT_EQ(terminal_text(hostile), "a?[2J??\tb?31m\xc2\xa0\xc3\xa9??\nc");
  EXPECT_EQ(printable(hostile), "a?[2J??\tb?31m\xc2\xa0\xc3\xa9???c");
  EXPECT_EQ(terminal_json("{\"a\x7f\": \"\xc2\x9b\xc3\xa9\"}\n"),
            "{\"a\\u007f\": \"\\u009b\xc3\xa9\"}\n");
  EXPECT_EQ(toml_string("\xc2\x9b\xc3\xa9\x1b"), "\"\\u009b\xc3\xa9\\u001b\"");
  EXPECT_EQ(aligned_columns(std::vector<std::vector<std::string>>{{"a\nb", "\x1b"}, {"c", "d"}}),
            "a?b  ?\nc    d\n");
}

TEST(Text, Utf8IsKnown) {
  for (const char* text : {"", "a\n", "\xc3\xa9", "\xf0\x9f\x8e\xaf"}) EXPECT_TRUE(is_utf8(text));
  for (const char* text : {"\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(text)) << printable(text);
  }
}

}  // namespace
}  // namespace sweetspot
