// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lvr::weights {

/// Tensors by the names that a file gives them, on any device; each is copied there by itself.
using NamedTensors = std::map<std::string, at::Tensor>;

/// Writes one .safetensors file, complete or absent, with the bytes that the Python library (0.8) writes for
/// the same tensors with the metadata {"format": "pt"}, which transformers asks for.
/// @throws Error (output) if it cannot be written, (internal) for numbers that the format has no name for
void write_safetensors(const std::filesystem::path& file, const NamedTensors& tensors);

inline constexpr std::uint64_t k_shard_bytes = 5'000'000'000;  // transformers' rule up to its version 4

/// Writes a model's weights as transformers lays them out: model.safetensors if they fit into one file of
/// that many bytes, else shards model-00001-of-00003.safetensors, ..., filled in the order of the names, and
/// behind them model.safetensors.index.json. A tensor larger than a shard has one to itself.
/// @param folder is made if it is missing @return the files
/// @throws Error (output) if one cannot be written, or if a model.safetensors lies there that would be taken
/// for them
std::vector<std::filesystem::path> write_checkpoint(const std::filesystem::path& folder,
                                                    const NamedTensors& tensors,
                                                    std::uint64_t shard_bytes = k_shard_bytes);

}  // namespace lvr::weights
