// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace lvr::kernels {

// The loops of a language model's decoder in float32. The order of each sum is fixed: sixteen partial sums,
// of every sixteenth term each, in fused steps, which are then added in pairs. So every result is the same to
// the last bit whatever else is computed beside it, and in every instruction set.

/// y_RO = x_RI w_OI^T + bias_O, or that added to y. Rows lie `stride` numbers apart.
struct RowProduct {
    const float* x = nullptr;
    std::int64_t x_stride = 0, rows = 0;
    const float* w = nullptr;
    std::int64_t w_stride = 0, length = 0;  ///< I
    const float* bias = nullptr;            ///< none: null
    float* y = nullptr;
    std::int64_t y_stride = 0;
    bool is_added = false;
};

/// Causal attention of R queries of one head, of which the first sees `seen` positions and each one more than
/// that before it: softmax(q k^T scale) v.
struct HeadAttention {
    const float* q = nullptr;
    std::int64_t q_stride = 0, rows = 0;
    const float *k = nullptr, *v = nullptr;  ///< [positions, width], contiguous
    std::int64_t width = 0, seen = 0;
    float scale = 1;
    float* out = nullptr;
    std::int64_t out_stride = 0;
    float* scores = nullptr;  ///< memory for R rows of score_stride(seen + R - 1)
};

/// Numbers of a row of scores.
inline std::int64_t score_stride(std::int64_t positions) { return (positions + 15) / 16 * 16; }

struct DecoderLoops {
    /// Of the outputs [begin, end).
    void (*multiply)(const RowProduct&, std::int64_t begin, std::int64_t end);
    void (*attend)(const HeadAttention&);
    /// y = weight * (x / sqrt(mean of squares + eps))
    void (*rms_norm)(const float* x, const float* weight, float eps, std::int64_t length, float* y);
    /// y = silu(x[0, length)) * x[length, 2 length)
    void (*gate)(const float* x, std::int64_t length, float* y);
};

/// In each instruction set that this processor has, the plain one first.
std::vector<DecoderLoops> all_decoder_loops();

/// The last of them.
const DecoderLoops& decoder_loops();

}  // namespace lvr::kernels
