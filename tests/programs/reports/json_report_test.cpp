#include "programs/reports/json_report.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

namespace sweetspot::programs {
namespace {

double loss_in(const std::string& line) {
  const auto report = report_of_json(line);
  if (!report.has_value() || !report->metrics.contains("loss")) return -1;
  return report->metrics.at("loss").value_or(-2);
}

TEST(JsonReport, TellsNullFromWhatIsNotFinite) {
  for (const char* word : {"NaN", "Infinity", "-Infinity", "-nan", "+Inf", "1e999", "-1e999"}) {
    const double loss =
        loss_in(std::string(R"({"step": 1, "loss": )") + word + R"(, "t": "NaN \" Infinity"})");
    EXPECT_FALSE(std::isfinite(loss)) << word;
  }
  const auto report = report_of_json(R"({"loss": null})");
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->metrics.at("loss"), std::nullopt);
}

TEST(JsonReport, ReadsWhatProgramsWriteThatIsNotQuiteJson) {
  EXPECT_EQ(loss_in("{\"note\": \"caf\xE9\", \"loss\": 3}"), 3);
  EXPECT_EQ(loss_in(R"({"note": "\ud800", "loss": 3})"), 3);
  EXPECT_EQ(loss_in(R"({"note": "\udc00\ud83d x", "loss": 3})"), 3);
  EXPECT_EQ(loss_in("{\"note\": \"a\tb\x01\", \"loss\": 3}"), 3);
  EXPECT_EQ(loss_in("\xEF\xBB\xBF{\"loss\": 3}"), 3);
  EXPECT_EQ(loss_in(" \t{ \"loss\" :3.5e0 , \"deep\": {\"loss\": [4, \"]}\"]}}  "), 3.5);
  EXPECT_EQ(loss_in(R"({"loss": 1, "loss": 3})"), 3);
}

TEST(JsonReport, NamesAreUtf8WithoutControlCharacters) {
  const auto report =
      report_of_json("{\"caf\xE9\": 1, \"\\u00e9\\ud83d\\ude00\": 2, \"a\\u001bb\": 3}");
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->metrics,
            (decltype(Report::metrics){{"caf?", 1}, {"\xC3\xA9\xF0\x9F\x98\x80", 2}, {"a?b", 3}}));
}

TEST(JsonReport, TakesNoStepThatIsNone) {
  for (const char* step : {"-1", "1.5", "1e30", "1e999", "NaN", "\"7\"", "null", "[1]", "true"}) {
    const auto report = report_of_json(std::string(R"({"loss": 1, "step": )") + step + "}");
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(report->has_bad_step) << step;
  }
  EXPECT_EQ(report_of_json(R"({"loss": 1, "step": 7.0})")->step, 7U);
}

TEST(JsonReport, IsNoneWithoutANumberOrWithoutForm) {
  EXPECT_FALSE(report_of_json(R"({"step": 7})").has_value());
  EXPECT_FALSE(report_of_json(R"({"step": 7, "loss": "3", "done": true})").has_value());
  for (const char* line :
       {"", "[1, 2]", R"({"loss": 1)", R"({"loss": 1,})", R"({"loss": 1} x)", R"({"loss": })",
        R"({"loss": 1x})", R"({loss: 1})", R"({"loss" 1})", R"({"a": [1, "loss": 1})",
        R"({"a": "\x", "loss": 1})", "{", "{\"", R"({"a": "\u12)"}) {
    const JsonLine read = read_json_line(line);
    EXPECT_FALSE(read.is_object) << line;
    EXPECT_LE(read.wrong_at, std::string_view(line).size() + 1) << line;
  }
  EXPECT_EQ(read_json_line(R"({"step": 1, 'loss': 2})").wrong_at, 13U);
  EXPECT_EQ(report_of_json(R"({"loss": "3", "step": 1, "lr": 1})")->texts,
            std::vector<std::string>{"loss"});
}

// What is JSON is read as another reader reads it.
TEST(JsonReport, ReadsJsonAsAnotherReaderDoes) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    nlohmann::json json = nlohmann::json::object();
    for (uint64_t n = random() % 6; n > 0; --n) {
      const std::string name = "m" + std::to_string(random() % 9);
      const double value =
          std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 150);
      switch (random() % 5) {
        case 0:
          json[name] = value;
          break;
        case 1:
          json[name] = random();
          break;
        case 2:
          json[name] = {{"x", {value, "}]\""}}};
          break;
        case 3:
          json[name] = nullptr;
          break;
        default:
          json[name] = "\n\t\"\\ \xC3\xA9{[";
      }
    }
    decltype(Report::metrics) metrics;
    for (const auto& [name, value] : json.items()) {
      if (value.is_null()) metrics[name] = std::nullopt;
      if (value.is_number()) metrics[name] = value.get<double>();
    }
    const JsonLine read = read_json_line(json.dump(-1, ' ', random() % 2 == 0));
    ASSERT_TRUE(read.is_object) << json;
    EXPECT_EQ(read.report.has_value(), !metrics.empty());
    if (read.report.has_value()) {
      EXPECT_EQ(read.report->metrics, metrics) << json;
    }
  }
}

TEST(ReportSteps, AReportWithoutAStepBelongsToTheLastThatWasNamed) {
  ReportSteps steps;
  EXPECT_EQ(steps.take({{}, {}, {}, false}), 1U);
  EXPECT_EQ(steps.take({{}, {}, {}, false}), 2U);
  EXPECT_EQ(steps.take({50, {}, {}, false}), 50U);
  EXPECT_EQ(steps.of({{}, {}, {}, false}), 50U);
  EXPECT_EQ(steps.take({{}, {}, {}, false}), 50U);
  EXPECT_EQ(ReportSteps(7).of({{}, {}, {}, false}), 8U);
}

}  // namespace
}  // namespace sweetspot::programs
