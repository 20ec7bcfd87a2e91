// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lvr::weights {

/// The numbers that stand for the "{}" of a pattern, as they are written.
using Numbers = std::vector<std::string>;

/// Whether the pattern describes the name: "{}" is a whole number without leading zeros, a last "*" any rest.
std::optional<Numbers> match_pattern(std::string_view pattern, std::string_view name);

/// The name that a pattern without "*" and these numbers make; missing numbers stay "{}".
std::string fill_pattern(std::string_view pattern, const Numbers& numbers);

}  // namespace lvr::weights
