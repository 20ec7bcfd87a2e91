// SPDX-License-Identifier: Apache-2.0
// For builds with Arrow only, and for this room only.
#pragma once

#include <arrow/api.h>

#include <cstdint>
#include <functional>
#include <string>

#include <lvr/core/json.hpp>

namespace lvr::data {

/// Whether value_at() has something for cells of this type: truth values, numbers, texts, dictionaries of
/// these, lists of these, and nulls. Binary data counts as text if `binary`.
bool holds_values(const arrow::DataType& type, bool binary);

using NameCell = std::function<std::string()>;

/// A cell as JSON; numbers that are not finite are null. @param where names it, for messages
/// @throws core::Error (input) if a text is not UTF-8, or a dictionary has no such entry
core::Json value_at(const arrow::Array& array, std::int64_t at, const NameCell& where);

}  // namespace lvr::data
