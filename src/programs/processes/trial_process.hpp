// One run of a user's program, watched by a process of its own: whatever becomes of sweetspot, the
// program and what it started end with it.
//
// The watching process is a fork that holds one end of a socket pair, whose other end sweetspot
// alone has. Where that closes (kill -9, say), it kills the program's process group at once; where
// it is told to stop the program, it sends SIGTERM and, after the grace, SIGKILL to the group; what
// the program leaves behind when it ends at SIGTERM is told, too, and has the rest of the grace. It
// is a subreaper (prctl(2)): children that left the group come to it when their parents end, and
// are killed with the rest. Should it be killed itself, the kernel kills the program
// (PR_SET_PDEATHSIG), and sweetspot what that leaves (orphans.hpp). Descriptors 0 to 2 must be open
// (base/descriptors.hpp). Thread-safety: one thread at a time an object. The constructor forks, so
// it runs while no other thread holds locks that a fork would copy.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sweetspot::programs {

struct ProcessRequest {
  std::vector<std::string> arguments;                            // the first is found on PATH
  std::vector<std::pair<std::string, std::string>> environment;  // beside sweetspot's own
  std::vector<std::string> withheld;  // variables of sweetspot's own that are not for the program
  double grace_seconds = 10;          // from SIGTERM to SIGKILL; at most 1e6
  // Whether its whole group gets SIGTERM, as where a shell runs it, which does not pass it on; else
  // the program alone, which may have workers of its own to end. SIGKILL is for the group.
  bool stops_group = false;
  uint64_t open_files = 0;  // that it may have, up to the hard limit; 0: as sweetspot
};

// How it ended.
struct ProcessEnd {
  int setup_error = 0;         // errno, where what it needs to be started could not be had
  int start_error = 0;         // errno, where it could not be started itself
  int exit_code = 0;           // of one that exited
  int signal = 0;              // that ended it; else 0
  bool was_stopped = false;    // by stop()
  bool was_killed = false;     // by SIGKILL, since it outlived the grace
  bool left_children = false;  // processes of it were still there, and were killed
  double cpu_seconds = 0;
  uint64_t peak_bytes = 0;  // resident, of its largest process
};

class TrialProcess {
 public:
  // Throws Error (system) where no process or pipe can be had. That the program itself cannot be
  // started is its end.
  explicit TrialProcess(const ProcessRequest& request);
  // Kills what still runs.
  ~TrialProcess();
  TrialProcess(const TrialProcess&) = delete;
  TrialProcess& operator=(const TrialProcess&) = delete;

  // To be read without blocking; they close when the program and its children have ended.
  int output() const { return output_; }
  int errors() const { return errors_; }
  // Becomes readable when it has ended.
  int ended() const { return status_; }

  void stop();
  // After ended() became readable; waits otherwise.
  ProcessEnd end();

 private:
  std::string mark_;
  pid_t watcher_ = -1;
  int lifeline_ = -1;
  int status_ = -1;
  int output_ = -1;
  int errors_ = -1;
};

// The path of a program as the kernel would find it. Throws Error (usage): none of that name on
// PATH, a file that may not be executed, a directory.
std::string found_program(const std::string& name);

}  // namespace sweetspot::programs
