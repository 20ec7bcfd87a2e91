// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lvr::data {

// White space as Python's str has it (split() and strip() without arguments), in UTF-8. The recipe's word
// counts and prompts were made by these.

/// How many words split() would give.
std::int64_t count_words(std::string_view text);

/// The words that split() gives; they view the text.
std::vector<std::string_view> split(std::string_view text);

/// Without white space at either end.
std::string_view strip(std::string_view text);

}  // namespace lvr::data
