// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lvr::core {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// SHA-256 of a file's content. @throws Error (input) if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace lvr::core
