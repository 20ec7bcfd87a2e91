// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lvr::files {

/// The types of numbers of an array that is too large to be converted on the way; little-endian in the file.
enum class H5Number { int8, uint16, float16, float32 };

std::size_t bytes_of(H5Number number);

/// A dataset that is written as it lies in memory.
struct H5Array {
    H5Number number = H5Number::float32;
    std::vector<std::uint64_t> shape;  ///< row-major
    std::span<const std::byte> values;
    int deflate = 0;  ///< 0: contiguous; 1-9: shuffled and deflated, a chunk for each index of the first axis
};

/// A dataset whose rows lie in other files, one after the other.
struct H5Virtual {
    struct Source {
        std::string file;  ///< relative to the file that holds this dataset
        std::uint64_t rows = 0;
    };
    H5Number number = H5Number::float32;
    std::vector<std::uint64_t> shape;  ///< [rows of all sources, ...]
    std::string path;                  ///< of the dataset in each source
    std::vector<Source> sources;
    std::span<const std::byte> fill;  ///< one value: what a missing source reads as
};

}  // namespace lvr::files
