// From a study to what is shown of it: bands, JSON, CSV, figures and the page.
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "report/csv.hpp"
#include "report/figures.hpp"
#include "report/json.hpp"
#include "report/png.hpp"
#include "report/summary/summary.hpp"
#include "report/summary/untuned.hpp"
#include "report/table.hpp"
#include "report/write_report.hpp"
#include "store/open_store.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::report {
namespace {

using study::Outcome;
using testing_support::TemporaryFolder;

struct End {
  double rate;
  Outcome outcome;
  uint64_t steps;
  double accuracy = 0.97;
};

// A study of one optimizer whose trials ended as said.
class ReportTest : public testing::Test {
 protected:
  Summary summary_of(const std::vector<End>& ends) {
    const auto file = folder_.path() / "study.db";
    std::filesystem::remove(file);
    const auto store = store::open_sqlite(file, store::Access::train);
    store::StudyRecord record;
    record.settings.optimizers = {"adam"};
    for (const End& end : ends) record.settings.learning_rates.push_back(end.rate);
    record.program_version = "1.2.3";
    record.data_checksum = "abc";
    record.weights = 3371;
    record.operations_per_step = 10;
    record.early_stop = "on";
    store->write_record(record, {"train_accuracy", "running_accuracy", "loss"});
    std::vector<study::Trial> trials;
    store::Batch batch;
    for (size_t i = 0; i < ends.size(); ++i) {
      study::Trial trial;
      trial.number = static_cast<int>(i);
      trial.config = {{"optimizer", std::string("adam")}, {"learning_rate", ends[i].rate}};
      trial.seed = 1;
      trials.push_back(trial);
      trial.outcome = ends[i].outcome;
      trial.steps = ends[i].steps;
      trial.compute_seconds = 0.25;
      trial.note = "a \"note\", with </script> in it";
      const double loss =
          ends[i].outcome == Outcome::diverged ? std::numeric_limits<double>::infinity() : 0.1;
      batch.observations.push_back(
          {trial.number, {ends[i].steps, {ends[i].accuracy, ends[i].accuracy / 2, loss}}});
      batch.ended.push_back(trial);
    }
    batch.cost = {2, 15, 16};
    store->add_trials(trials);
    store->write(batch);
    return summarize(*store);
  }

  TemporaryFolder folder_;
};

TEST_F(ReportTest, TheBandIsTheContiguousRunAroundTheBest) {
  const Summary summary = summary_of({{1e-5, Outcome::reached, 900},
                                      {1e-4, Outcome::exhausted, 8000},
                                      {1e-3, Outcome::reached, 500},
                                      {1e-2, Outcome::reached, 300},
                                      {1e-1, Outcome::reached, 700},
                                      {1, Outcome::diverged, 3},
                                      {10, Outcome::hopeless, 100}});
  const OptimizerSummary& adam = summary.optimizers[0];
  EXPECT_EQ(adam.reached, 4);
  EXPECT_EQ(adam.trials, 7);
  EXPECT_EQ(adam.band, (std::pair<double, double>(1e-3, 1e-1)));
  EXPECT_EQ(adam.also_reached, std::vector<double>{1e-5});
  EXPECT_EQ(adam.best->learning_rate, 1e-2);
  EXPECT_EQ(adam.best->steps, 300);
  EXPECT_EQ(summary.cost.trial_steps, 900U + 8000 + 500 + 300 + 700 + 3 + 100);
  EXPECT_EQ(summary.cost.operations, 10.0 * 10503);
  EXPECT_EQ(summary.cost.lanes_busy, 15.0 / 16);
  EXPECT_NE(answer(summary).find("Use adam at a learning rate of 0.01: it reaches "
                                 "train_accuracy=0.97 in 300 steps; its band runs from 0.001 to "
                                 "0.1 (2.0 decades). Found with 7 trainings"),
            std::string::npos)
      << answer(summary);
}

TEST_F(ReportTest, TiesGoToHigherAccuracyThenToTheLowerRate) {
  const Summary higher =
      summary_of({{1e-3, Outcome::reached, 300, 0.971}, {1e-2, Outcome::reached, 300, 0.975}});
  EXPECT_EQ(higher.optimizers[0].best->learning_rate, 1e-2);
  const Summary lower =
      summary_of({{1e-3, Outcome::reached, 300, 0.971}, {1e-2, Outcome::reached, 300, 0.971}});
  EXPECT_EQ(lower.optimizers[0].best->learning_rate, 1e-3);
}

TEST_F(ReportTest, JsonHasTheDocumentedForm) {
  const std::string text =
      to_json(summary_of({{1e-3, Outcome::reached, 300}, {1.0, Outcome::diverged, 3, NAN}}));
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("inf"), std::string::npos);
  const auto json = nlohmann::json::parse(text);
  EXPECT_EQ(json.at("format"), 1);
  EXPECT_EQ(json.at("study").at("target"), "train_accuracy=0.97");
  EXPECT_EQ(json.at("study").at("program_version"), "1.2.3");
  const auto& trial = json.at("trials").at(0);
  EXPECT_EQ(trial.at("config").at("optimizer"), "adam");
  EXPECT_EQ(trial.at("config").at("learning_rate"), 1e-3);
  EXPECT_EQ(trial.at("outcome"), "reached");
  EXPECT_EQ(trial.at("metrics").at("train_accuracy"), 0.97);
  EXPECT_EQ(trial.at("curve").at("columns"),
            nlohmann::json({"step", "train_accuracy", "running_accuracy", "loss"}));
  EXPECT_EQ(trial.at("curve").at("rows").at(0).at(0), 300);
  EXPECT_TRUE(json.at("trials").at(1).at("metrics").at("loss").is_null());
  EXPECT_EQ(json.at("optimizers").at(0).at("band"), nlohmann::json({1e-3, 1e-3}));
  EXPECT_EQ(json.at("optimizers").at(0).at("best").at("steps"), 300);
  EXPECT_EQ(json.at("cost").at("wall_seconds"), 2);
  EXPECT_EQ(json.at("cost").at("lanes_busy"), 15.0 / 16);
}

