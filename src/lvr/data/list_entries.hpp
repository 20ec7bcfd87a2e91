// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <lvr/core/json.hpp>

namespace lvr::data {

/// One entry of a list, and where it stands.
struct ListEntry {
    std::string& text;    ///< may be changed
    std::int64_t number;  ///< from 1
    std::int64_t line;    ///< where it begins, from 1
    std::int64_t offset;  ///< of its first byte in the file
};

using TakeEntry = std::function<void(const ListEntry&)>;

/// The longest entry that is accepted, bytes: a larger one says that the file is no list.
inline constexpr std::size_t k_longest_entry = std::size_t{64} << 20;

/// The most keys that an object within an entry can have: lists in use have a dozen, and each key is compared
/// with all before it.
inline constexpr int k_most_keys = 256;

// Both read piece by piece: memory for one entry, whatever the file's size. A byte order mark is skipped.

/// The lines of a file, without their ends (\n or \r\n). @throws core::Error (input) if it cannot be read
void for_each_line(const std::string& file, const TakeEntry& take);

/// The JSON texts of the elements of an array, not parsed yet.
/// @throws core::Error (input) if it is no array, or ends within
void for_each_element(const std::string& file, const TakeEntry& take);

/// What an entry, or a part of one, says. @param what names it
/// @throws core::Error (input) as core::parse_json, and for an object of more than k_most_keys
core::Json parse_entry(std::string_view text, const std::string& what);

}  // namespace lvr::data
