// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace lvr::core {

/// The whole content of a file. @throws Error (input) if it is missing, a folder, or cannot be read.
std::string read_text(const std::filesystem::path& file);

/// The same, piece by piece, for files that need not be in memory as a whole.
void read_pieces(const std::filesystem::path& file, const std::function<void(std::string_view)>& take);

}  // namespace lvr::core
