#include "base/marked_folder.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temporary_folder.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

namespace fs = std::filesystem;

const std::string kOwn(32, 'a');
const std::string kOther(32, 'b');

class MarkedFolder : public testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  size_t entries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

 private:
  testing_support::TemporaryFolder folder_;
};

TEST_F(MarkedFolder, IsOneIdentitysAlone) {
  EXPECT_EQ(mark_of(path("a"), kOwn), Mark::missing);
  EXPECT_TRUE(make_marked(path("a"), kOwn));
  EXPECT_TRUE(make_marked(path("a"), kOwn));
  EXPECT_FALSE(make_marked(path("a"), kOther));
  EXPECT_EQ(mark_of(path("a"), kOwn), Mark::own);
  EXPECT_EQ(mark_of(path("a"), kOther), Mark::another);
  EXPECT_EQ(entries(), 1);
}

TEST_F(MarkedFolder, WhatIsThereWithoutAMarkIsLeft) {
  fs::create_directories(path("full") / "mine");
  EXPECT_FALSE(make_marked(path("full"), kOwn));
  std::ofstream(path("file")) << "mine";
  EXPECT_FALSE(make_marked(path("file"), kOwn));
  fs::create_directory(path("empty"));
  EXPECT_TRUE(make_marked(path("empty"), kOwn));
  fs::create_directory(path("elsewhere"));
  fs::create_directory_symlink("elsewhere", path("link"));
  EXPECT_TRUE(make_marked(path("link"), kOwn));
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(entries(), 5);
}

TEST_F(MarkedFolder, OnlyWhatIsMarkedIsRemoved) {
  ASSERT_TRUE(make_marked(path("a"), kOwn));
  fs::create_directory(path("a") / "inner");
  remove_marked(path("a"), kOther);
  remove_marked_if_empty(path("a"), kOwn);
  EXPECT_TRUE(fs::exists(path("a") / "inner"));
  remove_marked(path("a"), kOwn);
  EXPECT_FALSE(fs::exists(path("a")));
  ASSERT_TRUE(make_marked(path("a"), kOwn));
  remove_marked_if_empty(path("a"), kOwn);
  EXPECT_FALSE(fs::exists(path("a")));
  fs::create_directory(path("unmarked"));
  remove_marked(path("unmarked"), kOwn);
  remove_marked_if_empty(path("unmarked"), kOwn);
  EXPECT_TRUE(fs::exists(path("unmarked")));
}

TEST_F(MarkedFolder, WhereNoneCanBeMadeThatIsSaid) {
  EXPECT_THROW(make_marked("/proc/none", kOwn), Error);
}

TEST(PlainName, IsNoPathAndNoMarkup) {
  for (const char* name : {"sweep", "tune", "a.b-c_d", "7"}) EXPECT_TRUE(is_plain_name(name));
  for (const char* name :
       {"", ".", "..", "../x", "/abs", "a/b", ".hidden", "a b", "<b>", "a\n", "caf\xc3\xa9"}) {
    EXPECT_FALSE(is_plain_name(name)) << name;
  }
  EXPECT_FALSE(is_plain_name(std::string(201, 'a')));
}

}  // namespace
}  // namespace sweetspot
