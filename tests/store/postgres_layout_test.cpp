// Older layouts on a PostgreSQL server, in a database of the test's own.
#include <gtest/gtest.h>

#include "store/postgres/postgres_sql.hpp"
#include "support/any_store.hpp"

namespace sweetspot::store {
namespace {

class PostgresLayout : public testing_support::AnyStore {
 protected:
  void SetUp() override {
    AnyStore::SetUp();
    if (IsSkipped()) return;
    PostgresSql(address_.store, "server").run("CREATE DATABASE " + database_);
    server_ = address_.store;
    address_.store.replace(address_.store.rfind('/') + 1, std::string::npos, database_);
    auto store = open(Access::train);
    store->write_record(example_record(), {"loss"});
    store->add_trials({example_trial(0), example_trial(1)});
    study::Trial ended = example_trial(1);
    ended.outcome = study::Outcome::exhausted;
    store->write({.observations = {{1, {50, {0.5}}}}, .ended = {ended}});
    store.reset();
    sql_ = std::make_unique<PostgresSql>(address_.store, "server");
    back_to_layout_four();
  }
  void TearDown() override {
    if (sql_ == nullptr) return;
    sql_.reset();
    PostgresSql(server_, "server").run("DROP DATABASE " + database_ + " WITH (FORCE)");
  }
  void back_to_layout_four() {
    sql_->run("ALTER TABLE study DROP COLUMN identity");
    for (const SqlRow& row :
         sql_->run("SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM "
                   "information_schema.columns WHERE table_schema = 'sweetspot' AND "
                   "(column_name LIKE '%digest' OR column_name = 'trial_count')")) {
      sql_->run("ALTER TABLE " + text(row[0]) + " DROP COLUMN " + text(row[1]));
    }
    sql_->run("UPDATE layout SET number = 4");
  }
  int64_t layout() { return whole(sql_->run("SELECT number FROM layout")[0][0]); }
  void expect_the_study(StudyStore& store) {
    EXPECT_EQ(store.record()->settings, example_record().settings);
    const auto trials = store.trials();
    ASSERT_EQ(trials.size(), 2U);
    EXPECT_EQ(trials[1].outcome, study::Outcome::exhausted);
    EXPECT_EQ(store.curve(1).points.at(0).values.at(0), 0.5);
  }

  const std::string database_ = "layout" + std::to_string(getpid());
  std::string server_;
  std::unique_ptr<PostgresSql> sql_;
};

INSTANTIATE_TEST_SUITE_P(Stores, PostgresLayout, testing::Values("postgresql"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(PostgresLayout, LayoutFourIsReadAsItIs) {
  const auto store = open(Access::read);
  expect_the_study(*store);
  EXPECT_EQ(store->identity(), "");
  EXPECT_EQ(layout(), 4);
}

TEST_P(PostgresLayout, LayoutFourIsUpgradedByTraining) {
  const auto store = open(Access::share);
  expect_the_study(*store);
  EXPECT_EQ(store->identity().size(), 32U);
  EXPECT_EQ(layout(), 5);
  store->join({"a", 60});
  EXPECT_EQ(store->claim(2, std::nullopt).size(), 1U);
}

TEST_P(PostgresLayout, WhileWorkersOfAnOlderLayoutTrainItIsNotUpgraded) {
  sql_->run("INSERT INTO worker(part, name, seen_at, lease_seconds) SELECT id, 'old', " +
            sql_->now() + ", 600 FROM study");
  EXPECT_NE(error_of([&] { open(Access::share); }).find("workers of an older sweetspot train"),
            std::string::npos);
  EXPECT_EQ(layout(), 4);
  expect_the_study(*open(Access::read));
}

}  // namespace
}  // namespace sweetspot::store