TEST_F(ReportTest, NothingReachedIsNullAndSaidSo) {
  const Summary summary = summary_of({{1e-3, Outcome::exhausted, 8000}});
  const auto json = nlohmann::json::parse(to_json(summary));
  EXPECT_TRUE(json.at("optimizers").at(0).at("band").is_null());
  EXPECT_TRUE(json.at("optimizers").at(0).at("best").is_null());
  EXPECT_NE(table(summary).find("No optimizer reached train_accuracy=0.97 within 8,000 steps"),
            std::string::npos);
}

TEST_F(ReportTest, CsvQuotesWhatNeedsIt) {
  const std::string csv = trials_csv(summary_of({{1e-3, Outcome::reached, 300}}));
  EXPECT_EQ(csv,
            "number,optimizer,learning_rate,seed,outcome,steps,cost_steps,compute_seconds,"
            "given_up_at,train_accuracy,running_accuracy,loss,origin,origin_step,note\n"
            "0,adam,0.001,1,reached,300,300,0.25,,0.97,0.485,0.1,,,"
            "\"a \"\"note\"\", with </script> in it\"\n");
}

TEST_F(ReportTest, FiguresShowGapsAndTellFailuresApart) {
  FigureScript script;
  const std::string json = to_json(summary_of({{1e-4, Outcome::reached, 900},
                                               {1e-3, Outcome::exhausted, 8000},
                                               {1e-2, Outcome::reached, 300},
                                               {1e-1, Outcome::hopeless, 100},
                                               {1, Outcome::diverged, 3}}),
                                   -1);
  EXPECT_EQ(script.names("sweep", json),
            (std::vector<std::string>{"time-to-train", "fastest-slowest", "bands", "curves"}));
  for (const std::string& name : script.names("sweep", json)) {
    const std::string svg = script.svg(name, json);
    EXPECT_TRUE(svg.starts_with("<svg")) << name;
    EXPECT_EQ(svg.find("NaN"), std::string::npos) << name;
    EXPECT_TRUE(png_of(svg, 1).starts_with("\x89PNG")) << name;
  }
  const std::string svg = script.svg("time-to-train", json);
  for (const char* words : {"given up as hopeless", "budget spent", "diverged", "learning rate",
                            "training steps to target"}) {
    EXPECT_NE(svg.find(words), std::string::npos) << words;
  }
  EXPECT_THROW(script.svg("no-such-figure", json), Error);
  EXPECT_THROW(script.svg("bands", "{"), Error);
}

