// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace lvr::files {

/// The value of an IEEE 754 binary16: exact.
inline float from_float16(std::uint16_t bits) {
    const std::uint32_t sign = (bits & 0x8000U) << 16;
    const std::uint32_t rest = bits & 0x7fffU;
    constexpr std::uint32_t infinity = 0x7c00, smallest_normal = 0x0400;
    if (rest >= infinity) return std::bit_cast<float>(sign | 0x7f800000U | ((rest & 0x03ffU) << 13));
    if (rest >= smallest_normal) return std::bit_cast<float>(sign | ((rest << 13) + ((127U - 15U) << 23)));
    const float magnitude = static_cast<float>(rest) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
}

/// The value of a bfloat16: the upper half of a binary32.
inline float from_bfloat16(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace lvr::files
