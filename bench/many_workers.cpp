// Many workers of one study on a clock of their own, over a real PostgreSQL. Trainings are stood in
// for by waiting on that clock; whatever a worker asks of the store is really done, in the order in
// which a worker does it, and takes its real time on the worker's clock, too.
//
//   postgres.py many_workers [--workers 100,300,1000,3000] [--seconds 120] [--connections 16]
//                            [--pace 0] [--trial-seconds 60] [--lanes 10] [--search]
//
// The workers share the connections, each of which is served as fast as it goes: where a second of
// the workers' clock takes more than one real second, the database could not keep up with so many.
// `--pace 1` holds their clock back to the real one, so that waits are those of that load. Every
// worker has its lanes full of trainings of exponential length that report ten times; it writes
// what there is every half second and when a training ends, claims what it lacks, sends a
// heartbeat every five seconds and looks at the whole study when SharedStudy would. With `--search`
// it looks each time for ends among as many trials as all lanes train, too, as a worker of a search
// does, whose rounds are that large; what the search itself costs is not in it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <memory>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "bench/process_use.hpp"
#include "bench/virtual_worker.hpp"
#include "store/open_store.hpp"
#include "store/postgres/postgres_sql.hpp"
#include "store/schema.hpp"
#include "store/sql_store.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using namespace sweetspot::bench;
using Clock = std::chrono::steady_clock;

// Workers start over so many seconds.
constexpr double kStartSeconds = 10;
// No connection's workers get further ahead of the others.
constexpr double kMostAhead = 2;

// One connection, used by many stores in turn.
class SharedSql final : public store::Sql {
 public:
  explicit SharedSql(store::PostgresSql& sql) : sql_(sql) {}
  std::vector<store::SqlRow> run(const std::string& sql, const store::SqlRow& values) override {
    return sql_.run(sql, values);
  }
  void run_each(const std::string& sql, const std::vector<store::SqlRow>& rows) override {
    sql_.run_each(sql, rows);
  }
  void begin(store::Durability durability) override { sql_.begin(durability); }
  void commit() override { sql_.commit(); }
  void rollback() override { sql_.rollback(); }
  std::string now() const override { return sql_.now(); }
  std::string is_among(const std::string& column, const std::string& parameter) const override {
    return sql_.is_among(column, parameter);
  }
  store::SqlValue list(const std::vector<int64_t>& values) const override {
    return sql_.list(values);
  }
  std::string for_update() const override { return sql_.for_update(); }
  std::string skipping_locked() const override { return sql_.skipping_locked(); }
  void lock(const std::string& name) override { sql_.lock(name); }

 private:
  store::PostgresSql& sql_;
};

