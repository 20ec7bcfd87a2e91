// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace lvr::core {

/// Columns that UTF-8 text takes on a terminal: 0 for combining marks and joiners, 2 for East Asian wide
/// characters and emoji, 1 for the rest (Unicode 15, the blocks that occur in names). A broken byte counts as
/// one column.
std::size_t display_width(std::string_view text);

}  // namespace lvr::core