TEST_F(ReportTest, AScheduleHasAFigureOfItsOwn) {
  FigureScript script;
  Summary summary = summary_of({{1e-3, Outcome::reached, 300}});
  summary.record.settings.schedule = "cosine:period=2000,growth=1,floor=0.1";
  const std::string json = to_json(summary, -1);
  EXPECT_EQ(script.names("sweep", json).back(), "schedule");
  const std::string svg = script.svg("schedule", json);
  EXPECT_NE(svg.find("cosine period=2000, growth=1, floor=0.1"), std::string::npos);
  EXPECT_EQ(svg.find("NaN"), std::string::npos);
}

TEST_F(ReportTest, WhatNeedsNoTuningIsHeldAgainstWhatDoes) {
  FigureScript script;
  Summary summary = summary_of(
      {{0.1, Outcome::reached, 900}, {1, Outcome::reached, 1200}, {10, Outcome::diverged, 3}});
  EXPECT_FALSE(untuned(summary, summary.optimizers[0]).has_value());  // Adam has to be tuned
  summary.optimizers[0].optimizer = "prodigy";
  const std::optional<Untuned> at_one = untuned(summary, summary.optimizers[0]);
  ASSERT_TRUE(at_one.has_value());
  EXPECT_EQ(at_one->learning_rate, 1);
  EXPECT_EQ(at_one->steps, 1200);
  const std::string json = to_json(summary, -1);
  EXPECT_EQ(script.names("sweep", json).back(), "untuned");
  EXPECT_NE(script.svg("untuned", json).find("1,200 untuned, at 1"), std::string::npos);
  summary.optimizers[0].times.erase(1);
  EXPECT_FALSE(untuned(summary, summary.optimizers[0])->steps.has_value());
  EXPECT_NE(script.svg("untuned", to_json(summary, -1)).find("does not reach the target"),
            std::string::npos);
  summary.optimizers[0].optimizer = "schedule-free";  // 0.0025 is far from every rate
  EXPECT_FALSE(untuned(summary, summary.optimizers[0]).has_value());
}

TEST_F(ReportTest, FiguresOfAStudyWithoutASingleSuccess) {
  FigureScript script;
  const std::string json = to_json(summary_of({{1e-3, Outcome::hopeless, 100}}), -1);
  for (const std::string& name : script.names("sweep", json)) {
    EXPECT_TRUE(script.svg(name, json).starts_with("<svg")) << name;
  }
}

// A search over Adam's rate and one number of it, of twelve trials and one with a fresh seed.
class SearchReportTest : public ReportTest {
 protected:
  Summary search(Outcome end = Outcome::reached) {
    std::vector<End> ends;
    for (int i = 0; i < 12; ++i) {
      const bool works = i % 3 == 0;
      ends.push_back({std::pow(10.0, -i / 3.0), works ? end : Outcome::pruned,
                      static_cast<uint64_t>(works ? 600 + 100 * i : 100), 0.9 + 0.005 * i});
    }
    ends.push_back({1e-2, Outcome::reached, 700, 0.98});
    Summary summary = summary_of(ends);
    summary.part = "tune";
    study::Settings& settings = summary.record.settings;
    settings.kind = study::Kind::tune;
    settings.learning_rates.clear();
    settings.search.space = {{"optimizer", space::Categorical{{"adam"}}},
                             {"learning_rate", space::LogUniform{1e-6, 1}},
                             {"epsilon", space::LogUniform{1e-9, 1e-6}}};
    for (size_t i = 0; i < ends.size(); ++i) {
      summary.trials[i].trial.config["epsilon"] = i % 2 == 0 ? 1e-8 : 1e-7;
    }
    summary.trials.back().trial.seed = 2;
    return summary;
  }

  // Draws all; none may hold what JavaScript makes of a missing number or value.
  std::vector<std::string> figures(const Summary& summary) {
    const std::string json = to_json(summary, -1);
    const std::vector<std::string> names = script_.names("tune", json);
    for (const std::string& name : names) {
      const std::string svg = script_.svg(name, json);
      EXPECT_TRUE(svg.starts_with("<svg")) << name;
      EXPECT_EQ(svg.find("NaN"), std::string::npos) << name;
      EXPECT_EQ(svg.find("undefined"), std::string::npos) << name;
      EXPECT_TRUE(png_of(svg, 1).starts_with("\x89PNG")) << name;
    }
    return names;
  }

