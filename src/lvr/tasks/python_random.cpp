// SPDX-License-Identifier: Apache-2.0
#include <lvr/tasks/python_random.hpp>

#include <algorithm>
#include <bit>
#include <vector>

#include <lvr/core/error.hpp>

namespace lvr::tasks::python {
namespace {

constexpr std::size_t k_size = 624, k_shift = 397;

}  // namespace

Random::Random(std::uint64_t seed) {
    state_[0] = 19650218;
    const auto stirred = [&](std::size_t i, std::uint32_t factor) {
        const std::uint32_t before = state_[i - 1];
        return (before ^ (before >> 30)) * factor;
    };
    for (std::size_t i = 1; i < k_size; ++i)
        state_[i] = stirred(i, 1812433253) + static_cast<std::uint32_t>(i);
    std::vector<std::uint32_t> key = {static_cast<std::uint32_t>(seed)};
    if (seed >> 32 != 0) key.push_back(static_cast<std::uint32_t>(seed >> 32));
    std::size_t i = 1, j = 0;
    const auto advance = [&] {
        if (++i < k_size) return;
        state_[0] = state_[k_size - 1];
        i = 1;
    };
    for (std::size_t k = 0; k < k_size; ++k) {
        state_[i] = (state_[i] ^ stirred(i, 1664525)) + key[j] + static_cast<std::uint32_t>(j);
        advance();
        j = (j + 1) % key.size();
    }
    for (std::size_t k = 1; k < k_size; ++k) {
        state_[i] = (state_[i] ^ stirred(i, 1566083941)) - static_cast<std::uint32_t>(i);
        advance();
    }
    state_[0] = 0x80000000;
}

void Random::mix() {
    for (std::size_t i = 0; i < k_size; ++i) {
        const std::uint32_t y = (state_[i] & 0x80000000) | (state_[(i + 1) % k_size] & 0x7FFFFFFF);
        state_[i] = state_[(i + k_shift) % k_size] ^ (y >> 1) ^ ((y & 1) != 0 ? 0x9908B0DF : 0);
    }
    used_ = 0;
}

std::uint32_t Random::next() {
    if (used_ == k_size) mix();
    std::uint32_t y = state_[used_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9D2C5680;
    y ^= (y << 15) & 0xEFC60000;
    return y ^ (y >> 18);
}

std::uint32_t Random::bits(int count) { return next() >> (32 - count); }

std::uint32_t Random::below(std::uint32_t count) {
    core::ensure(count > 0, "a random choice is among something");
    const int width = std::bit_width(count);
    std::uint32_t drawn = bits(width);
    while (drawn >= count) drawn = bits(width);
    return drawn;
}

}  // namespace lvr::tasks::python
