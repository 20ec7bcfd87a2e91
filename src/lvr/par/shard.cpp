// SPDX-License-Identifier: Apache-2.0
#include <lvr/par/shard.hpp>

#include <algorithm>

#include <lvr/core/error.hpp>

namespace lvr::par {

Range block(std::int64_t count, std::int64_t parts, std::int64_t index) {
    core::ensure(count >= 0 && parts >= 1 && index >= 0 && index < parts, "shard outside its range");
    const std::int64_t size = count / parts, larger = count % parts;
    const std::int64_t begin = index * size + std::min(index, larger);
    return {begin, begin + size + (index < larger ? 1 : 0)};
}

std::int64_t owner_of(std::int64_t item, std::int64_t count, std::int64_t parts) {
    core::ensure(parts >= 1 && item >= 0 && item < count, "item outside the shards");
    const std::int64_t size = count / parts, larger = count % parts;
    if (larger == 0) return item / size;
    const std::int64_t in_larger = larger * (size + 1);
    return item < in_larger ? item / (size + 1) : larger + (item - in_larger) / size;
}

}  // namespace lvr::par