// How far the workers of each connection are.
class Clocks {
 public:
  Clocks(int count, double pace) : at_(static_cast<size_t>(count)), pace_(pace) {}
  // Waits until that moment may be played.
  void reach(int which, double moment) {
    at_[static_cast<size_t>(which)] = moment;
    while (moment > earliest() + kMostAhead || is_early(moment)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  // Nobody waits for these workers any more.
  void leave(int which) {
    at_[static_cast<size_t>(which)] = std::numeric_limits<double>::infinity();
  }

 private:
  double earliest() const { return *std::min_element(at_.begin(), at_.end()); }
  bool is_early(double moment) const { return pace_ > 0 && moment > pace_ * seconds_since(start_); }

  std::vector<std::atomic<double>> at_;
  const double pace_;
  const Clock::time_point start_ = Clock::now();
};

// The workers of one connection.
class Line {
 public:
  Line(const Options& options, const std::string& study, int which, int workers)
      : sql_(options.store, options.store), which_(which), seconds_(options.seconds) {
    sql_.run("SET application_name TO 'many_workers'");
    backend_ = store::whole(sql_.run("SELECT pg_backend_pid()")[0][0]);
    if (options.search) {
      for (int i = 0; i < workers * options.lanes; ++i) asked_.push_back(i);
    }
    for (int i = which; i < workers; i += options.connections) {
      const double start = kStartSeconds * i / workers;
      auto store =
          std::make_unique<store::SqlStore>(std::make_unique<SharedSql>(sql_), store::kLayout,
                                            nullptr, options.store, study, "sweep");
      due_.push({start, workers_.size()});
      workers_.emplace_back(std::move(store), options, asked_, start, static_cast<uint32_t>(i + 1));
    }
  }

  void run(Clocks& clocks) {
    const double before = processor_seconds(backend_);
    while (!due_.empty()) {
      const auto [moment, worker] = due_.top();
      due_.pop();
      clocks.reach(which_, moment);
      if (moment >= seconds_) break;
      due_.push({workers_[worker].tick(moment, measured_), worker});
    }
    clocks.leave(which_);
    for (const VirtualWorker& worker : workers_)
      measured_.busy_seconds += worker.busy_until(seconds_);
    server_seconds_ = processor_seconds(backend_) - before;
    server_megabytes_ = own_megabytes(backend_);
  }

  const Measured& measured() const { return measured_; }
  double server_seconds() const { return server_seconds_; }
  double server_megabytes() const { return server_megabytes_; }

 private:
  using Due = std::pair<double, size_t>;
  store::PostgresSql sql_;
  const int which_;
  const double seconds_;
  int64_t backend_ = 0;
  std::vector<int> asked_;
  std::vector<VirtualWorker> workers_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  Measured measured_;
  double server_seconds_ = 0;
  double server_megabytes_ = 0;
};

void prepare(const Options& options, const std::string& study, int workers) {
  const double lanes = static_cast<double>(workers) * options.lanes;
  const auto count =
      static_cast<size_t>(lanes * (1.5 + 1.2 * options.seconds / options.trial_seconds));
  const auto store = store::open_store({options.store, study}, store::Access::share);
  store->atomically([&] {
    store::StudyRecord record;
    record.settings.optimizers = {"adam"};
    record.settings.learning_rates = {0.1};
    store->write_record(record, {"accuracy"});
    std::vector<study::Trial> trials(count);
    for (size_t i = 0; i < count; ++i) {
      trials[i].number = trials[i].priority = static_cast<int>(i);
      trials[i].config = {{"optimizer", std::string("adam")},
                          {"learning_rate", 0.001 * static_cast<double>(i + 1)}};
    }
    store->add_trials(trials);
  });
}

void show(const Options& options, int workers, double real, double server, double own,
          Measured all) {
  const double shown = options.seconds - kWarmSeconds;
  std::sort(all.waits.begin(), all.waits.end());
  const auto quantile = [&](double share) {
    if (all.waits.empty()) return 0.0;
    return 1e3 * all.waits[static_cast<size_t>(share * static_cast<double>(all.waits.size() - 1))];
  };
  fmt::print("{:>7}{:>10.2f}{:>10.1f}{:>9.2f}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.2f}{:>9.2f}",
             workers, options.seconds / real, all.trials / shown,
             100 * all.busy_seconds / (shown * workers * options.lanes), quantile(0.5),
             quantile(0.99), quantile(1), 1e3 * all.first_wait, server / options.seconds,
             own / options.seconds);
  fmt::print("\n        calls a second x ms:");
  for (size_t i = 0; i < kWorks; ++i) {
    const Measured::Calls& calls = all.calls[i];
    if (calls.count == 0) continue;
    fmt::print(" {} {:.0f} x {:.2f}", kNames[i], calls.count / shown,
               1e3 * calls.seconds / calls.count);
  }
  fmt::print("{}\n", all.lost > 0 ? fmt::format("; {} leases lost", all.lost) : "");
  std::fflush(stdout);
}

void run_or_exit(Line& line, Clocks& clocks) {
  try {
    line.run(clocks);
  } catch (const std::exception& error) {
    fmt::print(stderr, "many_workers: {}\n", error.what());
    std::_Exit(1);
  }
}

// Gives the megabytes that a connection took of the server.
double simulate(const Options& options, int workers) {
  const std::string study = fmt::format("many {} {}", workers, getpid());
  prepare(options, study, workers);
  std::vector<std::unique_ptr<Line>> lines;
  for (int i = 0; i < options.connections; ++i) {
    lines.push_back(std::make_unique<Line>(options, study, i, workers));
  }
  const double own = own_processor_seconds();
  const Clock::time_point start = Clock::now();
  Clocks clocks(options.connections, options.pace);
  std::vector<std::thread> threads;
  for (const auto& line : lines) threads.emplace_back([&] { run_or_exit(*line, clocks); });
  for (std::thread& thread : threads) thread.join();
  const double real = seconds_since(start);
  Measured all;
  double server = 0;
  for (const auto& line : lines) {
    all.add(line->measured());
    server += line->server_seconds();
  }
  show(options, workers, real, server, own_processor_seconds() - own, std::move(all));
  return lines.front()->server_megabytes();
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  const char* url = std::getenv("SWEETSPOT_TEST_POSTGRES");
  if (url != nullptr) options.store = url;
  CLI::App app("many workers on a virtual clock");
  app.add_option("--store", options.store, "a PostgreSQL server")->required(url == nullptr);
  app.add_option("--workers", options.workers)->delimiter(',');
  app.add_option("--seconds", options.seconds, "of the workers' clock");
  app.add_option("--connections", options.connections);
  app.add_option("--pace", options.pace, "seconds of their clock in a real one, at most; 0: any");
  app.add_option("--trial-seconds", options.trial_seconds, "a training's mean length");
  app.add_option("--lanes", options.lanes);
  app.add_flag("--search", options.search, "each looks at the trials under way, every time");
  CLI11_PARSE(app, count, arguments);
  try {
    fmt::print("{:>7}{:>10}{:>10}{:>9}{:>36}{:>18}\n", "", "workers'", "", "lanes",
               "wait of a lane, ms", "cores used by");
    fmt::print("{:>7}{:>10}{:>10}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "workers", "s a s",
               "trials/s", "busy %", "median", "99 %", "longest", "first", "server", "bench");
    double megabytes = 0;
    for (const int workers : options.workers) megabytes = simulate(options, workers);
    fmt::print("a connection took {:.1f} MB of the server's memory\n", megabytes);
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "many_workers: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
