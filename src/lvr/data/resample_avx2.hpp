// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lvr/data/resample.hpp>

namespace lvr::data {

// The loops of resample.cpp in AVX2: exact integer sums too. To be called where the processor has it.
void resample_rows_avx2(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out);
void resample_columns_avx2(const Pixels& in, std::span<const Taps> taps, std::uint8_t* out);

// Their readable twins, also for what lies at the edges: one output pixel, and the bytes [begin, end) of one
// output row.
void resample_pixel(const std::uint8_t* row, const Taps& taps, std::uint8_t* out);
void resample_column_bytes(const Pixels& in, const Taps& taps, std::int64_t begin, std::int64_t end,
                           std::uint8_t* out);

}  // namespace lvr::data
