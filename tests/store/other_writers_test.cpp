// Of a SQLite file: others that write into it, and a clock that is set back.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "store/digest.hpp"
#include "support/any_store.hpp"

namespace sweetspot::store {
namespace {

class OtherWriters : public testing_support::AnyStore {
 protected:
  void start(const std::string& study = "") {
    address_.study = study;
    auto store = open(Access::share);
    store->write_record(example_record(), {"accuracy"});
    store->add_trials({example_trial(0), example_trial(1)});
  }
  // By an hour.
  void set_clock_back() const {
    raw().exec("UPDATE worker SET seen_at = seen_at + 3600, state_digest = " +
               worker_state("seen_at + 3600", "has_left"));
  }
  SQLite::Database raw() const { return {address_.store, SQLite::OPEN_READWRITE, 60000}; }
};

INSTANTIATE_TEST_SUITE_P(Stores, OtherWriters, testing::Values("sqlite"),
                         [](const auto& kind) { return std::string(kind.param); });

// A backup, say. What waits says so once, and goes on.
TEST_P(OtherWriters, OneThatHoldsTheFileForLongIsWaitedFor) {
  using namespace std::chrono_literals;
  start();
  auto store = open(Access::share);
  int said = 0;
  store->on_wait([&](const std::string& line) {
    EXPECT_NE(line.find("another process"), std::string::npos);
    ++said;
  });
  SQLite::Database other = raw();
  other.exec("BEGIN IMMEDIATE");
  std::thread holder([&] {
    std::this_thread::sleep_for(12s);
    other.exec("COMMIT");
  });
  EXPECT_NO_THROW(store->add_trials({example_trial(2)}));
  holder.join();
  EXPECT_EQ(store->trials().size(), 3);
  EXPECT_EQ(said, 1);
}

TEST_P(OtherWriters, WhereTheClockWasSetBackADeadWorkersTrialsWaitAfterALease) {
  start();
  auto dead = open(Access::share);
  dead->join({"dead", 0.2});
  ASSERT_EQ(dead->claim(2, std::nullopt).size(), 2);
  set_clock_back();
  auto other = open(Access::share);
  EXPECT_FALSE(other->workers().at(0).is_alive);
  EXPECT_GE(other->workers().at(0).seen_seconds_ago, 0);
  other->join({"other", 60});
  other->beat();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  other->beat();
  EXPECT_EQ(other->claim(2, std::nullopt).size(), 2);
}

TEST_P(OtherWriters, WhereTheClockWasSetBackWhoLivesKeepsItsTrials) {
  start();
  auto living = open(Access::share);
  living->join({"living", 60});
  ASSERT_EQ(living->claim(2, std::nullopt).size(), 2);
  set_clock_back();
  auto other = open(Access::share);
  other->join({"other", 60});
  other->beat();
  EXPECT_EQ(living->beat(), (std::vector<int>{0, 1}));
}

TEST_P(OtherWriters, AStudyWithoutANameIsNotCalledByOne) {
  if (is_server()) GTEST_SKIP() << "a server's studies have names";
  start();
  try {
    found_address({address_.store, "cifar"});
    FAIL();
  } catch (const NoSuchStudy& error) {
    EXPECT_EQ(error.what(), address_.store + ": its only study has no name; leave out --study");
  }
}

TEST_P(OtherWriters, TheOnlyStudyIsTheOneThatIsMeant) {
  start("mnist");
  EXPECT_EQ(found_address({address_.store, ""}).study, "mnist");
  EXPECT_THROW(found_address({address_.store, "cifar"}), NoSuchStudy);
  address_.study = "";
  EXPECT_THROW(open(Access::share)->cancel(), NoSuchStudy);
  address_ = found_address(address_);
  open(Access::share)->cancel();
  EXPECT_TRUE(open(Access::read)->is_cancelled());
}

}  // namespace
}  // namespace sweetspot::store
