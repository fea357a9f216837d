// gzip: files of one member or several, as cat and pigz make them, inflated with a limit.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sweetspot::data {

// By the magic of its first member.
bool is_gzipped(const std::vector<uint8_t>& bytes);

// The most that `packed` bytes of gzip are inflated to: so small a file that claims more holds no
// images, but is made to fill the memory.
uint64_t most_inflated(size_t packed);

struct Inflated {
  std::vector<uint8_t> bytes;
  bool is_all = true;  // false where there are more bytes than were asked for
};

// Inflates all members, up to `most` bytes of them; zero bytes after a member are padding. Other
// bytes than gzip come back as they are. Throws Error (data) that begins with `name` for a member
// that is cut or damaged, for anything else behind one, and past most_inflated.
Inflated inflated(const std::string& name, const std::vector<uint8_t>& bytes, uint64_t most);

// The same without a limit of the caller's.
std::vector<uint8_t> gunzip(const std::string& name, const std::vector<uint8_t>& bytes);

}  // namespace sweetspot::data
