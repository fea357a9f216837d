#include "programs/processes/orphans.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

namespace sweetspot::programs {
namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// It was ended, and nobody has waited for it yet.
bool is_zombie(const fs::path& process) {
  const std::string stat = content_of(process / "stat");
  const size_t name_end = stat.rfind(')');  // the name may hold anything
  return name_end == std::string::npos || stat.compare(name_end, 3, ") Z") == 0;
}

bool has_variable(const fs::path& process, const std::string& entry) {
  const std::string environment = '\0' + content_of(process / "environ");
  return environment.find('\0' + entry + '\0') != std::string::npos;
}

// How many were there to be killed.
int kill_once(pid_t session, const std::string& entry) {
  int killed = 0;
  std::error_code error;
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    const std::string name = process.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); })) {
      continue;
    }
    const pid_t id = std::stoi(name);
    const bool is_ours = getsid(id) == session || has_variable(process.path(), entry);
    if (!is_ours || id == session || is_zombie(process.path())) continue;
    if (kill(id, SIGKILL) == 0) ++killed;
  }
  return killed;
}

}  // namespace

void end_orphans(pid_t session, const std::string& mark) {
  constexpr std::chrono::seconds kMost{2};
  const std::string entry = std::string(kRunVariable) + "=" + mark;
  const auto until = std::chrono::steady_clock::now() + kMost;
  // One may start another while it is looked for.
  while (kill_once(session, entry) > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace sweetspot::programs
