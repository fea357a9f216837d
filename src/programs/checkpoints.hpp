// The folders that a user's program saves its checkpoints into, and goes on from. Each run of a
// trial gets a new one to save into; what a run went on from is never written again, so that a copy
// of a trial (PBT) or a second try is one more reference to the same folder. A folder that nothing
// refers to is removed. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace sweetspot::programs {

class Checkpoints {
 public:
  // `root` is made where it is missing, with the study's mark. One that is there without any, of an
  // older version, is used as it is. Throws Error: system where it cannot be made, or the disk is
  // full; study where it is another study's.
  Checkpoints(std::filesystem::path root, const std::string& identity);

  // An empty folder, referred to once. Throws Error (system).
  std::string create(int trial);

  std::filesystem::path path(const std::string& name) const;
  // Whether it is there and holds anything.
  bool has_content(const std::string& name) const;

  // A name that is empty stands for no checkpoint: both then do nothing.
  void refer(const std::string& name);
  void release(const std::string& name);
  // Removes what was released and is referred to no more: once nothing that is kept speaks of it.
  void remove_released();

  // Removes folders of this kind that nothing refers to: those that a killed sweetspot left. What
  // is not named as ours stays, and all of a root without a mark.
  void remove_unreferenced();

  // The same of all: once no trial of the study can go on.
  void remove_all();

  // Throws Error (system) where the disk that holds them has no room left to speak of.
  void require_room() const;

 private:
  std::filesystem::path root_;
  bool is_marked_;
  std::map<std::string, int> references_;
  std::vector<std::string> released_;
};

// What a study keeps of a trial that paused or is under way: where it goes on from.
struct PausedState {
  std::string checkpoint;    // the folder's name; empty where the program saved none
  double seconds = 0;        // that its runs took
  std::string earlier = {};  // where that one may be half written: the one before, if any
  uint64_t until = 0;        // where its search last let it pause; 0: nowhere yet
};
std::vector<uint8_t> to_bytes(const PausedState& state);
// Throws Error (study) for bytes of another kind, and for what cannot be a checkpoint's name.
PausedState paused_state_of(const std::vector<uint8_t>& bytes);

}  // namespace sweetspot::programs
