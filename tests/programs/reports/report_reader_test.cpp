#include "programs/reports/report_reader.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sweetspot/error.hpp"

namespace sweetspot::programs {
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

TEST(ReportReader, SaysWhatOfALineThatLooksLikeAReportIsWrong) {
  LogTail log;
  ReportReader reader(nullptr, log);
  EXPECT_TRUE(reader.read("{\"step\": 1, 'loss': 2}\n{not meant to be}\n{\"step\": 3}\n{").empty());
  EXPECT_EQ(reader.counts().unread, 1U);
  EXPECT_EQ(reader.counts().why_unread, "wrong at character 13: {\"step\": 1, 'loss': 2}");
  EXPECT_EQ(reader.counts().numberless, 1U);
}

TEST(ReportReader, ReadsALongLineAndSaysWhereItIsTooLong) {
  const MetricPattern pattern("acc=(?<accuracy>[0-9.]+)");
  for (const size_t piece : {size_t{1000}, size_t{1} << 24}) {
    LogTail log;
    ReportReader reader(&pattern, log);
    const std::string start = R"({"loss": 1, "histogram": [)";
    const std::string text = start + std::string(200'000, '1') + "]}\n" + start +
                             std::string(2'000'000, '1') + "]}\n" + std::string(70'000, '.') +
                             "acc=0.5\nacc=0.6\n";
    std::vector<Report> reports;
    for (size_t at = 0; at < text.size(); at += piece) {
      for (Report& report : reader.read(std::string_view(text).substr(at, piece))) {
        reports.push_back(std::move(report));
      }
    }
    ASSERT_EQ(reports.size(), 2U) << piece;
    EXPECT_EQ(reports[0].metrics.at("loss"), 1);
    EXPECT_EQ(reports[1].metrics.at("accuracy"), 0.6);
    EXPECT_EQ(reader.counts().unread, 1U);
    EXPECT_EQ(reader.counts().why_unread, "longer than 1 MiB");
    EXPECT_EQ(reader.counts().huge, 2U);
  }
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
  EXPECT_TRUE(std::isnan(*pattern.match("loss: nan")->metrics.at("loss")));
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
}  // namespace sweetspot::programs
