// The IDX file format of MNIST and its kin, plain or gzipped: big-endian magic (two zero bytes,
// element type, dimensions), sizes, then bytes. Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sweetspot::data {

struct IdxArray {
  std::vector<uint32_t> sizes;  // outermost first
  std::vector<uint8_t> bytes;   // row-major, one an element
};

// How many dimensions an array may have.
struct IdxDimensions {
  int least;
  int most;
};

// Reads an array of unsigned bytes; gzip is told by its own magic. Throws Error (data) that names
// the file and what is wrong with it.
IdxArray read_idx(const std::filesystem::path& file, const IdxDimensions& dimensions);

// The same from memory; `name` stands for the file in messages. Bytes are an IDX file, plain or
// gzipped.
IdxArray parse_idx(const std::string& name, const std::vector<uint8_t>& bytes,
                   const IdxDimensions& dimensions);

}  // namespace sweetspot::data
