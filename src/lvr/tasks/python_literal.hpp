// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lvr::tasks::python {

/// ast.literal_eval of a list (or tuple) of strings: quotes of both kinds, also three of them, escapes, the
/// prefixes r and u, strings side by side, a last comma.
/// @throws ReferenceError (SyntaxError, ValueError) where it raises one; core::Error (input) if an element is
/// no string, or names a character by \N or half of one by \ud800
std::vector<std::string> string_list(std::string_view text);

}  // namespace lvr::tasks::python
