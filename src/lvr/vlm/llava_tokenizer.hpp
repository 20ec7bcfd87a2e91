// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace lvr::vlm {

/// What stands for an image in a LLaVA's texts, as transformers' processor has it by default.
inline constexpr std::string_view k_image_token = "<image>";

/// Copies a folder's tokenizer, with a special token k_image_token added if it has none.
/// @return the id of that token @throws core::Error (input) as data::open_tokenizer, (output) if it cannot be
/// written
std::int64_t write_llava_tokenizer(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace lvr::vlm
