// Studies that whoever reads them may not write.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "support/any_store.hpp"

namespace sweetspot::store {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

class ReadOnly : public testing_support::AnyStore {
 protected:
  void SetUp() override {
    AnyStore::SetUp();
    folder_for_study_ = folder_.path() / "study";
    fs::create_directory(folder_for_study_);
    fs::permissions(folder_.path(), fs::perms(0755));
    address_.store = file().string();
  }
  fs::path file() const { return folder_for_study_ / "study.db"; }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_for_study_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }
  std::unique_ptr<StudyStore> begun(int trials = 1) const {
    auto store = open(Access::train);
    store->write_record(example_record(), {"accuracy"});
    std::vector<study::Trial> all;
    for (int i = 0; i < trials; ++i) all.push_back(example_trial(i));
    store->add_trials(all);
    return store;
  }
  size_t trials_seen() const { return open(Access::read)->trials().size(); }

  // Runs the work as somebody who may read all and write nothing there. Says whether it held.
  bool as_nobody(const std::function<bool()>& work) const {
    return in_child([&] { return setgid(kNobody) == 0 && setuid(kNobody) == 0 && work(); });
  }
  static bool in_child(const std::function<bool()>& work) {
    const pid_t child = fork();
    if (child == 0) {
      bool holds = false;
      try {
        holds = work();
      } catch (const std::exception& error) {
        fprintf(stderr, "%s\n", error.what());
      }
      _exit(holds ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  fs::path folder_for_study_;
};

INSTANTIATE_TEST_SUITE_P(Stores, ReadOnly, testing::Values("sqlite"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(ReadOnly, WhoReadsLeavesNothingBehind) {
  begun().reset();
  EXPECT_EQ(files(), std::set<std::string>{"study.db"});
  EXPECT_EQ(trials_seen(), 1);
  EXPECT_EQ(files(), std::set<std::string>{"study.db"});
  // What reads beside who trains, and ends after it, clears up.
  auto training = open(Access::train);
  auto reading = open(Access::read);
  training.reset();
  EXPECT_EQ(reading->trials().size(), 1);
  reading.reset();
  EXPECT_EQ(files(), std::set<std::string>{"study.db"});
}

TEST_P(ReadOnly, WhoReadsCannotWrite) {
  begun().reset();
  EXPECT_THROW(open(Access::read)->reset_trials({0}), Error);
}

TEST_P(ReadOnly, AnothersStudyIsShown) {
  if (geteuid() != 0) GTEST_SKIP() << "becomes another user, as only root can";
  begun().reset();
  EXPECT_TRUE(as_nobody([&] { return trials_seen() == 1; }));
  EXPECT_EQ(files(), std::set<std::string>{"study.db"});
  // A folder in which anybody may make files: none is made in the reader's name.
  fs::permissions(folder_for_study_, fs::perms(0777));
  EXPECT_TRUE(as_nobody([&] { return trials_seen() == 1; }));
  EXPECT_EQ(files(), std::set<std::string>{"study.db"});
}

TEST_P(ReadOnly, AnothersStudyIsShownWhileItIsTrained) {
  if (geteuid() != 0) GTEST_SKIP() << "becomes another user, as only root can";
  auto training = begun();
  EXPECT_TRUE(as_nobody([&] { return trials_seen() == 1; }));
  training->add_trials({example_trial(1)});
  EXPECT_TRUE(as_nobody([&] { return trials_seen() == 2; }));
}

TEST_P(ReadOnly, WhatAKilledTrainingLeftBesideIsShown) {
  if (geteuid() != 0) GTEST_SKIP() << "becomes another user, as only root can";
  EXPECT_FALSE(in_child([&]() -> bool {
    const auto store = begun(3);
    _exit(1);
  }));
  ASSERT_TRUE(fs::file_size(file().string() + "-wal") > 0);
  EXPECT_TRUE(as_nobody([&] { return trials_seen() == 3; }));
  fs::remove(file().string() + "-shm");
  EXPECT_TRUE(as_nobody([&] { return trials_seen() == 3; }));
}

TEST_P(ReadOnly, AStudyOnAReadOnlyFileSystemIsShown) {
  begun().reset();
  // In a chroot, whose root is no mount, what is mounted could be seen outside.
  const auto has_mounts_of_its_own = [] {
    return unshare(CLONE_NEWNS) == 0 &&
           mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  };
  if (geteuid() != 0 || !in_child(has_mounts_of_its_own)) {
    GTEST_SKIP() << "mounts, as only root can, outside of a chroot";
  }
  const char* folder = folder_for_study_.c_str();
  EXPECT_TRUE(in_child([&] {
    return has_mounts_of_its_own() && mount(folder, folder, nullptr, MS_BIND, nullptr) == 0 &&
           mount(folder, folder, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0 &&
           trials_seen() == 1;
  }));
}

}  // namespace
}  // namespace sweetspot::store
