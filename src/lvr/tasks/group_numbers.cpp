// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/group_numbers.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace lvr::tasks {
namespace {

/// Of the first, the middle and the last eight bytes, which names that are hashes or numbered differ in.
std::uint64_t mixed(std::string_view name) {
    const std::size_t count = std::min<std::size_t>(name.size(), sizeof(std::uint64_t));
    std::uint64_t value = name.size();
    for (const std::size_t at : {std::size_t{0}, (name.size() - count) / 2, name.size() - count}) {
        std::uint64_t piece = 0;
        std::memcpy(&piece, name.data() + at, count);
        value = (std::rotl(value, 29) ^ piece) * 0x9E3779B97F4A7C15;
    }
    return value ^ (value >> 32);
}

}  // namespace

GroupNumbers::GroupNumbers(std::size_t most)
    : slots_(std::bit_ceil(2 * most + 1), 0), mask_(slots_.size() - 1) {
    names_.reserve(most);
}

std::size_t GroupNumbers::number_of(std::string_view name) {
    std::size_t slot = mixed(name) & mask_;
    for (; slots_[slot] != 0; slot = (slot + 1) & mask_) {
        if (names_[slots_[slot] - 1] == name) return slots_[slot] - 1;
    }
    names_.push_back(name);
    slots_[slot] = static_cast<std::uint32_t>(names_.size());
    return names_.size() - 1;
}

}  // namespace lvr::tasks
