#include "base/toml_reader.hpp"

#include <gtest/gtest.h>

namespace sweetspot {
namespace {

std::string refusal(const std::string& text) {
  try {
    TomlReader("file").parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "none";
}

std::string key_of(int parts, const std::string& part, const std::string& dot = ".") {
  std::string key = part;
  for (int i = 1; i < parts; ++i) key += dot + part;
  return key;
}

// A table for each part, one in the other: what takes them apart goes into them on the stack.
TEST(TomlReader, AKeyOfVeryManyPartsIsRefused) {
  EXPECT_EQ(refusal("\n" + key_of(50'000, "a") + " = 1"), "file:2: a key of more than 16 parts");
  EXPECT_EQ(refusal("[" + key_of(50'000, "a") + "]"), "file:1: a key of more than 16 parts");
  EXPECT_NE(refusal("x = {" + key_of(50'000, "'b c'") + " = 1}"), "none");
  EXPECT_NE(refusal("x = {" + key_of(50'000, "\"b\\\"c\"", " . ") + " = 1}"), "none");
  EXPECT_EQ(refusal(key_of(16, "a") + " = 1"), "none");
  std::string nested = "1";
  for (int i = 0; i < 200; ++i) nested = "{" + key_of(16, "a") + " = " + nested + "}";
  EXPECT_EQ(refusal("x = " + nested), "none");
}

TEST(TomlReader, WhatIsNoKeyMayHaveDots) {
  EXPECT_EQ(refusal("x = [1.5, 2.5, 1e-3]\ny = \"" + key_of(100, "a") + "\""), "none");
  EXPECT_EQ(refusal("x = \"10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6\""), "none");
  EXPECT_EQ(refusal("x = '''\nA sentence. Another. ../../../../../../../../../../../../..\n'''"),
            "none");
}

// Nothing takes the square of a line's length.
TEST(TomlReader, QuotesThatAreNotClosedTakeNoTime) {
  std::string text = "x = 1 # ";
  for (int i = 0; i < 500'000; ++i) text += "\"\\'";
  EXPECT_EQ(refusal(text), "none");
}

}  // namespace
}  // namespace sweetspot
