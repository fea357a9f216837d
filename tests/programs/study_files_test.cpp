#include "programs/study_files.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/marked_folder.hpp"
#include "support/temporary_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

namespace fs = std::filesystem;

const std::string kOne(32, '1');
const std::string kTwo(32, '2');

class FilesOfAStudy : public testing::Test {
 protected:
  fs::path wanted() const { return folder_.path() / "study.db.files"; }
  StudyFolder of(const std::string& identity, bool names = false) const {
    return {wanted(), identity, "tune", [names](const fs::path&) { return names; }};
  }
  static void put(const fs::path& file) { std::ofstream(file) << "kept"; }

 private:
  testing_support::TemporaryFolder folder_;
};

TEST_F(FilesOfAStudy, TwoStudiesOfOneNameShareNoFolder) {
  const StudyFiles one(of(kOne), true);
  const StudyFiles two(of(kTwo), true);
  EXPECT_EQ(one.logs(), wanted() / "tune" / "logs");
  EXPECT_EQ(two.logs(), wanted().parent_path() / "study.db-22222222.files" / "tune" / "logs");
  // Each finds its own again.
  EXPECT_EQ(StudyFiles(of(kTwo), true).logs(), two.logs());
  EXPECT_EQ(StudyFiles(of(kOne), true).logs(), one.logs());
}

TEST_F(FilesOfAStudy, TwoWorkersOfOneNameShareNoReports) {
  const StudyFiles one(of(kOne), false);
  put(one.reports() / "0");
  const StudyFiles two(of(kOne), false);
  EXPECT_NE(one.reports(), two.reports());
  two.remove_reports();
  EXPECT_TRUE(fs::exists(one.reports() / "0"));
  // What they leave goes once no other process trains.
  const StudyFiles alone(of(kOne), true);
  EXPECT_FALSE(fs::exists(one.reports()));
  EXPECT_TRUE(fs::exists(alone.reports()));
}

TEST_F(FilesOfAStudy, AFolderOfSomethingElseIsLeftAsItIs) {
  fs::create_directories(wanted() / "tune" / "reports-mine");
  put(wanted() / "tune" / "reports-mine" / "file");
  const StudyFiles files(of(kOne), true);
  EXPECT_EQ(files.logs().parent_path().parent_path().filename(), "study.db-11111111.files");
  EXPECT_TRUE(fs::exists(wanted() / "tune" / "reports-mine" / "file"));
  EXPECT_EQ(mark_of(wanted(), kOne), Mark::none);
}

TEST_F(FilesOfAStudy, AnOlderOneIsItsOwnWhereTheStudyNamesWhatIsThere) {
  fs::create_directories(wanted() / "tune" / "checkpoints" / "3-1");
  fs::create_directories(wanted() / "tune" / "reports-mine");
  const StudyFiles files(of(kOne, true), true);
  EXPECT_EQ(files.checkpoints(), wanted() / "tune" / "checkpoints");
  EXPECT_EQ(mark_of(wanted(), kOne), Mark::own);
  // What bears no mark stays.
  files.remove_all_reports();
  files.tidy();
  EXPECT_TRUE(fs::exists(wanted() / "tune" / "checkpoints" / "3-1"));
  EXPECT_TRUE(fs::exists(wanted() / "tune" / "reports-mine"));
}

TEST_F(FilesOfAStudy, NothingIsLeftOfOneThatKeptNothing) {
  StudyFiles(of(kOne), true).tidy();
  EXPECT_FALSE(fs::exists(wanted()));
}

TEST_F(FilesOfAStudy, APartIsNoPath) {
  for (const char* part : {"../x", "/abs", "", ".", "..", "a/b"}) {
    StudyFolder folder = of(kOne);
    folder.part = part;
    EXPECT_THROW(StudyFiles(folder, true), Error) << part;
  }
}

}  // namespace
}  // namespace sweetspot::programs
