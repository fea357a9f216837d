// Writes the fuzzers' seeds, small valid inputs of each kind, into FOLDER/TARGET/: what stands in
// tests/fuzz/corpus/ was made by it, and by what fuzzers found.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <functional>

#include "base/text.hpp"
#include "cohorts/prepare_study.hpp"
#include "cohorts/study_runner.hpp"
#include "exchange/optuna_distribution.hpp"
#include "exchange/optuna_file.hpp"
#include "fuzz/study_steps.hpp"
#include "models/named_models.hpp"
#include "programs/checkpoints.hpp"
#include "space/space_file.hpp"
#include "store/snapshot_box.hpp"
#include "support/gzip.hpp"
#include "train/snapshot.hpp"

namespace {

using namespace sweetspot;
namespace fs = std::filesystem;

fs::path root;

void keep(const std::string& target, const std::string& name, const std::string& bytes) {
  fs::create_directories(root / target);
  testing_support::write_file(root / target / name, bytes);
}

void keep(const std::string& target, const std::string& name, const std::vector<uint8_t>& bytes) {
  keep(target, name, std::string(bytes.begin(), bytes.end()));
}

study::Settings network_settings(study::Kind kind) {
  study::Settings s;
  s.kind = kind;
  s.model = "tiny";
  s.optimizers = {"gd", "adam"};
  s.learning_rates = {0.01, 0.1, 1};
  s.target = {"train_accuracy", 0.6};
  s.budget = 40;
  s.check_every = 20;
  s.batch_size = 10;
  s.search.space = {{"optimizer", space::Categorical{s.optimizers}},
                    {"learning_rate", space::LogUniform{1e-3, 1}}};
  s.search.cost = "4x";
  s.search.round = 2;
  if (kind == study::Kind::size) s.scales = {1, 1.5, 2};
  if (kind == study::Kind::trace) s.configs = {{"gd", 0.1}, {"adam", 0.01}};
  if (kind == study::Kind::tune || kind == study::Kind::trace) s.learning_rates.clear();
  return s;
}

void train(const fs::path& file, const study::Settings& settings) {
  const auto store =
      store::open_sqlite(file, store::Access::train, std::string(study::name_of(settings.kind)));
  cohorts::prepare_study(*store, settings, fuzz::images());
  cohorts::StudyRunner(*store, fuzz::images(), {.threads = 1, .lanes = 8}).run({});
}

// Of a program: what its trials came to is made up.
void write_command_study(const fs::path& file, study::Settings s,
                         const std::vector<space::Config>& configs) {
  s.command.emplace().command = "python3 train.py --rate {rate} --units {units}";
  s.command->metric_pattern = "loss=(?<loss>[0-9.]+)";
  if (s.kind == study::Kind::sweep)
    s.command->grid = {{"rate", {0.1, 0.2}}, {"units", {8.0, 16.0}}};
  s.command->own_budget = false;
  s.budget = 100;
  const auto store =
      store::open_sqlite(file, store::Access::train, std::string(study::name_of(s.kind)));
  store::StudyRecord record;
  record.settings = s;
  record.program_version = "1";
  record.early_stop = "off";
  store->write_record(record, {"loss"});
  store::Batch batch;
  for (const space::Config& config : configs) {
    study::Trial trial;
    trial.number = static_cast<int>(batch.added.size());
    trial.config = config;
    trial.seed = s.seed;
    batch.added.push_back(trial);
    if (trial.number + 1 < static_cast<int>(configs.size())) {
      for (const uint64_t step : {50, 100}) {
        batch.observations.push_back(
            {trial.number, {step, {1.0 / (trial.number + 1.0) / static_cast<double>(step)}}});
      }
      trial.outcome = trial.number == 1 ? study::Outcome::failed : study::Outcome::exhausted;
      trial.steps = 100;
      trial.compute_seconds = 2.5;
      trial.note = trial.number == 1 ? "exit code 1: no room\nlast line" : "";
      batch.ended.push_back(trial);
    }
  }
  store->write(batch);
}

std::string cell(const SQLite::Column& column) {
  if (column.isNull()) return "";
  std::string text = column.getString();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// As the target study_rows reads them.
std::string rows_of(SQLite::Database& database) {
  std::string text;
  for (const char* table :
       {"study", "metric", "worker", "trial", "lineage", "observation", "snapshot", "run"}) {
    SQLite::Statement rows(database, fmt::format("SELECT * FROM {}", table));
    while (rows.executeStep()) {
      text += table;
      for (int i = 0; i < rows.getColumnCount(); ++i) text += "\t" + cell(rows.getColumn(i));
      text += "\n";
    }
  }
  return text;
}

void keep_study(const std::string& name, const std::function<void(const fs::path&)>& make) {
  const fs::path file = fuzz::own_folder() / (name + ".db");
  make(file);
  {
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA journal_mode = DELETE");
    database.exec("PRAGMA page_size = 512");
    database.exec("VACUUM");
    keep("study_rows", name, rows_of(database));
  }
  fs::create_directories(root / "study_database");
  fs::copy_file(file, root / "study_database" / (name + ".db"),
                fs::copy_options::overwrite_existing);
  for (const report::Summary& part : report::all_parts({file.string(), ""})) {
    keep("figure_script", name + ".json", report::to_json(part, -1));
    keep("settings", name + ".json", study::to_json(part.record.settings));
    const study::Settings& s = part.record.settings;
    if (s.command.has_value()) keep("command_settings", name + ".json", study::to_json(*s.command));
    keep(s.kind == study::Kind::tune ? "search_file" : "study_file", name + ".toml",
         study::to_toml(s));
    const fs::path optuna = fuzz::own_folder() / "optuna.db";
    fuzz::remove_database(optuna);
    exchange::write_optuna(exchange::optuna_study(part, name, 1'700'000'000'000'000), optuna);
    {
      SQLite::Database database(optuna.string(), SQLite::OPEN_READWRITE);
      database.exec("PRAGMA page_size = 512; VACUUM");
    }
    fs::create_directories(root / "optuna_database");
    fs::copy_file(optuna, root / "optuna_database" / (name + ".db"),
                  fs::copy_options::overwrite_existing);
  }
}

void keep_studies() {
  using study::Kind;
  keep_study("sweep", [](const fs::path& file) { train(file, network_settings(Kind::sweep)); });
  keep_study("trace", [](const fs::path& file) {
    study::Settings s = network_settings(Kind::trace);
    s.target = study::parse_target("none");
    train(file, s);
  });
  keep_study("size", [](const fs::path& file) {
    study::Settings s = network_settings(Kind::size);
    s.optimizers = {"gd"};
    s.learning_rates = {0.1};
    train(file, s);
  });
  keep_study("tune", [](const fs::path& file) { train(file, network_settings(Kind::tune)); });
  keep_study("population", [](const fs::path& file) {
    study::Settings s = network_settings(Kind::tune);
    s.search.method = "pbt";
    s.search.population = {.size = 4, .ready = 20, .validation_images = 30};
    s.search.objective = study::parse_objective("best:validation_accuracy");
    s.target = study::parse_target("none");
    train(file, s);
  });
  const std::vector<space::Config> configs = {{{"rate", 0.1}, {"units", 8.0}},
                                              {{"rate", 0.1}, {"units", 16.0}},
                                              {{"rate", 0.2}, {"units", 8.0}},
                                              {{"rate", 0.2}, {"units", 16.0}}};
  keep_study("command-sweep", [&](const fs::path& file) {
    study::Settings s;
    s.target = study::parse_target("loss<=0.005");
    write_command_study(file, s, configs);
  });
  keep_study("command-tune", [&](const fs::path& file) {
    study::Settings s;
    s.kind = Kind::tune;
    s.search.space = {{"rate", space::LogUniform{1e-3, 1}}, {"units", space::Integer{4, 64, true}}};
    s.search.objective = study::parse_objective("least:loss");
    s.search.cost = "10t";
    s.target = study::parse_target("none");
    write_command_study(file, s, configs);
  });
}

void keep_data() {
  const std::string labels = testing_support::idx_bytes({3}, {0, 1, 2});
  const std::string images =
      testing_support::idx_bytes({2, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  keep("idx", "labels", labels);
  keep("idx", "images", images);
  keep("idx", "packed", testing_support::gzip(images));
  keep("idx", "members",
       testing_support::gzip(images.substr(0, 9)) + testing_support::gzip(images.substr(9)) +
           std::string(8, '\0'));
  keep("cifar", "one", "\x03" + std::string(3072, 'p'));
}

void keep_snapshots() {
  train::TrialSnapshot snapshot;
  snapshot.state.step = 7;
  snapshot.state.scalars = {0.5, 0.25};
  snapshot.state.weights = {1, 2, 3};
  snapshot.state.slots[0] = {0, 0, 1};
  snapshot.recent_losses.assign(train::kRecentSteps, 0.5);
  snapshot.recent_correct.assign(train::kRecentSteps, 3);
  const std::vector<uint8_t> bytes = train::to_bytes(snapshot);
  keep("snapshot", "small", bytes);
  keep("snapshot_box", "packed", store::packed(bytes));
  keep("snapshot_box", "plain", bytes);
  keep("paused_state", "first", programs::to_bytes({"12-3", 4.5, "12-2", 100}));
  keep("paused_state", "none", programs::to_bytes({}));
}

void keep_texts() {
  const char* const flags[] = {"1e-6:100:6",
                               "1e-3,1e-2",
                               "1:10:0.25",
                               "1,2.5,10",
                               "40000",
                               "5x",
                               "40t",
                               "rate=1e-4:1:3",
                               "width=1,2,4",
                               "kind=a,b",
                               "adam:1e-3,gd:0.2",
                               "train_accuracy=0.97",
                               "loss<=0.1",
                               "none",
                               "steps-to-target",
                               "best:validation_accuracy",
                               "least:loss",
                               "cosine:steps=8000",
                               "fixed",
                               "warm-up:steps=100+exponential:half=1000",
                               "rmsprop.decay=0.99",
                               "dropout=0.5"};
  for (size_t i = 0; i < std::size(flags); ++i)
    keep("flags", fmt::format("{}", i), std::string(flags[i]));
  keep("metric_pattern", "two",
       std::string("step (?<step>\\d+).*acc=(?<accuracy>[0-9.]+)\n"
                   "step 5 loss 1 acc=0.5\nno match\n"));
  keep("metric_pattern", "names", std::string("(?:(?<a>x+)|(?<b>y*))+\nxxyyxx\n"));
  keep("report_reader", "lines",
       std::string("{\"step\": 10, \"loss\": 0.5}\nstep 20 loss acc=0.25\n{\"loss\": NaN}\n"));
  keep("report_reader", "command", std::string("python3 t.py --lr {a} 'two words' \"{a}\" \\{b"));
  const std::vector<space::Parameter> space = {
      {"optimizer", space::Categorical{{"gd", "adam"}}},
      {"learning_rate", space::LogUniform{1e-3, 1}},
      {"units", space::Integer{4, 64, true}},
      {"momentum", space::Uniform{0, 0.9}, space::Condition{"optimizer", {"gd"}}}};
  keep("space_file", "all", space::to_toml(space));
  for (size_t i = 0; i < space.size(); ++i) {
    keep("optuna_distribution", space[i].name, exchange::distribution_json(space[i].distribution));
  }
  for (const std::string& name : models::model_names()) {
    keep("model_file", name, std::string(models::model_text(name)));
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  root = arguments[1];
  keep_data();
  keep_snapshots();
  keep_texts();
  keep_studies();
  fs::remove_all(fuzz::own_folder());
  return 0;
}
