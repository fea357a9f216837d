// What is said of a search: its answer, its table, the lines to paste; also where nothing worked.
#include "report/summary/tune_summary.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/claims/claims.hpp"
#include "report/json.hpp"
#include "report/table.hpp"

namespace sweetspot::report {
namespace {

using study::Outcome;

struct End {
  const char* optimizer;
  double rate;
  Outcome outcome;
  uint64_t steps;
  double accuracy = 0.97;
  uint64_t seed = 1;
};

Summary search_of(const std::vector<End>& ends) {
  Summary summary;
  summary.part = "tune";
  summary.record.operations_per_step = 10;
  study::Settings& s = summary.record.settings;
  s.kind = study::Kind::tune;
  s.optimizers = {"adam", "rmsprop"};
  s.search.space = {{"optimizer", space::Categorical{s.optimizers}},
                    {"learning_rate", space::LogUniform{1e-6, 100}}};
  for (const End& end : ends) {
    TrialSummary t;
    t.trial.number = static_cast<int>(summary.trials.size());
    t.trial.config = {{"optimizer", std::string(end.optimizer)}, {"learning_rate", end.rate}};
    t.trial.seed = end.seed;
    t.trial.outcome = end.outcome;
    t.trial.steps = end.steps;
    t.curve.metrics = {"train_accuracy", "running_accuracy", "loss", "validation_accuracy"};
    t.curve.points = {{end.steps, {end.accuracy, end.accuracy, 0.1, end.accuracy}}};
    summary.cost.trial_steps += end.steps;
    summary.cost.operations += 10.0 * static_cast<double>(end.steps);
    summary.trials.push_back(std::move(t));
  }
  return summary;
}

TEST(TuneSummary, TheAnswerInJsonNamesFastestAndSafe) {
  const Summary summary = search_of({{"rmsprop", 0.5, Outcome::hopeless, 100, 0.1},
                                     {"adam", 0.01, Outcome::reached, 900},
                                     {"adam", 0.02, Outcome::reached, 700},
                                     {"adam", 0.015, Outcome::reached, 800, 0.97, 2},
                                     {"adam", 0.015, Outcome::reached, 1000, 0.97, 3}});
  const auto answer = nlohmann::json::parse(to_json(summary)).at("answer");
  EXPECT_EQ(answer.at("config").at("learning_rate"), 0.02);
  EXPECT_EQ(answer.at("steps"), 700);
  EXPECT_EQ(answer.at("value"), 700);
  EXPECT_EQ(answer.at("trials"), 3);
  EXPECT_EQ(answer.at("band"), nlohmann::json({0.01, 0.02}));
  EXPECT_EQ(answer.at("safe").at("config").at("learning_rate"), 0.015);
  EXPECT_EQ(answer.at("safe").at("steps"), 900);
  EXPECT_EQ(answer.at("cost").at("trial_steps"), 3500);
  EXPECT_TRUE(answer.at("lineage").empty());
  EXPECT_EQ(answer.at("cost").at("full_trainings"), 3500.0 / 8000);
  EXPECT_NE(table(summary).find("torch.optim.Adam(model.parameters(), lr=0.015"), std::string::npos)
      << table(summary);
}

// A confirmation that stands first does not shift what the answer points at.
TEST(TuneSummary, TheBestIsAnIndexOfAllTrials) {
  const Summary summary = search_of({{"adam", 0.015, Outcome::exhausted, 8000, 0.9, 2},
                                     {"adam", 0.01, Outcome::reached, 900},
                                     {"adam", 0.02, Outcome::reached, 700}});
  EXPECT_EQ(summarize_tune(summary).best, 2U);
}

TEST(TuneSummary, OneTrainingOfOneStepIsNoPlural) {
  Summary summary = search_of({{"adam", 0.01, Outcome::reached, 1}});
  const std::string text = answer(summary);
  EXPECT_NE(text.find(" in 1 step"), std::string::npos) << text;
  EXPECT_NE(text.find("Found with 1 training, 1 step, "), std::string::npos) << text;
  EXPECT_EQ(text.find("1 trainings"), std::string::npos) << text;
  EXPECT_EQ(text.find("1 steps"), std::string::npos) << text;
  summary.trials[0].trial.outcome.reset();
  EXPECT_TRUE(answer(summary).ends_with("1 trial has not ended yet.")) << answer(summary);
}

TEST(TuneSummary, WhereNothingWorkedTheNearestIsNamedAndWhichWayToWiden) {
  Summary summary = search_of(
      {{"adam", 2e-6, Outcome::exhausted, 8000, 0.6}, {"adam", 1, Outcome::hopeless, 100, 0.1}});
  const std::string text = answer(summary);
  EXPECT_NE(text.find("The nearest was"), std::string::npos) << text;
  EXPECT_NE(text.find("learning_rate lies at the low end of the range"), std::string::npos) << text;
  summary.trials[0].trial.config["learning_rate"] = 0.01;
  EXPECT_NE(answer(summary).find("inside the range"), std::string::npos) << answer(summary);
  EXPECT_TRUE(nlohmann::json::parse(to_json(summary)).at("answer").is_null());
  // What was paused is as far as its reports are.
  summary.trials[0].trial.outcome.reset();
  summary.trials[0].trial.steps = 0;
  EXPECT_EQ(answer(summary).find("after 0 steps, "), std::string::npos) << answer(summary);
}

TEST(TuneSummary, WhereTrainingsHardlyDifferNothingTellsWhichWayToWiden) {
  // All far too low: the nearest is the luckiest of those that learnt nothing.
  Summary summary = search_of({{"adam", 2e-6, Outcome::exhausted, 8000, 0.101},
                               {"adam", 1e-3, Outcome::hopeless, 100, 0.099}});
  EXPECT_NE(answer(summary).find("widen the range at both ends"), std::string::npos)
      << answer(summary);
  EXPECT_EQ(answer(summary).find("low end"), std::string::npos) << answer(summary);
}

TEST(TuneSummary, ASearchForTheBestShowsItsMetric) {
  Summary summary = search_of({{"adam", 0.01, Outcome::exhausted, 8000, 0.91},
                               {"adam", 0.02, Outcome::exhausted, 8000, 0.95}});
  summary.record.settings.search.objective = study::parse_objective("best:validation_accuracy");
  summary.record.settings.target = study::parse_target("none");
  const std::string text = table(summary);
  EXPECT_NE(text.find("validation_accuracy"), std::string::npos) << text;
  EXPECT_NE(text.find("95.00 %"), std::string::npos) << text;
  EXPECT_LT(text.find("95.00 %"), text.find("91.00 %")) << text;
}

// Whatever the terminal's width, the table fits, and has every value of every config.
TEST(TuneSummary, ATableOfEightParametersFitsTheTerminal) {
  Summary summary = search_of(
      {{"adam", 0.0123456, Outcome::reached, 900}, {"adam", 0.02, Outcome::reached, 700}});
  summary.record.settings.command.emplace();
  for (TrialSummary& t : summary.trials) {
    t.trial.config.insert({{"activation", std::string("relu")},
                           {"batch_size", 128.0},
                           {"dropout_of_the_last", 0.25},
                           {"hidden_units", 1024.0},
                           {"momentum", 0.912345},
                           {"weight_decay", 1.5e-5}});
  }
  for (const size_t width : {40U, 80U, 100U, 300U}) {
    const std::string text = table(summary, width);
    const size_t begin = text.find("\n\n") + 2;
    const std::string rows = text.substr(begin, text.find("\n\n", begin) - begin);
    std::string joined;
    for (const std::string& line : split(rows, '\n')) {
      EXPECT_LE(line.size(), width) << rows;
      joined += line.substr(0, line.find("  "));
    }
    for (const TrialSummary& t : summary.trials) {
      EXPECT_NE(joined.find(space::text_of(t.trial.config)), std::string::npos) << rows;
    }
  }
}

// A proxy's trials are no answer, and count by their operations.
TEST(TuneSummary, TrialsOnAProxyCountByTheirOperations) {
  Summary summary =
      search_of({{"adam", 0.5, Outcome::reached, 400}, {"adam", 0.02, Outcome::reached, 700}});
  summary.record.networks = {{.name = "tiny", .weights = 3371, .operations_per_step = 2}};
  summary.trials[0].trial.config[study::kProxy] = std::string("tiny");
  EXPECT_EQ(operations_per_step(summary.record, summary.trials[0].trial), 2);
  EXPECT_EQ(operations_per_step(summary.record, summary.trials[1].trial), 10);
  summary.record.settings.search.proxy = "tiny";
  EXPECT_NE(answer(summary).find("1 of the trainings were of the proxy, tiny"), std::string::npos)
      << answer(summary);
  const auto json = nlohmann::json::parse(to_json(summary));
  EXPECT_EQ(json.at("answer").at("config").at("learning_rate"), 0.02);
  EXPECT_EQ(json.at("answer").at("trials"), 1);
  EXPECT_EQ(json.at("trials")[0].at("cost_steps"), 80);
  EXPECT_EQ(json.at("trials")[1].at("cost_steps"), 700);
}

TEST(TuneSummary, ClaimsOfAStudyWithoutASweepAreUndecided) {
  const Summary summary = search_of({{"adam", 0.02, Outcome::reached, 700}});
  for (const Claim& claim : judge_claims(article_parts({summary}))) {
    EXPECT_EQ(claim.verdict, Verdict::undecided) << claim.claim;
  }
}

PasteLine line_of(const study::Settings& settings, const space::Config& config,
                  const std::string& framework) {
  for (PasteLine& line : paste_lines(settings, config)) {
    if (line.framework == framework) return std::move(line);
  }
  ADD_FAILURE() << framework;
  return {};
}

TEST(PasteLines, CarryTheConfigsNumbersAndSayWhereTheRuleDiffers) {
  study::Settings settings;
  const space::Config config = {
      {"optimizer", std::string("rmsprop")}, {"learning_rate", 0.003}, {"decay", 0.95}};
  const PasteLine torch = line_of(settings, config, "PyTorch");
  EXPECT_EQ(torch.line,
            "torch.optim.RMSprop(model.parameters(), lr=0.003, alpha=0.95, eps=1e-10, momentum=0)");
  EXPECT_NE(torch.differs.find("outside the root"), std::string::npos);
  const PasteLine tensorflow = line_of(settings, config, "TensorFlow 1");
  EXPECT_EQ(tensorflow.line,
            "tf.train.RMSPropOptimizer(0.003, decay=0.95, momentum=0, epsilon=1e-10)");
  EXPECT_EQ(tensorflow.differs, "");
  settings.semantics = "pytorch";
  EXPECT_EQ(line_of(settings, config, "PyTorch").differs, "");
  EXPECT_NE(line_of(settings, config, "TensorFlow 1").differs, "");
}

// Each framework takes what stands there: TensorFlow 1 refuses a sum that starts at 0.
TEST(PasteLines, AdagradsSumStartsWhereTheFrameworkLetsIt) {
  study::Settings settings;
  const space::Config config = {{"optimizer", std::string("adagrad")}, {"learning_rate", 0.01}};
  const auto line = [&](const char* framework) { return line_of(settings, config, framework); };
  EXPECT_EQ(line("PyTorch").line,
            "torch.optim.Adagrad(model.parameters(), lr=0.01, initial_accumulator_value=0.1, "
            "eps=0)");
  EXPECT_EQ(line("Keras").line,
            "keras.optimizers.Adagrad(learning_rate=0.01, initial_accumulator_value=0.1, "
            "epsilon=0)");
  EXPECT_EQ(line("TensorFlow 1").line,
            "tf.train.AdagradOptimizer(0.01, initial_accumulator_value=0.1)");
  for (const char* framework : {"PyTorch", "Keras", "TensorFlow 1"}) {
    EXPECT_EQ(line(framework).differs, "") << framework;
  }
  settings.semantics = "pytorch";
  EXPECT_EQ(line("PyTorch").line,
            "torch.optim.Adagrad(model.parameters(), lr=0.01, initial_accumulator_value=0, "
            "eps=1e-10)");
  EXPECT_EQ(line("PyTorch").differs, "");
  EXPECT_NE(line("Keras").line.find("epsilon=1e-20"), std::string::npos) << line("Keras").line;
  EXPECT_NE(line("Keras").differs.find("inside the root"), std::string::npos);
  EXPECT_EQ(line("TensorFlow 1").line,
            "tf.train.AdagradOptimizer(0.01, initial_accumulator_value=1e-20)");
  EXPECT_NE(line("TensorFlow 1").differs.find("refuses to start its sum at 0"), std::string::npos);
}

TEST(PasteLines, KerasAddsRmspropsEpsilonInsideTheRoot) {
  study::Settings settings;
  const space::Config config = {{"optimizer", std::string("rmsprop")}, {"learning_rate", 0.01}};
  const PasteLine tensorflow = line_of(settings, config, "Keras");
  EXPECT_NE(tensorflow.line.find("epsilon=1e-10"), std::string::npos) << tensorflow.line;
  EXPECT_EQ(tensorflow.differs.find("inside"), std::string::npos) << tensorflow.differs;
  settings.semantics = "pytorch";
  const PasteLine pytorch = line_of(settings, config, "Keras");
  EXPECT_NE(pytorch.line.find("epsilon=1e-16"), std::string::npos) << pytorch.line;
  EXPECT_NE(pytorch.differs.find("inside the root"), std::string::npos) << pytorch.differs;
}

// Of the three PyTorch alone corrects the root that it adds epsilon to.
TEST(PasteLines, AdamsNoteIsTheFrameworksOwn) {
  study::Settings settings;
  const space::Config config = {{"optimizer", std::string("adam")}, {"learning_rate", 0.01}};
  EXPECT_NE(line_of(settings, config, "PyTorch").differs.find("a root that is corrected"),
            std::string::npos);
  EXPECT_EQ(line_of(settings, config, "Keras").differs, "");
  settings.semantics = "pytorch";
  EXPECT_EQ(line_of(settings, config, "PyTorch").differs, "");
  for (const char* framework : {"Keras", "TensorFlow 1"}) {
    EXPECT_NE(line_of(settings, config, framework).differs.find("a root that is not corrected"),
              std::string::npos)
        << framework;
  }
}

TEST(PasteLines, NoneForAnOptimizerThatTheFrameworksHaveNot) {
  EXPECT_TRUE(paste_lines({}, {{"optimizer", std::string("dog")}, {"learning_rate", 1.0}}).empty());
}

}  // namespace
}  // namespace sweetspot::report
