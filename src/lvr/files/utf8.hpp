// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace lvr::files {

/// Where the text stops being UTF-8 (Unicode 15, table 3-7) or has a NUL byte; npos if it is all well.
std::size_t first_bad_byte(std::string_view text);

/// A text of another's making, fit for a message: control bytes as '?', cut behind `most` bytes.
std::string shown(std::string_view text, std::size_t most = 60);

}  // namespace lvr::files
