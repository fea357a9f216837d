#include "base/json_text.hpp"

#include <gtest/gtest.h>

#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::study);
    return error.what();
  }
  return "none";
}

std::string nested(int levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(JsonText, WhatIsNestedTooDeepIsRefusedBeforeAnythingWalksOverIt) {
  EXPECT_NE(refusal([] { parse_json(nested(50'000)); }).find("more than 64 levels"),
            std::string::npos);
  EXPECT_FALSE(is_shallow_json("{\"a\":" + nested(64) + "}"));
  EXPECT_EQ(parse_json(nested(64)).dump(), nested(64));
  // Brackets within texts are none.
  EXPECT_TRUE(is_shallow_json("\"" + nested(100) + "\\\"" + nested(100) + "\""));
  EXPECT_TRUE(is_shallow_json("[[],[],[]]"));
}

TEST(JsonText, WhatIsNoJsonIsSaidWithoutTheLibrarysOwnWords) {
  for (const char* text : {"", "{", "[1e999]", "\"\xff\"", "nul"}) {
    const std::string what = refusal([&] { parse_json(text); });
    EXPECT_NE(what, "none") << text;
    EXPECT_EQ(what.find("json.exception"), std::string::npos) << what;
  }
}

TEST(JsonFields, EachFieldHasItsTypeAndRange) {
  const Json json = parse_json(
      R"({"flag": true, "text": "t", "texts": ["a", "b"], "number": 0.5, "numbers": [1, 2.5],
          "whole": 7, "float": 8.0, "large": 18446744073709551615, "negative": -1, "null": null})");
  const JsonFields fields(json);
  EXPECT_TRUE(fields.flag("flag"));
  EXPECT_EQ(fields.text("text"), "t");
  EXPECT_EQ(fields.texts("texts"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(fields.number("number", 0, 1), 0.5);
  EXPECT_EQ(fields.numbers("numbers", 0, 9), (std::vector<double>{1, 2.5}));
  EXPECT_EQ(fields.whole<int>("whole", 1, 10), 7);
  EXPECT_EQ(fields.whole<int>("float", 1, 10), 8);
  EXPECT_EQ(fields.whole<uint64_t>("large", 0, UINT64_MAX), UINT64_MAX);
  EXPECT_EQ(fields.find("null"), nullptr);
  EXPECT_EQ(refusal([&] { fields.at("none"); }), "none is missing");
  EXPECT_EQ(refusal([&] { fields.whole<int>("negative", 0, 10); }),
            "negative is -1; it must be a whole number from 0 to 10");
  EXPECT_EQ(refusal([&] { fields.number("whole", 0, 1); }), "whole is 7; it must be from 0 to 1");
  for (const char* field : {"text", "number", "large", "texts", "null"}) {
    EXPECT_NE(refusal([&] { fields.whole<int>(field, 0, 1000); }), "none") << field;
    EXPECT_NE(refusal([&] { fields.flag(field); }), "none") << field;
    EXPECT_NE(refusal([&] { fields.numbers(field, 0, 1); }), "none") << field;
  }
  const Json list = parse_json("[1]");
  EXPECT_NE(refusal([&] { JsonFields{list}; }), "none");
}

}  // namespace
}  // namespace sweetspot
