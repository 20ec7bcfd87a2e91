// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <lvr/core/error.hpp>
#include <lvr/weights/checkpoint.hpp>

#include "refusal.hpp"
#include "source_tree.hpp"

namespace lvr::test {

namespace fs = std::filesystem;

/// A .safetensors file's bytes: the length of the header, the header, the data.
inline std::string safetensors_bytes(const std::string& header, const std::string& data) {
    std::string length(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(header.size() >> (8 * i));
    return length + header + data;
}

/// A header's entry: "name": {...}
inline std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                         const std::string& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// F32 tensors of these shapes one after another, filled with 1, 2, 3, ...
inline std::string float_file(const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors) {
    std::string header;
    std::vector<float> values;
    for (const auto& [name, shape] : tensors) {
        std::string lengths;
        std::size_t count = 1;
        for (const auto length : shape) {
            lengths += (lengths.empty() ? "" : ",") + std::to_string(length);
            count *= static_cast<std::size_t>(length);
        }
        const auto begin = values.size() * 4;
        for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(values.size() + 1));
        header += (header.empty() ? "{" : ",") +
                  entry(name, "F32", "[" + lengths + "]",
                        "[" + std::to_string(begin) + "," + std::to_string(values.size() * 4) + "]");
    }
    return safetensors_bytes(header + "}", bytes_of(values));
}

inline std::vector<double> values_of(const at::Tensor& tensor) {
    const auto dense = tensor.to(at::kDouble).contiguous();
    const auto* begin = dense.const_data_ptr<double>();
    return {begin, begin + dense.numel()};
}

/// What is said of a file with these bytes when it is opened and everything in it is read.
inline std::string complaint_about(const TemporaryTree& tree, const std::string& name,
                                   const std::string& bytes) {
    fs::remove(tree.root() / name);  // ext4 waits for the disk when a file is written over
    tree.write(name, bytes);
    return refusal([&] {
        const auto checkpoint = weights::Checkpoint::open(tree.root() / name);
        for (const auto& [tensor, info] : checkpoint.tensors()) checkpoint.read(tensor).sum();
    });
}

}  // namespace lvr::test
