// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/core/json.hpp>

namespace lvr::core {

/// "0.1.0"
std::string version();

/// Version, source commit, compiler and build type: what `--version` prints and outputs carry.
Json build_info();

}  // namespace lvr::core
