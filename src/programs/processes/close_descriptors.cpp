#include "programs/processes/close_descriptors.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sweetspot::programs {
namespace {

constexpr int kFirst = STDERR_FILENO + 1;

using Kept = std::array<int, 4>;  // ascending

bool close_ranges(const Kept& kept) {
  unsigned first = kFirst;
  for (const int end : kept) {
    const auto here = static_cast<unsigned>(end);
    if (here > first && close_range(first, here - 1, 0) != 0) return false;
    first = std::max(first, here + 1);
  }
  return close_range(first, ~0U, 0) == 0;
}

bool is_kept(const Kept& kept, int descriptor) {
  return std::find(kept.begin(), kept.end(), descriptor) != kept.end();
}

void close_one_by_one(const Kept& kept, int first, int last) {
  for (int descriptor = first; descriptor < last; ++descriptor) {
    if (!is_kept(kept, descriptor)) close(descriptor);
  }
}

// -1 where it is no number.
int number_of(const char* name) {
  int number = 0;
  for (; *name != '\0'; ++name) {
    if (*name < '0' || *name > '9') return -1;
    number = number * 10 + (*name - '0');
  }
  return number;
}

// Those that /proc knows; false where there is none. readdir(3) is not safe after a fork.
bool close_listed(const Kept& kept) {
  const int list = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (list < 0) return false;
  alignas(dirent64) char entries[4096];
  long got = 0;
  while ((got = syscall(SYS_getdents64, list, entries, sizeof entries)) > 0) {
    for (long at = 0; at < got;) {
      const char* const entry = entries + at;
      uint16_t length = 0;
      std::memcpy(&length, entry + offsetof(dirent64, d_reclen), sizeof length);
      const int descriptor = number_of(entry + offsetof(dirent64, d_name));
      if (descriptor >= kFirst && descriptor != list && !is_kept(kept, descriptor)) {
        close(descriptor);
      }
      at += length;
    }
  }
  close(list);
  return got == 0;
}

int highest_possible() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > INT_MAX) return INT_MAX;
  return static_cast<int>(limit.rlim_max);
}

}  // namespace

void close_all_but(std::array<int, 4> kept) {
  std::sort(kept.begin(), kept.end());
  if (close_ranges(kept)) return;
  // The first ones without a list: it needs a descriptor where there may be none left.
  constexpr int kFew = 1024;
  close_one_by_one(kept, kFirst, kFew);
  if (!close_listed(kept)) close_one_by_one(kept, kFew, highest_possible());
}

}  // namespace sweetspot::programs
