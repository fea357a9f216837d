#include "cli/interrupt.hpp"

#include <atomic>
#include <csignal>
#include <utility>

namespace sweetspot::cli {
namespace {

std::atomic<const std::function<void()>*> on_first{nullptr};

void handle(int signal) {
  if (const auto* pause = on_first.exchange(nullptr); pause != nullptr) {
    (*pause)();
  } else if (signal == SIGINT) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

}  // namespace

Interrupt::Interrupt(std::function<void()> pause) : pause_(std::move(pause)) {
  on_first = &pause_;
  std::signal(SIGINT, handle);
  std::signal(SIGTERM, handle);
  // What a batch system sends before it ends a job.
  std::signal(SIGUSR1, handle);
}

Interrupt::~Interrupt() {
  const bool was_asked = on_first.exchange(nullptr) == nullptr;
  std::signal(SIGINT, SIG_DFL);
  // Of a program that is about to end with the code for a pause.
  for (const int signal : {SIGTERM, SIGUSR1}) std::signal(signal, was_asked ? SIG_IGN : SIG_DFL);
}

}  // namespace sweetspot::cli
