#include "command/report_reader.hpp"

#include <gtest/gtest.h>

#include "sweetspot/error.hpp"

namespace sweetspot::command {
namespace {

std::vector<Report> read_all(std::string_view text, size_t pieces, const MetricPattern* pattern,
                             LogTail& log) {
  ReportReader reader(pattern, log);
  std::vector<Report> reports;
  for (size_t at = 0; at < text.size(); at += pieces) {
    for (Report& report : reader.read(text.substr(at, pieces)))
      reports.push_back(std::move(report));
  }
  for (Report& report : reader.finish()) reports.push_back(std::move(report));
  return reports;
}

TEST(ReportReader, TellsReportsFromLogHoweverTheyCome) {
  const std::string text =
      "starting\n{\"step\": 50, \"accuracy\": 0.5, \"note\": \"x\"}\n\r 10%\r 20%\r{\"loss\": "
      "1}\nend";
  for (const size_t pieces : {1, 2, 7, 1000}) {
    LogTail log;
    const std::vector<Report> reports = read_all(text, pieces, nullptr, log);
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[0].step, 50U);
    EXPECT_EQ(reports[0].metrics, (decltype(Report::metrics){{"accuracy", 0.5}}));
    EXPECT_EQ(reports[1].step, std::nullopt);
    EXPECT_EQ(log.last(9), "starting\n 10%\n 20%\nend");
  }
}

TEST(ReportReader, TakesNanAndInfinityForNoValue) {
  for (const char* word : {"NaN", "Infinity", "-Infinity", "null", "-nan", "+Inf", "1e999"}) {
    const auto report = report_of_json(std::string(R"({"step": 1, "loss": )") + word +
                                       R"(, "t": "NaN \" Infinity"})");
    if (std::string_view(word) == "1e999") continue;  // either is fine: no report, or no value
    ASSERT_TRUE(report.has_value()) << word;
    EXPECT_EQ(report->metrics.at("loss"), std::nullopt) << word;
  }
}

TEST(ReportReader, TakesNoStepThatIsNone) {
  for (const char* step : {"-1", "1.5", "1e30", "\"7\"", "null"}) {
    const auto report = report_of_json(std::string(R"({"loss": 1, "step": )") + step + "}");
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(report->has_bad_step) << step;
  }
  EXPECT_EQ(report_of_json(R"({"loss": 1, "step": 7.0})")->step, 7U);
  EXPECT_FALSE(report_of_json(R"({"step": 7})").has_value());
  EXPECT_FALSE(report_of_json(R"([1, 2])").has_value());
  EXPECT_FALSE(report_of_json(R"({"loss": 1)").has_value());
}

TEST(ReportReader, CountsWhatItCannotUse) {
  const MetricPattern pattern(R"(step (?<step>\S+) acc (?<accuracy>\S+))");
  LogTail log;
  ReportReader reader(&pattern, log);
  EXPECT_EQ(reader
                .read("hello\n\nstep 1 acc 0.5\nstep x acc 0.5\nstep 2 acc none\n"
                      "{\"step\": -1, \"loss\": 1}\n{\"step\": 3, \"loss\": 1}\n")
                .size(),
            2U);
  EXPECT_EQ(reader.counts().all, 6U);
  EXPECT_EQ(reader.counts().matched, 3U);
  EXPECT_EQ(reader.counts().bad_steps, 2U);
}

TEST(ReportReader, TakesHalfALineOfAKilledProgramForNoReport) {
  const MetricPattern pattern("acc=(?<accuracy>[0-9.]+)");
  LogTail log;
  ReportReader reader(&pattern, log);
  EXPECT_EQ(reader.read("acc=0.93\nacc=0.").size(), 1U);
  reader.cut();
  EXPECT_TRUE(reader.finish().empty());
  EXPECT_EQ(log.last(9), "acc=0.");
}

TEST(ReportReader, SurvivesNoiseAndHugeLines) {
  LogTail log;
  const std::string noise("a\0b\xff\xfe\x80z\n", 8);
  const std::string huge(1'000'000, '{');
  ReportReader reader(nullptr, log);
  EXPECT_TRUE(reader.read(noise).empty());
  EXPECT_TRUE(reader.read(huge).empty());
  EXPECT_EQ(reader.read("\n{\"loss\": 2}\n").size(), 1U);
  EXPECT_EQ(reader.counts().huge, 1U);
  EXPECT_LT(log.last(100).size(), 10'000U);
}

TEST(MetricPattern, FindsStepAndMetricsAnywhereInALine) {
  const MetricPattern pattern(R"(step (?<step>\d+) .*acc[ =](?<accuracy>[0-9.]+))");
  EXPECT_EQ(pattern.metrics(), std::vector<std::string>{"accuracy"});
  const auto report = pattern.match("[12:00] step 150 of 900, acc=0.93 (best 0.95)");
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->step, 150U);
  EXPECT_EQ(report->metrics.at("accuracy"), 0.93);
  EXPECT_FALSE(pattern.match("step x acc=0.9").has_value());
}

TEST(MetricPattern, KnowsNanAndPythonsGroups) {
  const MetricPattern pattern("loss: (?P<loss>[-+0-9.a-z]+)");
  EXPECT_EQ(pattern.match("loss: nan")->metrics.at("loss"), std::nullopt);
  EXPECT_EQ(pattern.match("loss: -1.5e3")->metrics.at("loss"), -1500);
}

TEST(MetricPattern, SaysWhatIsWrongWithIt) {
  EXPECT_THROW(MetricPattern("acc=(?<accuracy>[0-9.+)"), Error);
  EXPECT_THROW(MetricPattern("acc=([0-9.]+)"), Error);
  EXPECT_THROW(MetricPattern("(?<step>\\d+)"), Error);
}

TEST(MetricPattern, DoesNotHangOnALine) {
  const MetricPattern pattern("(?<a>(x+x+)+y)");
  EXPECT_FALSE(pattern.match(std::string(60, 'x')).has_value());
}

}  // namespace
}  // namespace sweetspot::command
