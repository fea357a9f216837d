#include "base/fitted_columns.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.hpp"

namespace sweetspot {
namespace {

using Rows = std::vector<std::vector<std::string>>;

TEST(FittedColumns, AreAsTheyWereWhereTheyFit) {
  const Rows rows = {{"name", "steps"}, {"adam", "1,000"}, {"gd", ""}};
  EXPECT_EQ(fitted_columns(rows, 80), aligned_columns(rows));
  EXPECT_EQ(fitted_columns(rows, 11), aligned_columns(rows));
}

TEST(FittedColumns, LongCellsGoOnBelow) {
  const Rows rows = {{"the best", "loss"},
                     {"activation=relu,batch=64,dropout=0.25,lr=0.001", "0.01"},
                     {"lr=1", "0.02"}};
  EXPECT_EQ(fitted_columns(rows, 31),
            "the best                   loss\n"
            "activation=relu,batch=64,  0.01\n"
            "dropout=0.25,lr=0.001\n"
            "lr=1                       0.02\n");
}

// Whatever is in the cells: no line is wider, and no character is gone.
TEST(FittedColumns, LoseNothing) {
  const Rows rows = {{"a", "b"},
                     {std::string(95, 'x') + "\xc3\xa9", "1 2 3"},
                     {"\xc3\xa9\xc3\xa9,\xc3\xa9,, ,", std::string(50, 'y') + "\xe2\x82\xac z"}};
  for (size_t width = 26; width < 170; ++width) {
    const std::string text = fitted_columns(rows, width);
    std::string left;
    for (const std::string& line : split(text, '\n')) {
      size_t characters = 0;
      for (const char c : line) {
        characters += (static_cast<unsigned char>(c) & 0xC0) == 0x80 ? 0U : 1U;
        if (c != ' ') left += c;
      }
      EXPECT_LE(characters, width) << text;
    }
    for (const char part : {'x', 'y', '1', '3', 'z'}) {
      std::string all;
      for (const auto& row : rows) all += row[0] + row[1];
      EXPECT_EQ(std::count(left.begin(), left.end(), part),
                std::count(all.begin(), all.end(), part));
    }
  }
}

TEST(FittedColumns, TooLittleRoomIsNoEndlessLoop) {
  const Rows rows = {{std::string(40, 'x'), std::string(40, 'y')}};
  EXPECT_EQ(split(fitted_columns(rows, 1), '\n').size(), 5U) << fitted_columns(rows, 1);
  EXPECT_EQ(fitted_columns({}, 10), "");
}

TEST(Wrapped, BreaksBehindCommasAndAtBlanks) {
  EXPECT_EQ(wrapped("ab,cd ef", 5), (std::vector<std::string>{"ab,cd", "ef"}));
  EXPECT_EQ(wrapped("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(wrapped("", 3), std::vector<std::string>{""});
}

}  // namespace
}  // namespace sweetspot
