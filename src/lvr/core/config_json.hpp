// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <lvr/core/config.hpp>

namespace lvr::core {

/// Sets the fields of what `to_json` made of them; those that it does not name stay as they are.
/// @param what names the object, for messages
/// @throws Error (input) for what is no object, a member that is no field, or one of another type
void from_json(const Json& object, const Fields& fields, const std::string& what);

}  // namespace lvr::core
