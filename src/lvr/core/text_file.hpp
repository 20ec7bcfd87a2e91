// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace lvr::core {

/// The whole content of a file. @throws Error (input) if it is missing, a folder, or cannot be read.
std::string read_text(const std::filesystem::path& file);

}  // namespace lvr::core
