// Folders of image files in the formats that are known: IDX, as MNIST has it, and CIFAR-10's binary
// one. Thread-safety: pure functions.
#pragma once

#include <filesystem>
#include <string>

#include "sweetspot/image_set.hpp"

namespace sweetspot::data {

// train-images-idx3-ubyte, train-labels-idx1-ubyte and the t10k- files, each plain or with .gz;
// images may have a fourth dimension, their channels. Throws Error (data): a file missing or
// damaged, images and labels that differ in number, images of different sizes; and as checked().
ImageSet read_idx_folder(const std::string& name, const std::filesystem::path& folder);

// data_batch_1.bin, data_batch_2.bin and so on, as many as there are, and test_batch.bin; each may
// be gzipped, with .gz. Throws Error (data) as parse_cifar_batch() and checked() do, and for a
// missing file.
ImageSet read_cifar_folder(const std::string& name, const std::filesystem::path& folder);

// Either, told by the files' names. Throws Error (data) where it is neither.
ImageSet read_image_folder(const std::string& name, const std::filesystem::path& folder);

}  // namespace sweetspot::data
