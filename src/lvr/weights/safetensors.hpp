// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include <lvr/weights/checkpoint.hpp>

namespace lvr::weights {

/// A .safetensors file: 8 bytes of length (little-endian), a JSON object that says where each tensor lies,
/// the data.
/// @throws Error (input) for anything in the header that does not fit the file
std::unique_ptr<const TensorFile> open_safetensors(const std::filesystem::path& file);

}  // namespace lvr::weights
