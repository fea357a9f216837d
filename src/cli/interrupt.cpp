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
  } else {
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
  on_first = nullptr;
}

}  // namespace sweetspot::cli
