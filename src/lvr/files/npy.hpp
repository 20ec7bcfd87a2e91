// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lvr::files {

/// What the numbers of a .npy file are; all little-endian.
enum class NpyType { float16, float32, float64, uint16 };

std::size_t bytes_per_value(NpyType type);

/// "float16", "float32", "float64", "uint16"
std::string name_of(NpyType type);

/// The array that a .npy file (format 1.0 to 3.0) says it holds.
struct NpyHeader {
    NpyType type = NpyType::float32;
    std::vector<std::int64_t> shape;    ///< none is negative
    std::vector<std::int64_t> strides;  ///< in values, for either order of the axes
    std::uint64_t offset = 0;           ///< of the first value, bytes
    std::uint64_t bytes = 0;            ///< of all values: the file has so many behind `offset`, and no more
};

/// @throws Error (input) naming the file: it cannot be read, is no .npy file, holds other numbers than those
/// of NpyType, or is shorter or longer than its header says
NpyHeader read_npy_header(const std::filesystem::path& file);

/// The values as they lie in the file. @throws Error (input) as above, or if it has changed since the header
/// was read
std::vector<std::byte> read_npy_values(const std::filesystem::path& file, const NpyHeader& header);

}  // namespace lvr::files
