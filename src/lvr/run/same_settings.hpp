// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <lvr/core/json.hpp>

namespace lvr::run {

/// What was begun, for messages.
struct Begun {
    std::filesystem::path where;
    std::string why;  ///< it cannot go on with other settings
};

/// What a folder was begun with must be what it is to go on with.
/// @throws Error (usage) with each key that differs, and both values
void expect_same(const core::Json& before, const core::Json& now, const Begun& begun);

}  // namespace lvr::run
