// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <lvr/core/json.hpp>

// What the reference's functions ask of Python 3.11's str, on texts in UTF-8. A byte that is not UTF-8 counts
// as a character of its own without case. For split() and strip(): lvr/data/white_space.hpp.
namespace lvr::tasks::python {

std::string lower(std::string_view text);       ///< str.lower(), the final sigma included
std::string capitalize(std::string_view text);  ///< the first character in title case, all others in lower

/// str.strip(letter)
std::string_view strip(std::string_view text, char letter);
/// str.replace(what, with). @param what not empty
std::string replace(std::string_view text, std::string_view what, std::string_view with);

/// len(text)
std::size_t length(std::string_view text);
/// text[:count]
std::string_view first(std::string_view text, std::size_t count);

bool is_alpha(std::int32_t code_point);    ///< str.isalpha()
bool is_decimal(std::int32_t code_point);  ///< re's \d
bool is_word(std::int32_t code_point);     ///< re's \w

/// str(value) of a JSON value: None, True, 5.0. @throws core::Error (input) for a list or an object
std::string str(const core::Json& value);

}  // namespace lvr::tasks::python
