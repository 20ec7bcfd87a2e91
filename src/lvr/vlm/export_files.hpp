// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/ScalarType.h>

#include <filesystem>
#include <string>

namespace lvr::vlm {

/// A small file as it is, into a folder that is being written. @throws Error (input, output)
void take_over(const std::filesystem::path& from, const std::filesystem::path& to);

/// "bfloat16", "float16" or "float32", as Hugging Face's config.json has it.
std::string type_name(at::ScalarType dtype);

}  // namespace lvr::vlm
