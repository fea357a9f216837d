// Changes valid inputs, the fuzzers' kept seeds, in ways that follow from a seed alone, and gives
// them to every parser's fuzz target: hostile_inputs CORPUS [COUNT [SEED [TARGET...]]]. COUNT
// inputs in all, each target its share; targets run in processes of their own. Prints a line a
// target; exit code 1, and the input kept as a file, where one ended otherwise than by return, took
// more than a minute or filled the memory.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#define SWEETSPOT_FUZZ_TARGET(name) extern "C" int fuzz_##name(const uint8_t*, size_t);
#include "fuzz_targets.inc"
#undef SWEETSPOT_FUZZ_TARGET

namespace {

namespace fs = std::filesystem;
using Random = std::mt19937_64;

constexpr unsigned kMostSeconds = 60;      // for one input
constexpr long kMostKilobytes = 3L << 20;  // of memory, for one target with all its inputs
constexpr size_t kLongestInput = 1 << 20;

struct Target {
  const char* name;
  int (*run)(const uint8_t*, size_t);
};

const Target kTargets[] = {
#define SWEETSPOT_FUZZ_TARGET(name) {#name, fuzz_##name},
#include "fuzz_targets.inc"
#undef SWEETSPOT_FUZZ_TARGET
};

// What parsers have stumbled over.
const std::string kTokens[] = {"0",
                               "-1",
                               "1e999",
                               "-1e-999",
                               "NaN",
                               "9223372036854775807",
                               "18446744073709551616",
                               "4294967296",
                               "null",
                               "[]",
                               "{}",
                               "\"\"",
                               "true",
                               "\\u0000",
                               "\xff\xfe",
                               "\xed\xa0\x80",
                               std::string(1, '\0'),
                               "\x1b[2J",
                               "<script>",
                               "../../",
                               "'",
                               "\"",
                               "\n",
                               "\t",
                               ",",
                               ":",
                               "=",
                               "{",
                               "}"};

// The standard's own distributions differ from one library to the next.
size_t below(Random& random, size_t count) {
  return count == 0 ? 0 : random() % count;
}

void change(std::string& text, const std::vector<std::string>& seeds, Random& random) {
  const size_t at = below(random, text.size() + 1);
  const size_t length = below(random, std::min<size_t>(text.size() - at, 64) + 1);
  switch (random() % 10) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << (random() % 8)));
      return;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(random());
      return;
    case 2:
      text.erase(at, length);
      return;
    case 3:
      text.insert(at, kTokens[below(random, std::size(kTokens))]);
      return;
    case 4:
      text.replace(at, length, kTokens[below(random, std::size(kTokens))]);
      return;
    case 5:
      text.resize(at);
      return;
    case 6:
      text.insert(at, text.substr(at, length));
      return;
    case 7: {
      const std::string& other = seeds[below(random, seeds.size())];
      text.insert(at, other.substr(below(random, other.size() + 1), 64));
      return;
    }
    case 8: {
      // The number that begins next, where one does.
      const size_t digit = text.find_first_of("0123456789", at);
      if (digit == std::string::npos) return;
      const size_t end = std::min(text.find_first_not_of("0123456789.e+-", digit), text.size());
      text.replace(digit, end - digit, kTokens[below(random, 8)]);
      return;
    }
    default: {
      // Very many of one thing.
      const std::string& token = kTokens[below(random, std::size(kTokens))];
      const size_t times = size_t{1} << below(random, 17);
      if (text.size() + times * token.size() > kLongestInput) return;
      std::string many;
      for (size_t i = 0; i < times; ++i) many += token;
      text.insert(at, many);
    }
  }
}

std::vector<std::string> seeds_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

// Inputs of one target: the same for the same seed, whatever other targets there are.
class Inputs {
 public:
  Inputs(const fs::path& corpus, const Target& target, uint64_t seed)
      : seeds_(seeds_in(corpus / target.name)), random_(seed) {}

  const std::string& next() {
    text_ = seeds_[below(random_, seeds_.size())];
    for (size_t changes = 1 + below(random_, 8); changes > 0; --changes) {
      change(text_, seeds_, random_);
    }
    return text_;
  }

 private:
  std::vector<std::string> seeds_;
  Random random_;
  std::string text_;
};

// Shared with the process that runs a target.
struct Progress {
  size_t done = 0;
};

[[noreturn]] void run_all(const Target& target, Inputs inputs, size_t count, Progress& progress) {
  for (size_t i = 0; i < count; ++i) {
    const std::string& text = inputs.next();
    alarm(kMostSeconds);
    target.run(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    alarm(0);
    progress.done = i + 1;
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    if (use.ru_maxrss > kMostKilobytes) {
      fmt::print(stderr, "{}: {} MB of memory\n", target.name, use.ru_maxrss / 1000);
      std::abort();
    }
  }
  std::exit(0);
}

// The input that a target did not survive, found again.
std::string kept_input(const fs::path& corpus, const Target& target, uint64_t seed, size_t place) {
  Inputs inputs(corpus, target, seed);
  for (size_t i = 0; i < place; ++i) inputs.next();
  const std::string file = fmt::format("hostile-{}-{}-{}", target.name, seed, place);
  std::ofstream(file, std::ios::binary) << inputs.next();
  return file;
}

bool survives(const fs::path& corpus, const Target& target, size_t count, uint64_t seed,
              Progress& progress) {
  progress.done = 0;
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) run_all(target, Inputs(corpus, target, seed), count, progress);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && progress.done == count) {
    fmt::print("{:<20} {:>6} inputs, all read or refused\n", target.name, count);
    return true;
  }
  const char* how = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "ended";
  fmt::print("{:<20} input {} of {}: {}; kept as {}\n", target.name, progress.done, count, how,
             kept_input(corpus, target, seed, progress.done));
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print(stderr, "hostile_inputs CORPUS [COUNT [SEED [TARGET...]]]\n");
    return 2;
  }
  const fs::path corpus = arguments[1];
  const size_t inputs = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 10000;
  const uint64_t seed = count > 3 ? std::strtoull(arguments[3], nullptr, 10) : 1;
  const std::vector<std::string> wanted(arguments + std::min(count, 4), arguments + count);
  std::vector<Target> targets;
  for (const Target& target : kTargets) {
    const bool is_wanted = std::find(wanted.begin(), wanted.end(), target.name) != wanted.end();
    if (wanted.empty() || is_wanted) targets.push_back(target);
  }
  if (targets.empty()) {
    fmt::print(stderr, "hostile_inputs: no such target\n");
    return 2;
  }
  auto* progress = static_cast<Progress*>(
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (progress == MAP_FAILED) return 2;
  const size_t share = (inputs + targets.size() - 1) / targets.size();
  size_t failed = 0;
  for (const Target& target : targets) {
    std::fflush(stdout);
    failed += survives(corpus, target, share, seed, *progress) ? 0 : 1;
  }
  fmt::print("{} inputs over {} parsers, seed {}: {}\n", share * targets.size(), targets.size(),
             seed, failed == 0 ? "all read or refused" : fmt::format("{} failed", failed));
  return failed == 0 ? 0 : 1;
}
