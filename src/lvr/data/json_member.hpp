// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lvr::data {

// Entries of LLaVA's lists are long talks of which one short field is wanted: the rest is stepped over, not
// parsed, which is ten times as fast. (Not simdjson: Arrow's libparquet exports one of another version, and
// whichever of the two is loaded first is called for both.)

/// The JSON text of an object's member; nothing if there is none of that name. Members are told by their
/// strings, brackets and commas; what is inside the others is not checked.
/// @param object begins with '{' @param what names it, for messages
/// @throws core::Error (input) if it is no object, or ends within
std::optional<std::string_view> member_of(std::string_view object, std::string_view name,
                                          const std::string& what);

/// The name of a member that an object has more than once; nothing if there is none. @throws as member_of
std::optional<std::string> repeated_member(std::string_view object, const std::string& what);

}  // namespace lvr::data
