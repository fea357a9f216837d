// Ctrl-C, SIGTERM and SIGUSR1, as a request to pause; a second Ctrl-C ends the program at once. The
// other two come twice where a batch system tells both a script and what it runs.
// Thread-safety: one object at a time, from the main thread.
#pragma once

#include <functional>

namespace sweetspot::cli {

class Interrupt {
 public:
  // `pause` is called from a signal handler: it may set an atomic flag and no more.
  explicit Interrupt(std::function<void()> pause);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  std::function<void()> pause_;
};

}  // namespace sweetspot::cli
