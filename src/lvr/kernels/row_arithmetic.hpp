// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace lvr::kernels {

// Loops over rows of numbers. The order of their sums is fixed, so that every instruction set gives the same
// bits.

/// The dot product of two rows of `length` numbers, in double.
double dot(const float* a, const float* b, std::int64_t length);

/// Multiplies row[i] by factors[i]. @return the largest product; minus infinity if there is none
float scale_row(float* row, const float* factors, std::int64_t length);

/// The sum of the products of two rows, each product rounded to bfloat16, added in single.
float dot_of_rounded(const float* a, const float* b, std::int64_t length);

/// Rounds each number to the nearest bfloat16, ties to even. @return the sum of the squares of what that
/// changed, in single
float round_row(const float* from, std::uint16_t* to, std::int64_t length);

/// The same loops in one instruction set.
struct RowLoops {
    double (*dot)(const float*, const float*, std::int64_t);
    float (*scale_row)(float*, const float*, std::int64_t);
    float (*dot_of_rounded)(const float*, const float*, std::int64_t);
    float (*round_row)(const float*, std::uint16_t*, std::int64_t);
};

/// In each that this processor has, the plain one first; the last is taken above.
std::vector<RowLoops> row_loops();

/// The nearest bfloat16, ties to even; `value` is not a NaN.
float rounded_to_bfloat16(float value);

}  // namespace lvr::kernels
