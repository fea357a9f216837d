// One test over every kind of store. A server's is there where SWEETSPOT_TEST_POSTGRES names one.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "store/open_store.hpp"
#include "support/temporary_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::testing_support {

class AnyStore : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!is_server()) {
      address_ = {(folder_.path() / "study.db").string(), ""};
      return;
    }
    const char* url = std::getenv("SWEETSPOT_TEST_POSTGRES");
    if (url == nullptr) GTEST_SKIP() << "no PostgreSQL server to test with";
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    address_ = {url, "test " + std::to_string(now) + " " + std::to_string(getpid())};
  }
  // Whatever a test did by the store's own means, nothing of it is damaged.
  void TearDown() override {
    if (IsSkipped() || HasFailure()) return;
    try {
      for (const std::string& part : open(store::Access::read)->parts()) {
        EXPECT_EQ(open(store::Access::read, part)->verify(), std::vector<std::string>{}) << part;
      }
    } catch (const store::NoSuchStudy&) {
    }
  }
  bool is_server() const { return GetParam() == std::string("postgresql"); }
  std::unique_ptr<store::StudyStore> open(store::Access access,
                                          const std::string& part = "sweep") const {
    return store::open_store(address_, access, part);
  }
  static study::Trial example_trial(int number) {
    study::Trial trial;
    trial.number = number;
    trial.config = {{"optimizer", std::string("gd")}, {"learning_rate", 0.1 * (number + 1)}};
    trial.seed = 7;
    trial.priority = number;
    return trial;
  }
  static store::StudyRecord example_record() {
    store::StudyRecord record;
    record.settings.optimizers = {"gd"};
    record.settings.learning_rates = {0.1};
    record.program_version = "1";
    record.arithmetic = "abcdef";
    record.data_checksum = "abc";
    record.weights = 3371;
    record.operations_per_step = 4.1e7;
    record.early_stop = "on";
    return record;
  }
  static std::string error_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }

  TemporaryFolder folder_;
  store::Address address_;
};

#define FOR_EVERY_STORE(Fixture)                                                     \
  INSTANTIATE_TEST_SUITE_P(Stores, Fixture, testing::Values("sqlite", "postgresql"), \
                           [](const auto& kind) { return std::string(kind.param); })

}  // namespace sweetspot::testing_support
