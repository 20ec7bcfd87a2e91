// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

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

// Both read piece by piece: memory for one entry, whatever the file's size. A byte order mark is skipped.

/// The lines of a file, without their ends (\n or \r\n). @throws core::Error (input) if it cannot be read
void for_each_line(const std::string& file, const TakeEntry& take);

/// The JSON texts of the elements of an array, not parsed yet.
/// @throws core::Error (input) if it is no array, or ends within
void for_each_element(const std::string& file, const TakeEntry& take);

}  // namespace lvr::data
