// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace lvr::par {

/// [begin, end)
struct Range {
    std::int64_t begin = 0;
    std::int64_t end = 0;

    std::int64_t size() const { return end - begin; }
    friend bool operator==(const Range&, const Range&) = default;
};

/// Part `index` of `count` things cut into `parts` contiguous ranges whose sizes differ by at most one,
/// larger first.
/// @throws Error (internal) unless count >= 0, parts >= 1, 0 <= index < parts
Range block(std::int64_t count, std::int64_t parts, std::int64_t index);

/// The part that holds thing `item` under `block`. @throws Error (internal) unless 0 <= item < count
std::int64_t owner_of(std::int64_t item, std::int64_t count, std::int64_t parts);

}  // namespace lvr::par
