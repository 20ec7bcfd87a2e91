// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace lvr::core {

/// "a, b, c and 4 more": the first of some names, for messages.
std::string name_list(const std::vector<std::string>& names, std::size_t most = 5);

}  // namespace lvr::core
