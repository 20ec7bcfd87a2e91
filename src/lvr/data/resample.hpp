// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <lvr/data/resize.hpp>

namespace lvr::data {

/// Which source pixels make an output pixel, and how much each counts.
struct Taps {
    int first = 0;
    std::vector<std::int32_t> weights;  ///< with k_weight_bits bits behind the point
};

inline constexpr int k_weight_bits = 22;  // Pillow's: 32 - 8 - 2

/// The taps of the output pixels [begin, end) of `to`, when `from` pixels become `to`.
std::vector<Taps> taps_of(int from, int to, int begin, int end, Filter filter);

/// Rows of RGB bytes.
struct Pixels {
    const std::uint8_t* rgb = nullptr;  ///< [height, width, 3]
    int width = 0, height = 0;
};

/// Which instructions are used; the result is the same to the bit.
enum class Instructions { plain, avx2 };
/// The best that this processor has.
Instructions best_instructions();

/// Along the rows. @param out [height, taps, 3]
void resample_rows(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out,
                   Instructions instructions);
/// Along the columns. @param out [taps, width, 3]
void resample_columns(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out,
                      Instructions instructions);

}  // namespace lvr::data
