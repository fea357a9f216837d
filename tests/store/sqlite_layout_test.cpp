// What is special to the SQLite file: its marks of identity and version, and a disk that is full.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "store/sqlite_store.hpp"
#include "support/synthetic_data.hpp"

namespace sweetspot::store {
namespace {

using testing_support::TemporaryFolder;

std::string refusal(const std::filesystem::path& file, Access access) {
  try {
    open_sqlite(file, access);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::study);
    return error.what();
  }
  return "none";
}

void run_sql(const std::filesystem::path& file, const std::string& sql) {
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
}

TEST(SqliteLayout, ANewerVersionIsRefused) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  open_sqlite(file, Access::train);
  run_sql(file, "PRAGMA user_version = 99");
  for (const Access access : {Access::train, Access::read}) {
    EXPECT_NE(refusal(file, access).find("newer sweetspot (layout 99, this one knows 1)"),
              std::string::npos);
  }
}

TEST(SqliteLayout, AForeignDatabaseIsRefusedAndLeftAlone) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "other.db";
  run_sql(file, "CREATE TABLE trial(number INTEGER); INSERT INTO trial VALUES(1)");
  EXPECT_NE(refusal(file, Access::train).find("is not a sweetspot study"), std::string::npos);
  SQLite::Database database(file.string());
  EXPECT_EQ(database.execAndGet("SELECT count(*) FROM sqlite_master").getInt(), 1);
  EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), 0);
}

TEST(SqliteLayout, AnEmptyFileBecomesAStudyOnlyByTraining) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "study.db";
  testing_support::write_file(file, "");
  EXPECT_NE(refusal(file, Access::read).find("holds no study yet"), std::string::npos);
  EXPECT_EQ(refusal(file, Access::train), "none");
}

}  // namespace
}  // namespace sweetspot::store
