// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace lvr::kernels {

// Products that look for candidates: quicker than in single precision, and with a known error.

/// Whether this processor multiplies bfloat16 numbers faster than float32 ones: AMD's with AVX512-BF16 do so
/// at twice the rate. (Intel's do so in AMX only.)
bool has_fast_bfloat16();

/// Rows rounded to bfloat16.
struct Bfloat16Rows {
    at::Tensor values;              ///< [n, D and some zeros] bfloat16
    std::vector<double> distances;  ///< of each row from what it was, at most, over its norm

    std::int64_t stride() const { return values.size(1); }
};

/// @param rows_ND float32, contiguous @param norms [n]
Bfloat16Rows rounded_rows(const at::Tensor& rows_ND, const std::vector<double>& norms);

/// The dot products of `count` rows from `first` on, summed in single, in some order.
struct Bfloat16Block {
    const Bfloat16Rows& rows;
    std::int64_t first = 0, count = 0;
};
/// @param product [x.count, y.count]
/// Only where has_fast_bfloat16().
void multiply(const Bfloat16Block& x, const Bfloat16Block& y, float* product);

}  // namespace lvr::kernels