  FigureScript script_;
};

TEST_F(SearchReportTest, ASearchHasItsFigures) {
  const Summary summary = search();
  EXPECT_EQ(figures(summary), (std::vector<std::string>{"search-history", "search-trials",
                                                        "search-rungs", "search-importance"}));
  const std::string json = to_json(summary, -1);
  const auto importance = nlohmann::json::parse(json).at("answer").at("importance");
  ASSERT_EQ(importance.size(), 2U);
  EXPECT_EQ(importance.at(0).at("trials"), 12);
  const std::string history = script_.svg("search-history", json);
  for (const char* words : {"training steps spent", "12 trials", "confirmation with fresh seeds"}) {
    EXPECT_NE(history.find(words), std::string::npos) << words;
  }
  const std::string trials = script_.svg("search-trials", json);
  for (const char* words : {"reached the target", "dropped by the search", "the answer, adam at"}) {
    EXPECT_NE(trials.find(words), std::string::npos) << words;
  }
  EXPECT_EQ(trials.find("given up as hopeless"), std::string::npos);  // no trial was
}

TEST_F(SearchReportTest, TheBestOfAMetricCountsTrialsThatTrainedToTheEnd) {
  Summary summary = search(Outcome::exhausted);
  summary.record.settings.search.objective = study::parse_objective("best:train_accuracy");
  summary.record.settings.target = study::parse_target("none");
  EXPECT_EQ(figures(summary).size(), 4U);
  const std::string history = script_.svg("search-history", to_json(summary, -1));
  EXPECT_NE(history.find("train accuracy"), std::string::npos);
  EXPECT_EQ(history.find("steps to target"), std::string::npos);
}

TEST_F(SearchReportTest, FiguresShowWhatThereIs) {
  EXPECT_EQ(figures(search(Outcome::hopeless)),
            (std::vector<std::string>{"search-trials", "search-rungs"}));
  Summary summary = search();
  for (TrialSummary& t : summary.trials) t.trial.outcome.reset();
  EXPECT_TRUE(figures(summary).empty());
}

TEST_F(SearchReportTest, ThePageOfASearchHasItsFigures) {
  const auto output = folder_.path() / "report";
  const std::vector<std::string> files = write_report({search()}, output);
  const std::set<std::string> names(files.begin(), files.end());
  for (const char* name : {"search-history.svg", "search-history.png", "search-trials.png",
                           "search-rungs.svg", "search-importance.png", "trials.csv"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
}

TEST_F(ReportTest, ThePageAsksNothingOfAnyNetwork) {
  const Summary summary = summary_of({{1e-3, Outcome::reached, 300}, {1, Outcome::diverged, 3}});
  const auto output = folder_.path() / "report";
  const std::vector<std::string> files = write_report({summary}, output);
  const std::set<std::string> names(files.begin(), files.end());
  for (const char* name : {"index.html", "time-to-train.svg", "time-to-train.png", "bands.png",
                           "curves.svg", "fastest-slowest.png", "trials.csv", "curves.csv"}) {
    EXPECT_TRUE(names.contains(name)) << name;
    EXPECT_TRUE(std::filesystem::exists(output / name)) << name;
  }
  std::ifstream in(output / "index.html");
  const std::string html((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  for (const char* request : {"src=\"http", "href=\"http", "<link", "@import"}) {
    EXPECT_EQ(html.find(request), std::string::npos) << request;
  }
  EXPECT_EQ(html.find("{{"), std::string::npos);
  // Two script elements, each with its own end and no other.
  size_t ends = 0;
  for (size_t at = html.find("</script"); at != std::string::npos;
       at = html.find("</script", at + 1)) {
    ++ends;
  }
  EXPECT_EQ(ends, 2U);
}

TEST_F(ReportTest, AFolderThatCannotBeMadeIsOneLine) {
  const Summary summary = summary_of({{1e-3, Outcome::reached, 300}});
  testing_support::write_file(folder_.path() / "file", "");
  try {
    write_report({summary}, folder_.path() / "file" / "report");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::system);
  }
}

}  // namespace
}  // namespace sweetspot::report
