#include "programs/checkpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <system_error>
#include <utility>

#include "base/json_text.hpp"
#include "base/marked_folder.hpp"
#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

namespace fs = std::filesystem;

// Below this much of room a program cannot save anything.
constexpr uintmax_t kLeastRoom = 1 << 20;

constexpr double kMostSeconds = 1e12;
constexpr uint64_t kMostSteps = std::numeric_limits<int64_t>::max();

[[noreturn]] void fail(const fs::path& path, const std::error_code& error) {
  throw Error(ErrorKind::system, fmt::format("{}: no checkpoint folder can be made: {}",
                                             path.string(), error.message()));
}

// "12-3": of the third run of trial 12.
bool is_ours(const std::string& name) {
  const size_t dash = name.find('-');
  const auto all_digits = [](const std::string& text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
  };
  return dash != std::string::npos && all_digits(name.substr(0, dash)) &&
         all_digits(name.substr(dash + 1));
}

}  // namespace

Checkpoints::Checkpoints(fs::path root, const std::string& identity)
    : root_(std::move(root)), is_marked_(make_marked(root_, identity)) {
  if (mark_of(root_, identity) == Mark::another) {
    throw Error(ErrorKind::study,
                fmt::format("{}: holds the checkpoints of another study", root_.string()));
  }
  root_ = fs::absolute(root_);
}

std::string Checkpoints::create(int trial) {
  for (int run = 1;; ++run) {
    std::string name = fmt::format("{}-{}", trial, run);
    std::error_code error;
    if (fs::create_directory(root_ / name, error)) {
      references_[name] = 1;
      return name;
    }
    if (error) {
      require_room();
      fail(root_ / name, error);
    }
  }
}

fs::path Checkpoints::path(const std::string& name) const {
  return root_ / name;
}

bool Checkpoints::has_content(const std::string& name) const {
  std::error_code error;
  return !name.empty() && fs::is_directory(root_ / name, error) &&
         !fs::is_empty(root_ / name, error);
}

void Checkpoints::refer(const std::string& name) {
  if (!name.empty()) ++references_[name];
}

void Checkpoints::release(const std::string& name) {
  const auto found = references_.find(name);
  if (found == references_.end() || --found->second > 0) return;
  references_.erase(found);
  released_.push_back(name);
}

void Checkpoints::remove_released() {
  std::error_code ignored;
  for (const std::string& name : std::exchange(released_, {})) {
    if (!references_.contains(name)) fs::remove_all(root_ / name, ignored);
  }
}

void Checkpoints::remove_unreferenced() {
  if (!is_marked_) return;
  std::error_code error;
  std::vector<fs::path> unreferenced;
  for (const auto& entry : fs::directory_iterator(root_, error)) {
    const std::string name = entry.path().filename().string();
    if (is_ours(name) && !references_.contains(name)) unreferenced.push_back(entry.path());
  }
  for (const fs::path& folder : unreferenced) fs::remove_all(folder, error);
}

void Checkpoints::remove_all() {
  remove_released();
  references_.clear();
  remove_unreferenced();
}

void Checkpoints::require_room() const {
  std::error_code error;
  const fs::space_info room = fs::space(root_, error);
  if (error || room.available >= kLeastRoom) return;
  throw Error(
      ErrorKind::system,
      fmt::format("{}: the disk is full; all that was kept stands, free some space and give "
                  "the same command again",
                  root_.string()));
}

std::vector<uint8_t> to_bytes(const PausedState& state) {
  const std::string text = Json{
      {"checkpoint", state.checkpoint},
      {"seconds", state.seconds},
      {"earlier", state.earlier},
      {"until", state.until}}.dump();
  return {text.begin(), text.end()};
}

PausedState paused_state_of(const std::vector<uint8_t>& bytes) {
  try {
    const Json object = parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const JsonFields json(object);
    PausedState state;
    state.checkpoint = json.text("checkpoint");
    if (json.find("seconds") != nullptr) state.seconds = json.number("seconds", 0, kMostSeconds);
    if (json.find("earlier") != nullptr) state.earlier = json.text("earlier");
    if (json.find("until") != nullptr) state.until = json.whole<uint64_t>("until", 0, kMostSteps);
    for (const std::string& name : {state.checkpoint, state.earlier}) {
      if (name.empty() || is_ours(name)) continue;
      throw Error(ErrorKind::study,
                  fmt::format("its checkpoint cannot be named '{}'", printable(name)));
    }
    return state;
  } catch (const Error& error) {
    throw Error(ErrorKind::study,
                std::string("the study's state of a paused trial is damaged: ") + error.what());
  }
}

}  // namespace sweetspot::programs
